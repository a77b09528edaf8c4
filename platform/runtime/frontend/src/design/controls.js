// The controls of the settings pane. Each is a labelled row; `change` is called with the new value as it is entered.

import { combobox } from "../picker.js";
import { icon, make } from "../page.js";
import { textOf, translated, w } from "./words.js";

let counter = 0;

/** A labelled row. */
export function row(label, control, { note = "", end = null } = {}) {
  const id = `d-in-${++counter}`;
  const target = control.matches("input, select, textarea") ? control : control.querySelector("input, select, textarea");
  if (target && !target.id) target.id = id;
  const head = make("div", { class: "d-row-head" }, make("label", { class: "input-label", for: target?.id ?? null }, label), end);
  return make("div", { class: "d-row" }, head, control, note ? make("p", { class: "input-help" }, note) : null);
}

/** A line of text. */
export function text(label, value, change, { note, placeholder = "", mono = false, lines = 0, disabled = false } = {}) {
  const css = mono ? "form-control d-mono" : "form-control";
  const input = lines
    ? make("textarea", { class: css, rows: lines, placeholder })
    : make("input", { class: css, type: "text", placeholder, autocomplete: "off", disabled });
  input.value = value ?? "";
  input.addEventListener("input", () => change(input.value));
  return row(label, input, { note });
}

/** A number, or nothing. */
export function number(label, value, change, { note, min = null, max = null, placeholder = "" } = {}) {
  const input = make("input", { class: "form-control", type: "number", step: "any", min, max, placeholder });
  input.value = value ?? "";
  input.addEventListener("input", () => {
    if (input.value === "") change(null);
    else if (input.checkValidity()) change(Number(input.value));
  });
  return row(label, input, { note });
}

/** A switch. */
export function toggle(label, on, change, { note = "" } = {}) {
  const input = make("input", { type: "checkbox", role: "switch", "aria-label": label });
  input.checked = Boolean(on);
  input.addEventListener("change", () => change(input.checked));
  const words = make("span", { class: "grow" }, label, note ? make("small", { class: "soft" }, note) : null);
  return make("label", { class: "d-toggle" }, words, make("span", { class: "switch" }, input, make("span", { "aria-hidden": "true" })));
}

/** One of several: `choices` are [value, words] pairs. */
export function choice(label, choices, value, change, { note, empty = null } = {}) {
  const control = make("select", { class: "form-select" });
  if (empty !== null) control.append(make("option", { value: "" }, empty));
  for (const [key, words] of choices) control.append(make("option", { value: key }, words));
  control.value = value ?? "";
  control.addEventListener("change", () => change(control.value));
  return row(label, control, { note });
}

/** One of a few, all in sight. */
export function segmented(label, choices, value, change) {
  const group = make("div", { class: "segmented d-segments", role: "group", "aria-label": label });
  const mark = (chosen) => [...group.children].forEach((button) => button.setAttribute("aria-pressed", String(button.value === String(chosen))));
  for (const [key, words] of choices) {
    group.append(make("button", { type: "button", value: String(key), click: () => (mark(key), change(key)) }, words));
  }
  mark(value);
  return row(label, group);
}

/** A label in both languages: the one that is looked at on top, the other behind a button. */
export function words(label, value, lang, change, { note, lines = 0 } = {}) {
  const other = lang === "zh" ? "en" : "zh";
  let present = value;
  const isPlain = () => typeof present === "string" || !present;
  const put = (language, text) => {
    if (isPlain() && language === lang) present = text;
    else present = translated(present, language, text);
    change(present);
  };
  const input = (language, shown) => {
    const control = make(lines ? "textarea" : "input", { class: "form-control", rows: lines || null, autocomplete: "off", lang: language === "zh" ? "zh-CN" : "en" });
    control.value = shown ?? "";
    control.addEventListener("input", () => put(language, control.value));
    return control;
  };
  const second = make("div", { class: "d-second" }, make("span", { class: "soft small" }, w(other)), input(other, isPlain() ? "" : present[other]));
  second.hidden = isPlain() || !present[other];
  const open = make("button", { type: "button", class: "btn btn-quiet btn-icon btn-tiny", title: w("other_language"), "aria-label": w("other_language"), click: () => (second.hidden = !second.hidden) }, icon("language"));
  const shown = isPlain() ? present : (present[lang] ?? textOf(present, lang));
  return row(label, make("div", { class: "d-words" }, input(lang, shown), second), { note, end: open });
}

