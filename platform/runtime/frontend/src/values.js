// What a condition compares with: one control for each kind of operand, speaking the field's own language.

import { make, say } from "./page.js";
import { combobox, found, titles } from "./picker.js";
import { regionInput } from "./widgets/region.js";
import { regions, wholeName } from "./widgets/regions.js";
import { wordsInput } from "./widgets/tags.js";

const MOMENTS = ["today", "yesterday", "tomorrow", "week_ago", "month_ago", "in_a_week"];
const SPANS = {
  today: { unit: "day", offset: 0 },
  yesterday: { unit: "day", offset: -1 },
  tomorrow: { unit: "day", offset: 1 },
  week_ago: { unit: "day", offset: -7 },
  month_ago: { unit: "day", offset: -30 },
  in_a_week: { unit: "day", offset: 7 },
};
const WINDOWS = {
  today: { unit: "day", from: 0, to: 0 },
  yesterday: { unit: "day", from: -1, to: -1 },
  last_7_days: { unit: "day", from: -6, to: 0 },
  last_30_days: { unit: "day", from: -29, to: 0 },
  next_7_days: { unit: "day", from: 0, to: 6 },
  next_30_days: { unit: "day", from: 0, to: 29 },
  this_week: { unit: "week", from: 0, to: 0 },
  last_week: { unit: "week", from: -1, to: -1 },
  this_month: { unit: "month", from: 0, to: 0 },
  last_month: { unit: "month", from: -1, to: -1 },
  next_month: { unit: "month", from: 1, to: 1 },
  this_quarter: { unit: "quarter", from: 0, to: 0 },
  last_quarter: { unit: "quarter", from: -1, to: -1 },
  this_year: { unit: "year", from: 0, to: 0 },
  last_year: { unit: "year", from: -1, to: -1 },
};

/** The control for an operand, reading and writing `line.value`. */
export function valueControl(field, operand, line) {
  return (CONTROLS[operand] ?? one)(field, line);
}

const CONTROLS = {
  none: () => null,
  text: (field, line) => textBox({ type: "text" }, line),
  one,
  many,
  two,
  moment,
  window: span,
  category,
  circle,
};

function one(field, line) {
  if (field.choices) return select(field.choices, line);
  if (field.source) return picker(field, line);
  if (field.kind === "region") return region(field, line);
  if (field.kind === "rating") return select(stars(field), line, Number, String);
  if (field.kind === "checkbox") return select(yesNo(), line, (text) => text === "true", String);
  return textBox(field.input, line);
}

function yesNo() {
  return [
    { key: "true", label: say("yes") },
    { key: "false", label: say("no") },
  ];
}

function many(field, line) {
  if (field.choices) return choices(field, line);
  if (field.source) return manyPicker(field, line);
  if (field.kind === "region") return manyRegions(field, line);
  if (field.more?.words) return manyWords(field, line);
  const input = textBox(field.input.type === "date" ? { type: "text" } : field.input, { value: (line.value ?? []).join(", ") });
  input.placeholder = say("comma_separated");
  input.addEventListener("input", () => {
    line.value = input.value.split(/[,，]/).map((part) => part.trim()).filter(Boolean);
  });
  return input;
}

function two(field, line) {
  const pair = Array.isArray(line.value) ? line.value : [null, null];
  line.value = pair;
  const part = (index, label) => {
    const input = textBox(field.input, { value: pair[index] });
    input.setAttribute("aria-label", say(label));
    input.placeholder = say(label);
    input.addEventListener("input", () => {
      pair[index] = input.value === "" ? null : input.value;
    });
    return input;
  };
  return group(part(0, "from"), part(1, "to"));
}

function textBox(attributes, line) {
  const input = make("input", { class: "form-control", "aria-label": say("value"), autocomplete: "off", ...attributes, value: line.value ?? "" });
  input.addEventListener("input", () => {
    line.value = input.value;
  });
  return input;
}

function select(options, line, read = (text) => text, write = (value) => value) {
  const control = make("select", { class: "form-select", "aria-label": say("value") });
  for (const option of options) control.append(make("option", { value: option.key }, option.label));
  if (line.value === undefined || line.value === null) line.value = read(options[0]?.key);
  control.value = write(line.value);
  control.addEventListener("change", () => {
    line.value = read(control.value);
  });
  return control;
}

function category(field, line) {
  return select(["open", "won", "lost"].map((key) => ({ key, label: say(`category.${key}`) })), line);
}

/** Checkboxes for the options of a field; also the whole of a quick filter. */
export function choices(field, line) {
  line.value = Array.isArray(line.value) ? line.value : [];
  const list = make("div", { class: "choice-list", role: "group", "aria-label": field.label });
  for (const option of field.choices) {
    const box = make("input", { type: "checkbox", value: option.key, checked: line.value.includes(option.key) });
    box.addEventListener("change", () => {
      line.value = [...list.querySelectorAll("input:checked")].map((each) => each.value);
    });
    list.append(make("label", { class: "choice" }, box, make("span", { class: `pill pill-${option.color}` }, option.label)));
  }
  return list;
}

function picker(field, line) {
  const input = make("input", { class: "form-control", "aria-label": say("value"), placeholder: say("search") });
  const holder = make("div", { class: "picker" }, input);
  const box = combobox(input, {
    find: (text) => found(field.source, text),
    pick: (hit) => {
      line.value = hit ? hit.id : null;
    },
  });
  if (line.value) {
    line.value = Number(line.value);
    titles(field.source, [line.value]).then((names) => {
      box.title = input.value = names.get(line.value) ?? "—";
    });
  }
  return holder;
}

