// A control for every setting of a field that stands for itself. Each is called with the place ({frame, entity, field,
// type, set, put}) and the setting ({name, label, note, choices, min, max}) and gives an element, or null where the
// rest of the field leaves nothing to say.

import { go, icon, make } from "../page.js";
import { toast } from "../overlays.js";
import { conditionRow } from "./condition.js";
import { button, choice, number, oneOf, row, segmented, text, toggle, words } from "./controls.js";
import { defaultRow } from "./field_default.js";
import { formulaRow } from "./formula.js";
import { firstOptions, optionsEditor } from "./options.js";
import { w } from "./words.js";

const MB = 2 ** 20;
const DEEPEST_LOOK = 3;

export const CONTROLS = {
  words: ({ frame, field, set }, { name, label, note }) => words(label, field[name], frame.lang, (value) => (value || name !== "label") && set(name, value), { note }),
  lines_of_words: ({ frame, field, set }, { name, label, note }) => words(label, field[name], frame.lang, (value) => set(name, value), { note, lines: 2 }),
  toggle: ({ field, set }, { name, label, note }) => toggle(label, field[name], (on) => set(name, on), { note }),
  copy: ({ field, put }, { label, note }) => toggle(label, field.copy !== false, (on) => put({ copy: on ? null : false }), { note }),
  choice: choiceRow,
  number: ({ field, set }, { name, label, note, min, max }) => number(label, field[name], (next) => set(name, next), { note, min, max }),
  megabytes: ({ field, set }, { name, label, note }) => number(label, field[name] ? field[name] / MB : null, (next) => set(name, next ? Math.max(1, Math.round(next * MB)) : null), { note, min: 0 }),
  text: ({ field, set }, { name, label, note }) => text(label, field[name], (next) => set(name, next), { note, mono: name === "pattern" }),
  lines: ({ field, set }, { name, label, note }) => text(label, (field[name] ?? []).join("\n"), (next) => set(name, linesOf(next)), { lines: 3, note }),
  options: optionsRow,
  target: targetRow,
  filter: ({ frame, field, set }, { label, note }) => (frame.entity(field.target) ? conditionRow(frame, label, { entity: field.target, value: field.filter, change: (next) => set("filter", next), note }) : null),
  formula: ({ frame, entity, field, set }, { label }) => formulaRow(frame, label, { entity, field: field.key, value: field.formula, change: (next) => set("formula", next) }),
  default_formula: ({ frame, entity, field, put }, { label }) => formulaRow(frame, label, { entity, value: field.default_formula, change: (value) => put({ default_formula: value, default: null }), clear: () => put({ default_formula: null }) }),
  default: defaultRow,
  path: ({ frame, entity, field, put }, { label, note }) => oneOf(label, lookedUp(frame, entity), field.path, (path) => put({ path }), { note }),
  result: ({ field, put }, { label, choices }) => choice(label, choices, field.result ?? "", (next) => put({ result: next || null, options: null }), { empty: w("width_auto") }),
  scale: ({ field, type, set }, { label, note }) => (type.computed && !["decimal", "money", "percent"].includes(field.result) ? null : number(label, field.scale, (next) => set("scale", next), { note, min: 0, max: 9 })),
  of: sourceRow,
  where: whereRow,
  branch: ({ frame, entity, field, set }, { label, note }) => (field.branch || frame.work.get(`entity:${entity}`).fields.some((each) => each.type === "tree") ? toggle(label, field.branch, (on) => set("branch", on), { note }) : null),
  type: typeRow,
};

function choiceRow({ field, type, put }, { name, label, note, choices }) {
  const known = new Map(choices.map(([value]) => [String(value), value]));
  return choice(label, choices, field[name], (next) => put({ [name]: known.get(next) ?? null }), { note, empty: type.needed.includes(name) ? null : w("usual") });
}

/** The lines of a text that say something; null when none does. */
function linesOf(value) {
  const lines = value.split("\n").map((line) => line.trim()).filter(Boolean);
  return lines.length ? lines : null;
}

function optionsRow({ frame, entity, field, put, set, type }, { label }) {
  const shared = typeof field.options === "string";
  const base = frame.work.base.get(`entity:${entity}`)?.fields.find((each) => each.key === field.key);
  const fixed = new Set(Array.isArray(base?.options) ? base.options.map((option) => option.key) : []);
  if (type.computed && !["select", "stage"].includes(field.result)) return null;
  const kind = segmented(label, [["own", w("options_own")], ["shared", w("options_shared")]], shared ? "shared" : "own", (next) => {
    const first = frame.given.option_sets[0]?.[0];
    if (next === "shared" && !first) return toast(w("nothing_found"));
    return put({ options: next === "shared" ? first : firstOptions() });
  });
  if (!shared) return make("div", {}, kind, optionsEditor({ options: field.options ?? [], lang: frame.lang, fixed, staged: field.type === "stage", change: (options) => set("options", options) }));
  const open = make("a", { class: "btn btn-small", href: `/admin/design/option_set/${field.options}` }, icon("external-link"), w("open_set"));
  open.addEventListener("click", (event) => {
    event.preventDefault();
    frame.work.settled().then(() => go(open.getAttribute("href")));
  });
  return make("div", {}, kind, choice(w("tab.option_set"), frame.given.option_sets, field.options, (next) => put({ options: next })), open);
}

