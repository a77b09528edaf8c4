// Fields: adding one with a sensible kind, and the settings every kind has, in plain words.

import { toast } from "../overlays.js";
import { go, icon, make, posted } from "../page.js";
import { conditionRow } from "./condition.js";
import { button, choice, folded, group, number, row, segmented, several, text, toggle, words } from "./controls.js";
import { ask } from "./dialogs.js";
import { formulaRow } from "./formula.js";
import { firstOptions, optionsEditor } from "./options.js";
import { knows, textOf, w } from "./words.js";

const GUESS_MS = 150;

/** A field of an entity's document. */
export function fieldOf(frame, entity, key) {
  return frame.work.get(`entity:${entity}`)?.fields.find((field) => field.key === key) ?? null;
}

// --- adding ---

/** An input: type a label, see the kind it suggests, press Enter. `add({label, type, key})` gets it. */
export function quickAdd(frame, entity, add) {
  const input = make("input", { class: "form-control", placeholder: w("quick_add_hint"), "aria-label": w("quick_add"), autocomplete: "off", "data-keep": "quick-add", value: frame.typed ?? "" });
  const note = make("p", { class: "input-help d-guess" }, frame.typedNote ?? "");
  let timer = 0;
  const guess = async () => {
    const taken = frame.work.get(`entity:${entity}`).fields.map((field) => field.key);
    return posted("/admin/design/guess", { label: input.value, taken, what: "field" });
  };
  input.addEventListener("input", () => {
    frame.typed = input.value;
    clearTimeout(timer);
    timer = setTimeout(async () => {
      if (!input.value.trim()) return;
      const found = await guess();
      note.textContent = frame.typedNote = w("guessed", { type: frame.type(found.type).label });
    }, GUESS_MS);
  });
  input.addEventListener("keydown", async (event) => {
    if (event.key !== "Enter" || event.isComposing || !input.value.trim()) return;
    event.preventDefault();
    clearTimeout(timer);
    const label = input.value.trim();
    const found = await guess();
    frame.typed = input.value = note.textContent = frame.typedNote = "";
    add({ label, ...found });
  });
  return make("div", { class: "d-quick" }, make("div", { class: "with-icon" }, icon("plus"), input), note);
}

/** The kinds of fields in their families, each a button; `use(type)` makes it what a click does and a drag carries. */
export function typeShelf(frame, use) {
  const families = Map.groupBy(frame.given.types, (type) => type.family);
  return [...families].map(([family, types], index) => make(
    "details",
    { class: "d-family", open: index === 0 || frame.unfolded?.has(family), toggle: ({ target }) => ((frame.unfolded ??= new Set())[target.open ? "add" : "delete"](family)) },
    make("summary", {}, w(`family.${family}`), icon("chevron-down")),
    make("div", { class: "d-types" }, ...types.map((type) => use(make("button", { type: "button", class: "d-add", title: type.note, "data-type": type.key }, icon(type.icon), make("span", { class: "cut" }, type.label)), type))),
  ));
}

/**
 * Add a field to an entity's document, after the field `after` or at the end; what its kind cannot do without is asked
 * first. Resolves to its key, or null. `also(take, key)` changes other documents in the same step.
 */
export async function addField(frame, entity, { label, type, key }, { at = -1, also = null } = {}) {
  const id = `entity:${entity}`;
  const kind = frame.type(type);
  const taken = frame.work.get(id).fields.map((field) => field.key);
  const name = label || kind.label;
  const chosen = key ?? (await posted("/admin/design/guess", { label: name, taken, what: "field" })).key;
  const field = { key: chosen, type, label: name };
  const more = await needs(frame, entity, kind, field);
  if (!more) return null;
  frame.work.change((take, put) => {
    for (const document of more) put(`${document.kind}:${document.key}`, document);
    const { fields } = take(id);
    fields.splice(at < 0 ? fields.length : at, 0, field);
    also?.(take, chosen);
  });
  return chosen;
}

/** Fill in what the kind needs; gives further new documents, or null when it was not wanted after all. */
async function needs(frame, entity, kind, field) {
  for (const name of kind.needed) {
    if (name === "options") field.options = firstOptions();
    else if (name === "pattern") field.pattern = "{YYYY}{MM}{seq:4}";
    else if (name === "formula") Object.assign(field, { formula: "1", result: "decimal" });
    else if (name === "target" && kind.lines) return linesFor(frame, entity, field);
    else if (name === "target") {
      field.target = await pickEntity(frame, w("target"));
      if (!field.target) return null;
    } else if (name === "of") {
      const sources = rollupSources(frame, entity);
      if (!sources.length) {
        toast(w("no_related"), { bad: true });
        return null;
      }
      Object.assign(field, sources[0].value);
      delete field.result;
    } else if (!(name in field)) {
      const given = kind.options.find((option) => option.name === name)?.schema;
      if (given?.enum) [field[name]] = given.enum;
      else if (given?.type === "string") {
        field[name] = await askText(kind.options.find((option) => option.name === name).label);
        if (!field[name]) return null;
      }
    }
  }
  return [];
}