function manyPicker(field, line) {
  line.value = Array.isArray(line.value) ? line.value.map(Number) : [];
  const chosen = make("span", { class: "chips" });
  const show = (names) => {
    chosen.replaceChildren(...line.value.map((id) => pickedMark(names.get(id) ?? "—", () => {
      line.value = line.value.filter((other) => other !== id);
      show(names);
    })));
  };
  const input = make("input", { class: "form-control", "aria-label": say("value"), placeholder: say("search") });
  const names = new Map();
  const box = combobox(input, {
    find: (text) => found(field.source, text),
    pick: (hit) => {
      if (!hit) return;
      names.set(hit.id, hit.title);
      if (!line.value.includes(hit.id)) line.value.push(hit.id);
      box.title = input.value = "";
      show(names);
    },
  });
  titles(field.source, line.value).then((known) => {
    for (const [id, title] of known) names.set(id, title);
    show(names);
  });
  return group(chosen, make("div", { class: "picker" }, input));
}

function pickedMark(title, drop) {
  return make("span", { class: "picked" }, title, make("button", { type: "button", class: "btn btn-quiet btn-icon btn-tiny", "aria-label": say("drop", { name: title }), click: drop }, "×"));
}

function stars(field) {
  return Array.from({ length: field.more.most }, (_, index) => ({ key: String(index + 1), label: "★".repeat(index + 1) }));
}

function region(field, line) {
  const input = make("input", { class: "form-control", "aria-label": say("value"), placeholder: field.label });
  const holder = make("div", { class: "region-input" }, input);
  if (line.value) named(line.value).then((name) => (input.value = name));
  regionInput(holder, input, (code) => (line.value = code));
  input.addEventListener("input", () => (line.value = input.value));
  return holder;
}

async function named(code) {
  const { names } = await regions();
  return names.has(code) ? wholeName(names, code) : code;
}

function manyRegions(field, line) {
  line.value = Array.isArray(line.value) ? line.value : [];
  const chosen = make("span", { class: "chips" });
  const show = async () => {
    const known = await Promise.all(line.value.map(named));
    chosen.replaceChildren(...line.value.map((code, at) => pickedMark(known[at], () => {
      line.value = line.value.filter((other) => other !== code);
      show();
    })));
  };
  const input = make("input", { class: "form-control", "aria-label": say("value"), placeholder: field.label });
  const holder = make("div", { class: "region-input" }, input);
  regionInput(holder, input, (code) => {
    if (code && !line.value.includes(code)) line.value = [...line.value, code];
    input.value = "";
    show();
  });
  show();
  return group(chosen, holder);
}

function manyWords(field, line) {
  line.value = Array.isArray(line.value) ? line.value : line.value ? [line.value] : [];
  const holder = make("div", { class: "chips-input" });
  wordsInput(holder, make("input", { type: "text", class: "chips-typed", "aria-label": say("value") }), {
    words: field.more.words,
    get: () => line.value,
    set: (words) => (line.value = words),
  });
  return holder;
}

/** A point and kilometres around it. */
function circle(field, line) {
  const held = (line.value = { point: line.value?.point ?? "", km: line.value?.km ?? 5 });
  const point = typeof held.point === "object" ? `${held.point.lat}, ${held.point.lng}` : held.point;
  const part = (name, label, text) => {
    const input = make("input", { class: "form-control", "aria-label": label, placeholder: label, value: text, autocomplete: "off" });
    input.addEventListener("input", () => (held[name] = input.value));
    return input;
  };
  return group(part("point", say("widget.point"), point), part("km", say("widget.km"), held.km), make("span", { class: "soft" }, say("widget.km")));
}

function moment(field, line) {
  return chosenOrDay(line, MOMENTS, SPANS, true);
}

function span(field, line) {
  return chosenOrDay(line, Object.keys(WINDOWS), WINDOWS, false);
}

/** A select of named spans; with `exact`, also a day of one's own. */
function chosenOrDay(line, names, values, exact) {
  const same = (value) => JSON.stringify(value) === JSON.stringify(line.value);
  const options = names.map((name) => make("option", { value: name }, say(`day.${name}`)));
  if (exact) options.push(make("option", { value: "exact" }, say("day.exact")));
  const control = make("select", { class: "form-select", "aria-label": say("value") }, ...options);
  const day = make("input", { class: "form-control", type: "date", "aria-label": say("value") });
  const isDay = typeof line.value === "string" && line.value !== "";
  let name = isDay ? "exact" : names.find((each) => same(values[each]));
  if (!name && line.value) {
    control.append(make("option", { value: "kept" }, say("day.kept")));
    name = "kept";
  }
  control.value = name ?? names[0];
  if (isDay) day.value = line.value.slice(0, 10);
  if (!name) line.value = values[names[0]];
  day.hidden = control.value !== "exact";
  control.addEventListener("change", () => {
    day.hidden = control.value !== "exact";
    line.value = control.value === "exact" ? day.value : values[control.value] ?? line.value;
  });
  day.addEventListener("input", () => {
    line.value = day.value;
  });
  return exact ? group(control, day) : control;
}

/** A named span in words, such as "today"; nothing for one without a name. */
export function spanWords(value) {
  const parts = Object.entries(value);
  const all = [...Object.entries(SPANS), ...Object.entries(WINDOWS)];
  const found = all.find(([, each]) => Object.keys(each).length === parts.length && parts.every(([key, part]) => each[key] === part));
  return found ? say(`day.${found[0]}`) : "";
}

function group(...parts) {
  return make("div", { class: "builder-values" }, ...parts);
}
