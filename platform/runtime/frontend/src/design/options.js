// Options: named, coloured, ordered, retired; many at once out of a sheet.

import Sortable from "sortablejs";
import { icon, make } from "../page.js";
import { button, choice, number, small, words } from "./controls.js";
import { ask } from "./dialogs.js";
import { textOf, translated, w } from "./words.js";

const COLORS = ["gray", "blue", "cyan", "teal", "green", "lime", "yellow", "orange", "red", "pink", "purple", "indigo"];
const MOST_WORDS = 50;
let counter = 0;

/**
 * The editor of a list of options. `change(options)` gets every new state; `fixed` says which keys members have
 * stored already: those are retired, not removed.
 */
export function optionsEditor({ options, lang, change, fixed = new Set(), staged = false }) {
  let present = structuredClone(options);
  const list = make("ul", { class: "d-option-rows" });
  const put = (next, { redraw = true } = {}) => {
    present = next;
    change(structuredClone(present));
    if (redraw) draw();
  };
  const draw = () => list.replaceChildren(...present.map((option) => optionRow(option)));

  const optionRow = (option) => {
    const at = () => present.findIndex((each) => each.key === option.key);
    const set = (changes, redraw = true) => put(present.map((each) => (each.key === option.key ? cleaned({ ...each, ...changes }) : each)), { redraw });
    const label = make("input", { class: "form-control", "aria-label": w("option_label"), autocomplete: "off" });
    label.value = textOf(option.label, lang);
    label.addEventListener("input", () => {
      const old = present[at()].label;
      set({ label: typeof old === "string" ? label.value : translated(old, lang, label.value) }, false);
    });
    label.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      add(at());
    });
    const drop = fixed.has(option.key)
      ? small(option.retired ? w("revive") : w("retire"), option.retired ? "eye" : "eye-off", () => set({ retired: !option.retired }))
      : small(w("delete"), "x", () => put(present.filter((each) => each.key !== option.key)));
    const more = small(w("more"), "dots", () => details(option, set));
    const grip = make("span", { class: "d-grip", title: w("drag_option") }, icon("grip-vertical"));
    return make("li", { class: option.retired ? "off" : null, "data-key": option.key }, grip, colorButton(option.color, (color) => set({ color })), label, more, drop);
  };

  const details = (option, set) => {
    let label = option.label;
    let meaning = { category: option.category ?? "", probability: option.probability ?? null };
    let into = "";
    const parts = [words(w("option_label"), option.label, lang, (next) => (label = next))];
    if (staged || option.category || option.probability !== undefined) {
      parts.push(choice(w("category"), ["open", "won", "lost"].map((key) => [key, w(`category.${key}`)]), meaning.category, (next) => (meaning.category = next), { empty: w("none") }));
      parts.push(number(w("probability"), meaning.probability, (next) => (meaning.probability = next), { min: 0, max: 100 }));
    }
    const others = present.filter((each) => each.key !== option.key && !each.retired).map((each) => [each.key, textOf(each.label, lang)]);
    if (fixed.has(option.key) && others.length) parts.push(choice(w("join_option"), others, "", (next) => (into = next), { empty: w("join_none"), note: w("join_note") }));
    ask({ title: textOf(option.label, lang), body: parts, verb: w("ok"), act: () => (into ? put(joinedInto(present, option, into)) : set({ label, ...meaning })) });
  };

  const add = (after = present.length - 1, label = w("one_option") + ` ${present.length + 1}`) => {
    const option = { key: freeKey(label, present), label, color: COLORS[(present.length + 1) % COLORS.length] };
    const next = [...present];
    next.splice(after + 1, 0, option);
    put(next);
    const input = list.children[after + 1]?.querySelector("input");
    input?.focus();
    input?.select();
  };

  const paste = () => {
    const area = make("textarea", { class: "form-control", rows: 10, "aria-label": w("paste_options") });
    ask({
      title: w("paste_options"),
      body: [make("p", { class: "soft" }, w("paste_options_note")), area],
      verb: w("add"),
      act: () => put(joined(present, area.value)),
    });
  };

  Sortable.create(list, { handle: ".d-grip", animation: 120, onEnd: ({ oldIndex, newIndex }) => {
    const next = [...present];
    next.splice(newIndex, 0, ...next.splice(oldIndex, 1));
    put(next);
  } });
  list.addEventListener("keydown", (event) => {
    if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    const from = [...list.children].indexOf(event.target.closest("li"));
    const to = from + (event.key === "ArrowDown" ? 1 : -1);
    if (from < 0 || to < 0 || to >= present.length) return;
    event.preventDefault();
    const next = [...present];
    next.splice(to, 0, ...next.splice(from, 1));
    put(next);
    list.children[to].querySelector("input").focus();
  });
  draw();
  return make("div", { class: "d-options-editor" }, list, make("div", { class: "line" }, button(w("add_option"), "plus", () => add(), { kind: "quiet" }), button(w("paste_options"), "clipboard-list", paste, { kind: "quiet" })));
}

