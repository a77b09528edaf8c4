// Free words as chips: Enter, a comma or leaving ends a word, Backspace takes the last one back.

import { asked, make, say } from "../page.js";
import { combobox } from "../picker.js";
import { enter, whenSet, widget } from "./base.js";

const APART = /[,，;；、|\n\t]/;

widget("tags", (holder) => {
  const held = holder.querySelector("input");
  const input = make("input", { type: "text", class: "chips-typed", id: held.id, placeholder: held.placeholder, "aria-label": held.getAttribute("aria-label"), maxlength: "200" });
  for (const name of ["aria-describedby", "aria-invalid", "required"]) if (held.hasAttribute(name)) input.setAttribute(name, held.getAttribute(name));
  held.type = "hidden";
  held.removeAttribute("id");
  wordsInput(holder, input, {
    words: holder.dataset.words,
    get: () => wordsOf(held.value),
    set: (words) => enter(held, words.join(", ")),
    changed: (show) => whenSet(held, show),
  });
});

function wordsOf(text) {
  return text.split(APART).map((word) => word.trim()).filter(Boolean);
}

/** Chips before `input` in `holder`. `get()` and `set(words)` reach what is held, `changed(show)` says when to look. */
export function wordsInput(holder, input, { words, get, set, changed = () => {} }) {
  const put = (list) => {
    const seen = new Set();
    set(list.filter((word) => !seen.has(word.toLowerCase()) && seen.add(word.toLowerCase())));
    show();
  };
  const take = (text) => {
    input.value = "";
    const more = wordsOf(text);
    if (more.length) put([...get(), ...more]);
  };
  const show = () => {
    for (const old of holder.querySelectorAll(":scope > .chip-word")) old.remove();
    input.before(...get().map((word) => chip(word, () => put(get().filter((each) => each !== word)))));
  };
  const box = combobox(input, {
    find: async (text) => {
      const known = await asked(`/pick/words/${words.replace(".", "/")}?${new URLSearchParams({ q: text })}`);
      const held = new Set(get());
      return known.items.filter((word) => !held.has(word)).map((word) => ({ id: word, title: word }));
    },
    pick: (hit) => hit && take(hit.title),
    free: true,
    eager: false,
  });
  input.addEventListener("blur", () => take(input.value));
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented) return;
    if (event.key === "Enter" && input.value.trim()) {
      event.preventDefault();
      take(input.value);
      box.close();
    } else if (event.key === "Backspace" && !input.value && get().length) put(get().slice(0, -1));
  });
  input.addEventListener("input", () => APART.test(input.value) && take(input.value));
  // What is typed here is only a word on its way.
  for (const name of ["input", "change"]) input.addEventListener(name, (event) => event.stopPropagation());
  holder.append(input);
  holder.addEventListener("click", (event) => event.target === holder && input.focus());
  changed(show);
  show();
}

function chip(word, drop) {
  const name = say("widget.drop", { name: word });
  return make("span", { class: "chip-word tag" }, word, make("button", { type: "button", class: "btn btn-quiet btn-icon btn-tiny", tabindex: "-1", "aria-label": name, title: name, click: drop }, "×"));
}