/** Several of many, found by typing: `choices` are [value, words] pairs; the chosen ones keep their order. */
export function several(label, choices, chosen, change, { note, placeholder = "" } = {}) {
  const titles = new Map(choices);
  let present = [...chosen];
  const marks = make("div", { class: "chips d-chips" });
  const draw = () => {
    marks.replaceChildren(...present.map((key) => {
      const drop = make("button", { type: "button", class: "btn btn-quiet btn-icon btn-tiny", "aria-label": `${w("remove")} ${titles.get(key) ?? key}`, click: () => put(present.filter((each) => each !== key)) }, icon("x"));
      return make("span", { class: "picked" }, titles.get(key) ?? key, drop);
    }));
  };
  const put = (next) => {
    present = next;
    draw();
    change(present);
  };
  const input = make("input", { class: "form-control", placeholder: placeholder || w("add") });
  const box = combobox(input, {
    find: async (typed) => {
      const wanted = typed.toLowerCase();
      return choices.filter(([key, title]) => !present.includes(key) && `${title} ${key}`.toLowerCase().includes(wanted)).slice(0, 60).map(([key, title]) => ({ id: key, title, note: "" }));
    },
    pick: (hit) => {
      if (!hit) return;
      box.title = input.value = "";
      put([...present, hit.id]);
    },
  });
  draw();
  return row(label, make("div", { class: "d-several" }, marks, make("div", { class: "picker" }, input)), { note });
}

/** One of many, found by typing: `choices` are [value, words] pairs. */
export function oneOf(label, choices, value, change, { note } = {}) {
  const titles = new Map(choices);
  const input = make("input", { class: "form-control", placeholder: w("search") });
  const box = combobox(input, {
    title: titles.get(value) ?? value ?? "",
    find: async (typed) => {
      const wanted = typed.toLowerCase();
      return choices.filter(([key, title]) => `${title} ${key}`.toLowerCase().includes(wanted)).slice(0, 60).map(([key, title]) => ({ id: key, title, note: "" }));
    },
    pick: (hit) => hit && change(hit.id),
  });
  input.value = box.title;
  return row(label, make("div", { class: "picker" }, input), { note });
}

/** Settings under a heading. */
export function group(title, ...children) {
  return make("section", { class: "d-group-of" }, title ? make("h3", {}, title) : null, ...children.flat().filter(Boolean));
}

/** Settings that are seldom wanted. */
export function folded(title, ...children) {
  const kept = children.flat().filter(Boolean);
  if (!kept.length) return null;
  return make("details", { class: "d-folded" }, make("summary", {}, title, icon("chevron-down")), make("div", {}, ...kept));
}

/** A button of the settings pane. */
export function button(label, name, click, { kind = "", disabled = false } = {}) {
  return make("button", { type: "button", class: `btn${kind ? ` btn-${kind}` : ""}`, disabled, click }, name ? icon(name) : null, label);
}

/** A quiet square button. */
export function small(label, name, click, { disabled = false } = {}) {
  return make("button", { type: "button", class: "btn btn-quiet btn-icon btn-small", title: label, "aria-label": label, disabled, click }, icon(name));
}

/** A row that shows an icon and lets another be chosen. */
export function iconChoice(label, value, icons, change) {
  const shown = make("span", { class: "d-icon-shown" }, icon(value || "table"));
  const flyout = make("div", { class: "flyout d-icons", popover: "auto", id: `d-icons-${++counter}`, role: "listbox", "aria-label": w("choose_icon") });
  const open = make("button", { type: "button", class: "btn", popovertarget: flyout.id }, shown, w("choose_icon"));
  flyout.addEventListener("beforetoggle", () => {
    if (flyout.childElementCount) return;
    for (const name of icons) {
      flyout.append(make("button", { type: "button", class: "btn btn-quiet btn-icon", title: name, "aria-label": name, role: "option", click: () => {
        shown.replaceChildren(icon(name));
        flyout.hidePopover();
        change(name);
      } }, icon(name)));
    }
  });
  return row(label, make("div", {}, open, flyout));
}