/** A dot in a colour, by which another is chosen. */
export function colorButton(present, change) {
  const flyout = make("div", { class: "flyout d-colors", popover: "auto", id: `d-colors-${++counter}` });
  for (const color of COLORS) {
    flyout.append(make("button", { type: "button", class: "d-dot", "data-color": color, title: w(`color.${color}`), "aria-label": w(`color.${color}`), click: () => {
      flyout.hidePopover();
      change(color);
    } }));
  }
  const open = make("button", { type: "button", class: "d-dot", "data-color": present ?? "gray", popovertarget: flyout.id, title: w("color"), "aria-label": w("color") });
  return make("span", {}, open, flyout);
}

function cleaned(option) {
  return Object.fromEntries(Object.entries(option).filter(([, value]) => value !== "" && value !== null && value !== undefined && value !== false));
}

/** A key for an option: what of its label Latin letters can say, else a number. */
function freeKey(label, options) {
  const taken = new Set(options.map((option) => option.key));
  const plain = label.normalize("NFKC").replace(/[^A-Za-z0-9]+/g, "_").replace(/^_+|_+$/g, "").slice(0, 40);
  const base = /[A-Za-z]/.test(plain) && !/[^\x20-\x7e]/.test(label) ? plain.toLowerCase() : "o";
  for (let number = base === "o" ? options.length + 1 : 1; ; number += 1) {
    const key = base === "o" || number > 1 ? `${base}${base === "o" ? "" : "_"}${number}` : base;
    if (!taken.has(key)) return key;
  }
}

/** The options with one gone into another, which answers to all its words from now on: its records move there. */
function joinedInto(options, gone, into) {
  const labels = typeof gone.label === "string" ? [gone.label] : Object.values(gone.label);
  return options.filter((each) => each.key !== gone.key).map((each) => {
    if (each.key !== into) return each;
    return { ...each, aliases: [...new Set([...(each.aliases ?? []), gone.key, ...labels, ...(gone.aliases ?? [])])].slice(-MOST_WORDS) };
  });
}

/** The options with the lines of a text added, each once. */
function joined(options, text) {
  const next = [...options];
  const known = new Set(options.flatMap((option) => (typeof option.label === "string" ? [option.label] : Object.values(option.label))));
  for (const line of text.split(/\r?\n/)) {
    const label = line.split("\t")[0].trim().slice(0, 200);
    if (!label || known.has(label)) continue;
    known.add(label);
    next.push({ key: freeKey(label, next), label, color: COLORS[(next.length + 1) % COLORS.length] });
  }
  return next;
}

/** Two options to begin with. */
export function firstOptions() {
  return [1, 2].map((number) => ({ key: `o${number}`, label: `${w("one_option")} ${number}`, color: COLORS[number] }));
}
