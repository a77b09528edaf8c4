// What new records begin with: a choice where there are few, a picker for what is linked, else a text that the server
// reads as the field's kind would.

import { make, posted } from "../page.js";
import { combobox, found, titles } from "../picker.js";
import { choice, row, several } from "./controls.js";
import { textOf, w } from "./words.js";

const MOMENTS = { date: "TODAY()", datetime: "NOW()", user: "ME()", department: "MY_DEPARTMENT()" };
const SOURCES = { user: "user", department: "department" };
const WAIT_MS = 300;

/** The control for the default; nothing where a formula of the administrator's own decides. */
export function defaultRow(place, setting) {
  const { field, type } = place;
  const moment = MOMENTS[type.key];
  if (field.default_formula && field.default_formula !== moment) return null;
  const options = optionsOf(place);
  if (options) return chosen(place, setting, options);
  if (type.kind === "boolean") return chosen(place, setting, [[true, w("yes")], [false, w("no")]]);
  if (moment) return withMoment(place, setting, moment);
  return constant(place, setting);
}

/** The options of the field as [key, words], null when it has none. */
function optionsOf({ frame, field, type }) {
  if (type.key === "role") return frame.given.roles;
  if (!type.needed.includes("options")) return null;
  const set = typeof field.options === "string" ? frame.work.get(`option_set:${field.options}`)?.options : field.options;
  if (set) return set.filter((option) => !option.retired).map((option) => [option.key, textOf(option.label, frame.lang)]);
  const known = frame.entities.flatMap((entity) => entity.fields).find((each) => each.key === field.key && each.type === field.type);
  return known?.choices.map(([key, label]) => [key, label]) ?? [];
}

function chosen({ field, type, put, set }, { label, note }, options) {
  if (type.key === "multiselect") return several(label, options, field.default ?? [], (keys) => set("default", keys.length ? keys : null), { note });
  const known = new Map(options.map(([value]) => [String(value), value]));
  return choice(label, options, field.default === undefined ? "" : String(field.default), (next) => put({ default: known.get(next) ?? null }), { note, empty: w("none") });
}

/** Of days, people and departments: the present one, or one that is fixed. */
function withMoment(place, setting, moment) {
  const { field, type, put } = place;
  const fixed = field.default !== undefined || place.frame.fixing === field.key;
  const kinds = [[moment, w(`moment.${type.key}`)], ["fixed", w("fixed_value")]];
  const kind = choice(setting.label, kinds, field.default_formula ?? (fixed ? "fixed" : ""), (next) => {
    place.frame.fixing = next === "fixed" ? field.key : null;
    put({ default: null, default_formula: next && next !== "fixed" ? next : null });
  }, { empty: w("none"), note: setting.note });
  return make("div", {}, kind, fixed ? constant(place, { ...setting, label: w("fixed_value"), note: "" }) : null);
}

function constant(place, setting) {
  const source = SOURCES[place.type.key] ?? (place.type.points ? (place.field.target ?? place.entity) : null);
  return source ? picked(place, setting, source) : written(place, setting);
}

function picked({ field, set }, { label, note }, source) {
  const input = make("input", { class: "form-control", placeholder: w("search") });
  const box = combobox(input, { find: (text) => found(source, text), pick: (hit) => set("default", hit?.id ?? null) });
  if (field.default) titles(source, [field.default]).then((names) => (box.title = input.value = names.get(field.default) ?? "—"));
  return row(label, make("div", { class: "picker" }, input), { note });
}

/** A text that is read as the kind reads it; what cannot be read is said below and changes nothing. */
function written({ frame, entity, field, type, set }, { label, note }) {
  const input = make("input", { class: "form-control", type: type.key === "date" ? "date" : "text", autocomplete: "off" });
  const problem = make("p", { class: "input-error", role: "alert", hidden: true });
  const read = async (given) => {
    await frame.work.settled();
    return posted("/admin/design/value", { entity, field: field.key, ...given });
  };
  let timer = 0;
  const take = async () => {
    try {
      const { value } = await read({ text: input.value });
      problem.hidden = true;
      set("default", value);
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
    }
    input.setAttribute("aria-invalid", String(!problem.hidden));
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(take, WAIT_MS);
  });
  if (typeof field.default === "string" || typeof field.default === "number") input.value = field.default;
  else if (field.default !== undefined) read({}).then(({ shown }) => (input.value = shown)).catch(() => {});
  return row(label, make("div", {}, input, problem), { note });
}
