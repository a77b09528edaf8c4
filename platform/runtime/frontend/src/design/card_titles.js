// What a card is called as long as nobody gave it a name: its number and how it is grouped, in both languages.

const LANGUAGES = ["zh", "en"];

const fill = (text, data) => text.replace(/\{(\w+)\}/g, (_, name) => data[name] ?? "");
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** The label a card would have by itself: `金额合计 · 按阶段`. */
export function proposed(frame, widget) {
  const texts = LANGUAGES.map((lang) => worded(frame, widget, lang));
  return texts[0] === texts[1] ? texts[0] : { zh: texts[0], en: texts[1] };
}

/** Change a card; a title that was proposed follows what it says. */
export function retitled(frame, widget, edit) {
  const { label } = widget;
  const wasProposed = same(label, proposed(frame, widget));
  edit(widget);
  if (wasProposed && widget.label === label) widget.label = proposed(frame, widget);
}

function worded(frame, widget, lang) {
  const words = frame.given.titles[lang];
  const name = (path = "") => nameOf(frame, widget.entity, path, lang);
  const groups = (widget.group_by ?? []).map(({ field, bucket }) => (bucket ? words[`bucket.${bucket}`] : name(field)));
  const measure = widget.measures?.[0];
  if (!measure) return fill(words.rows, { entity: name() });
  const number = fill(words[measure.op], { entity: name(), field: measure.field ? name(measure.field) : "" });
  if (!groups.length) return number;
  return fill(words[groups.length > 1 ? "by_two" : "by"], { number, group: groups[0], second: groups[1] });
}

/** What an entity, or a field by its path, is called in a language. */
function nameOf(frame, entity, path, lang) {
  const known = frame.given.names[lang];
  const [head, ...rest] = path.split(".");
  const present = frame.entity(entity);
  if (!path) return known[entity]?.[""] ?? present?.label ?? entity;
  const field = present?.fields.find((each) => each.key === head);
  if (rest.length && field?.target) return nameOf(frame, field.target, rest.join("."), lang);
  return known[entity]?.[head] ?? field?.label ?? head;
}
