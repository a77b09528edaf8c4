// The designers' words, which come with their page.

let words = {};

/** Take over the words of the page. */
export function speak(given) {
  words = given;
}

/** The text of a word, with {named} places filled in. */
export function w(key, data = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => String(data[name] ?? ""));
}

/** Whether there is such a word. */
export function knows(key) {
  return key in words;
}

/** A label in a language, else in whatever language it has. */
export function textOf(label, lang, otherwise = "") {
  if (typeof label === "string") return label;
  return label?.[lang] ?? label?.en ?? Object.values(label ?? {})[0] ?? otherwise;
}

/** A label with a text for one language added to it. */
export function translated(label, lang, text) {
  const other = lang === "zh" ? "en" : "zh";
  const present = typeof label === "string" || !label ? { [other]: label ?? "" } : { ...label };
  present[lang] = text;
  const given = Object.entries(present).filter(([, each]) => each?.trim());
  return given.length === 1 ? given[0][1] : Object.fromEntries(given);
}