/** A new entity for the lines of another. */
async function linesFor(frame, entity, field) {
  const owner = textOf(frame.work.get(`entity:${entity}`).label, frame.lang);
  const label = field.label === frame.type(field.type).label ? w("lines_label", { name: owner }) : field.label;
  const taken = frame.entities.map((each) => each.key);
  const { key } = await posted("/admin/design/guess", { label: `${entity} ${field.key}`, taken, what: "entity" });
  field.target = key;
  const item = { key: "name", type: "text", label: { zh: "名称", en: "Item" }, required: true };
  return [{ kind: "entity", key, label, title: "name", parent: entity, icon: "list-details", fields: [item] }];
}

function askText(label) {
  let value = "";
  return ask({ title: label, body: [text(label, "", (next) => (value = next.trim()))], verb: w("ok") }).then((done) => (done ? value : ""));
}

/** Choose an entity in a dialog; "" when none is. */
export function pickEntity(frame, title, { lines = false } = {}) {
  const offered = frame.entities.filter((each) => lines || !each.parent);
  let chosen = offered[0]?.key ?? "";
  const control = choice(title, offered.map((each) => [each.key, each.label]), chosen, (next) => (chosen = next));
  return ask({ title, body: [control], verb: w("ok") }).then((done) => (done ? chosen : ""));
}

// --- settings ---

const FLAGS = ["unique", "searchable", "indexed", "read_only", "hidden"];

/** The settings of a field. `more` are parts of the designer's own, `drop` removes it from the entity. */
export function fieldSettings(frame, entity, key, { more = [], drop = null } = {}) {
  const id = `entity:${entity}`;
  const field = fieldOf(frame, entity, key);
  if (!field) return [];
  const type = frame.type(field.type);
  const set = (name, value, { redraw = false } = {}) => {
    frame.work.change((take) => {
      const found = take(id).fields.find((each) => each.key === key);
      if (value === null || value === undefined || value === "" || value === false) delete found[name];
      else found[name] = value;
    }, { tag: `${id}/${key}/${name}` });
    if (redraw) frame.drawRight();
  };
  const put = (values) => {
    frame.work.change((take) => {
      const found = take(id).fields.find((each) => each.key === key);
      for (const [name, value] of Object.entries(values)) if (value === null) delete found[name];
        else found[name] = value;
    });
    frame.drawRight();
  };
  const place = { frame, entity, field, type, set, put };
  const flag = (name) => toggle(w(name), field[name], (on) => set(name, on), { note: w(`${name}_note`) });
  const document = frame.work.get(id);
  const computed = type.computed;
  return [
    make("header", { class: "d-right-head" }, icon(type.icon), make("div", { class: "grow" }, make("strong", { class: "cut" }, textOf(field.label, frame.lang)), make("small", { class: "soft" }, `${type.label} · ${field.key}`)), drop ? make("button", { type: "button", class: "btn btn-quiet btn-icon btn-small", title: w("delete_field"), "aria-label": w("delete_field"), click: drop }, icon("trash")) : null),
    ...more,
    group(
      "",
      words(w("name"), field.label, frame.lang, (value) => value && set("label", value)),
      keyRow(frame, entity, field),
      computed ? null : toggle(w("required"), field.required, (on) => set("required", on), { note: w("required_note") }),
      words(w("help"), field.help, frame.lang, (value) => set("help", value), { note: w("help_note"), lines: 2 }),
    ),
    group(type.label, ...typeSettings(place), ...(computed ? [] : [defaultRow(place)])),
    folded(
      w("rare"),
      ...(computed ? FLAGS.slice(2, 3).concat("hidden") : FLAGS).map(flag),
      computed ? toggle(w("publish_flag"), field.publish, (on) => set("publish", on)) : null,
      toggle(w("in_list"), field.in_list, (on) => set("in_list", on)),
      toggle(w("quick_filter"), field.quick_filter, (on) => set("quick_filter", on)),
      computed ? null : toggle(w("copy"), field.copy !== false, (on) => put({ copy: on ? null : false })),
      computed ? null : words(w("placeholder"), field.placeholder, frame.lang, (value) => set("placeholder", value)),
      computed ? null : formulaRow(frame, w("default_formula"), { entity, value: field.default_formula, change: (value) => put({ default_formula: value, default: null }) }),
      text(w("aliases"), (field.aliases ?? []).join("\n"), (value) => set("aliases", linesOf(value)), { lines: 3, note: w("aliases_note") }),
      typeRow(place),
    ),
    document.title === key || type.computed && type.kind !== "text" ? null : button(w("make_title"), "bookmark", () => {
      frame.work.change((take) => (take(id).title = key));
      frame.drawRight();
    }, { kind: "quiet" }),
  ];
}

