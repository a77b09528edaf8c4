// Fields: adding one with a sensible kind.

import { toast } from "../overlays.js";
import { icon, make, posted } from "../page.js";
import { choice, text } from "./controls.js";
import { ask } from "./dialogs.js";
import { lookedUp, rollupSources } from "./field_controls.js";
import { firstOptions } from "./options.js";
import { textOf, w } from "./words.js";

export { fieldOf, fieldSettings } from "./field_pane.js";

const GUESS_MS = 150;

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
    } else if (name === "path") {
      const [first] = lookedUp(frame, entity);
      if (!first) {
        toast(w("no_links"), { bad: true });
        return null;
      }
      [field.path] = first;
    } else if (!(name in field)) {
      const setting = kind.settings.find((each) => each.name === name);
      if (setting?.choices) [[field[name]]] = setting.choices;
      else if (setting?.control === "text") {
        field[name] = await askText(setting.label);
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