function targetRow({ frame, field, type, put }, { label }) {
  if (!type.lines) {
    return choice(label, frame.entities.filter((each) => !each.parent).map((each) => [each.key, each.label]), field.target, (next) => put({ target: next, filter: null, fill: null, default: null }), { empty: field.target ? null : w("choose") });
  }
  const lines = frame.entity(field.target);
  const open = button(w("open_lines"), "external-link", () => frame.work.settled().then(() => go(`/admin/design/entity/${field.target}`)));
  return row(w("lines_target"), make("div", { class: "line" }, make("span", { class: "grow" }, lines?.label ?? field.target), open));
}

/** What a roll-up may sum up: lines and linking records, as {label, value: {function, of, by?}}. */
export function rollupSources(frame, entity) {
  const sources = [];
  const numbers = (key) => frame.entity(key)?.fields.filter((field) => field.numeric && !field.system) ?? [];
  for (const field of frame.entity(entity)?.fields ?? []) {
    if (!field.target || field.points || field.stored) continue;
    sources.push({ label: field.label, value: { function: "count", of: field.key } });
    for (const each of numbers(field.target)) sources.push({ label: `${field.label} · ${each.label}`, value: { function: "sum", of: `${field.key}.${each.key}` } });
  }
  for (const other of frame.entities) {
    for (const link of other.fields.filter((field) => field.points && field.target === entity && !other.parent)) {
      sources.push({ label: other.plural, value: { function: "count", of: other.key, by: link.key } });
      for (const each of numbers(other.key)) sources.push({ label: `${other.plural} · ${each.label}`, value: { function: "sum", of: `${other.key}.${each.key}`, by: link.key } });
    }
  }
  return sources;
}

function sourceRow({ frame, entity, field, put }, { label }) {
  const sources = rollupSources(frame, entity);
  const word = (value) => `${value.of}|${value.by ?? ""}`;
  return choice(label, sources.map((source) => [word(source.value), source.label]), word(field), (next) => {
    const { value } = sources.find((source) => word(source.value) === next);
    put({ of: value.of, by: value.by ?? null, function: value.function === "count" ? "count" : field.function === "count" ? "sum" : field.function, where: null });
  });
}

function whereRow({ frame, entity, field, set }, { label, note }) {
  const head = String(field.of ?? "").split(".")[0];
  const own = frame.entity(entity)?.fields.find((each) => each.key === head);
  const target = own?.target ?? head;
  if (!frame.entity(target)) return null;
  return conditionRow(frame, label, { entity: target, value: field.where, change: (next) => set("where", next), note });
}

/** What a look-up may show: the fields behind the entity's links, and behind theirs, as [path, words]. */
export function lookedUp(frame, entity) {
  const paths = [];
  const follow = (key, before, names) => {
    const links = frame.entity(key)?.fields.filter((field) => field.points && !field.system && frame.entity(field.target)) ?? [];
    for (const link of links) {
      const [path, labels] = [[...before, link.key], [...names, link.label]];
      for (const field of frame.entity(link.target).fields) if (field.stored && !field.system) paths.push([[...path, field.key].join("."), [...labels, field.label].join(" · ")]);
      if (path.length + 1 < DEEPEST_LOOK && link.target !== key) follow(link.target, path, labels);
    }
  };
  follow(entity, [], []);
  return paths.sort((a, b) => a[0].split(".").length - b[0].split(".").length);
}

/** Another kind for the same field. What means nothing for it goes. */
function typeRow({ frame, field, put }, { label, note }) {
  const offered = frame.given.types.filter((type) => !type.lines && (!type.needed.length || type.key === field.type || type.needed.every((name) => name in field || name === "options")));
  return choice(label, offered.map((type) => [type.key, type.label]), field.type, (next) => {
    const kind = frame.type(next);
    const known = new Set(["was", "by", ...kind.settings.map((setting) => setting.name)]);
    const gone = Object.fromEntries(Object.keys(field).filter((name) => !known.has(name)).map((name) => [name, null]));
    const first = kind.needed.includes("options") && !field.options ? { options: firstOptions() } : {};
    put({ ...gone, ...first, type: next, default: null });
  }, { note });
}