function linesOf(value) {
  const found = value.split("\n").map((line) => line.trim()).filter(Boolean);
  return found.length ? found : null;
}

/** The key: free to choose while nobody uses it. */
function keyRow(frame, entity, field) {
  const base = frame.work.base.get(`entity:${entity}`);
  if (base?.fields.some((each) => each.key === field.key)) return null;
  const id = `entity:${entity}`;
  const input = text(w("key"), field.key, () => {}, { mono: true, note: w("key_note") });
  input.querySelector("input").addEventListener("change", ({ target }) => {
    const next = target.value.trim();
    const taken = frame.work.get(id).fields.some((each) => each.key === next);
    if (!/^[a-z][a-z0-9_]{0,47}$/.test(next) || taken) {
      target.value = field.key;
      return;
    }
    rekey(frame, entity, field.key, next);
  });
  return input;
}

/** Give an unpublished field another key wherever the designed documents name it. */
function rekey(frame, entity, old, next) {
  const swap = (value) => {
    if (value === old) return next;
    if (Array.isArray(value)) return value.map(swap);
    return value && typeof value === "object" && value.field === old ? { ...value, field: next } : value;
  };
  frame.work.change((take) => {
    const document = take(`entity:${entity}`);
    if (document.title === old) document.title = next;
    document.fields.find((each) => each.key === old).key = next;
    for (const kind of ["form", "detail"]) {
      for (const each of frame.work.of(kind)) {
        if (each.entity !== entity || !each.sections) continue;
        const taken = take(`${kind}:${each.key}`);
        for (const section of taken.sections) section.fields = section.fields.map(swap);
      }
    }
    for (const each of frame.work.of("list")) if (each.entity === entity) take(`list:${each.key}`).columns = each.columns.map(swap);
  });
  const node = frame.selected?.replace(/:.*/, `:${next}`);
  frame.select(node);
}

function typeSettings(place) {
  return place.type.options.map((option) => optionRow(place, option)).filter(Boolean);
}

/** One setting of the kind, as the control its schema asks for. Settings without words of ours stay as they are. */
function optionRow(place, option) {
  const { field, set } = place;
  const { name, label, note, schema } = option;
  const special = SPECIAL[name];
  if (special) return special(place, option);
  const value = field[name];
  if (schema.enum) return choice(label, schema.enum.map((each) => [each, knows(`value.${each}`) ? w(`value.${each}`) : String(each)]), value, (next) => set(name, next), { note, empty: w("none") });
  const kinds = [schema.type].flat();
  if (kinds.includes("boolean")) return toggle(label, value, (on) => set(name, on), { note });
  if (kinds.includes("integer") || kinds.includes("number")) return number(label, value, (next) => set(name, next), { note, min: schema.minimum ?? null, max: schema.maximum ?? null });
  if (kinds.includes("string")) return text(label, value, (next) => set(name, next), { note, mono: name === "pattern" });
  if (kinds.includes("array") && schema.items?.enum) return several(label, schema.items.enum.map((each) => [each, String(each)]), value ?? [], (next) => set(name, next.length ? next : null), { note });
  if (kinds.includes("array")) return text(label, (value ?? []).join("\n"), (next) => set(name, linesOf(next)), { lines: 3, note });
  return null;
}

const SPECIAL = {
  options: optionsRow,
  target: targetRow,
  formula: ({ frame, entity, field, set }, { label }) => formulaRow(frame, label, { entity, field: field.key, value: field.formula, change: (text) => set("formula", text) }),
  result: ({ frame, field, put }, { label }) => choice(label, frame.given.types.filter((type) => !type.computed && (type.kind && type.kind !== "reference")).map((type) => [type.key, type.label]), field.result ?? "", (next) => put({ result: next || null }), { empty: w("width_auto") }),
  function: ({ field, put }, { label }) => choice(label, ["sum", "count", "avg", "min", "max", "count_distinct"].map((each) => [each, w(`value.${each}`)]), field.function, (next) => put({ function: next })),
  of: sourceRow,
  by: () => null,
  filter: ({ frame, field, set }, { label, note }) => (field.target && frame.entity(field.target) ? conditionRow(frame, label, { entity: field.target, value: field.filter, change: (next) => set("filter", next), note }) : null),
  where: whereRow,
};

function optionsRow({ frame, entity, field, put, set, type }, { label }) {
  const shared = typeof field.options === "string";
  const base = frame.work.base.get(`entity:${entity}`)?.fields.find((each) => each.key === field.key);
  const fixed = new Set(Array.isArray(base?.options) ? base.options.map((option) => option.key) : []);
  if (type.computed && field.options === undefined) return null;
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
    return choice(label, frame.entities.filter((each) => !each.parent).map((each) => [each.key, each.label]), field.target, (next) => put({ target: next, filter: null }), { empty: field.target ? null : w("choose") });
  }
  const lines = frame.entity(field.target);
  const open = button(w("open_lines"), "external-link", () => frame.work.settled().then(() => go(`/admin/design/entity/${field.target}`)));
  return row(w("lines_target"), make("div", { class: "line" }, make("span", { class: "grow" }, lines?.label ?? field.target), open));
}

/** What a roll-up may sum up: lines and linking records, as {label, value: {function, of, by?}}. */
function rollupSources(frame, entity) {
  const found = [];
  const numbers = (key) => frame.entity(key)?.fields.filter((field) => field.numeric && !field.system) ?? [];
  for (const field of frame.entity(entity)?.fields ?? []) {
    if (!field.target || field.points) continue;
    found.push({ label: field.label, value: { function: "count", of: field.key } });
    for (const each of numbers(field.target)) found.push({ label: `${field.label} · ${each.label}`, value: { function: "sum", of: `${field.key}.${each.key}` } });
  }
  for (const other of frame.entities) {
    for (const link of other.fields.filter((field) => field.points && field.target === entity && !other.parent)) {
      found.push({ label: other.plural, value: { function: "count", of: other.key, by: link.key } });
      for (const each of numbers(other.key)) found.push({ label: `${other.plural} · ${each.label}`, value: { function: "sum", of: `${other.key}.${each.key}`, by: link.key } });
    }
  }
  return found;
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

/** What a new record begins with. */
function defaultRow({ frame, field, type, set, put }) {
  const isMoment = ["TODAY()", "NOW()"].includes(field.default_formula);
  if (type.points || type.lines || (field.default_formula && !isMoment)) return null;
  const live = frame.entities.flatMap((entity) => entity.fields).find((each) => each.key === field.key && each.type === field.type);
  const options = Array.isArray(field.options) ? field.options.filter((option) => !option.retired).map((option) => [option.key, textOf(option.label, frame.lang)]) : live?.choices.map(([key, label]) => [key, label]);
  if (options?.length && typeof (field.default ?? "") === "string") return choice(w("default"), options, field.default, (next) => put({ default: next || null }), { note: w("default_note"), empty: w("none") });
  if (type.kind === "boolean") return choice(w("default"), [["true", w("yes")], ["false", w("no")]], field.default === undefined ? "" : String(field.default), (next) => put({ default: next === "" ? null : next === "true" }), { empty: w("none") });
  if (type.kind === "date" || type.kind === "datetime") {
    const moment = type.kind === "date" ? ["TODAY()", w("today")] : ["NOW()", w("now")];
    return choice(w("default"), [moment], field.default_formula, (next) => put({ default_formula: next || null }), { empty: w("none"), note: w("default_note") });
  }
  if (type.key === "integer") return number(w("default"), field.default, (next) => set("default", next), { note: w("default_note") });
  if (type.kind === "number" || type.kind === "text") return text(w("default"), field.default, (next) => set("default", next), { note: w("default_note") });
  return null;
}

/** Another kind for the same field. */
function typeRow({ frame, field, put }) {
  const offered = frame.given.types.filter((type) => !type.lines && (!type.needed.length || type.key === field.type || type.needed.every((name) => name in field || name === "options")));
  return choice(w("change_type"), offered.map((type) => [type.key, type.label]), field.type, (next) => {
    const kind = frame.type(next);
    const known = new Set(kind.options.map((option) => option.name));
    const gone = Object.fromEntries(frame.type(field.type).options.filter((option) => !known.has(option.name)).map((option) => [option.name, null]));
    const first = kind.needed.includes("options") && !field.options ? { options: firstOptions() } : {};
    put({ ...gone, ...first, type: next, default: null });
  }, { note: w("change_type_note") });
}
