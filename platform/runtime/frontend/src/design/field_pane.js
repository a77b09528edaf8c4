// The settings of a field in plain words: what may be said of its kind comes with the page, a control for each here.

import { icon, make } from "../page.js";
import { button, folded, group } from "./controls.js";
import { CONTROLS } from "./field_controls.js";
import { TIES } from "./field_ties.js";
import { KEYS } from "./field_key.js";
import { textOf, w } from "./words.js";

/** A field of an entity's document. */
export function fieldOf(frame, entity, key) {
  return frame.work.get(`entity:${entity}`)?.fields.find((field) => field.key === key) ?? null;
}

/** The settings of a field. `more` are parts of the designer's own, `drop` removes it from the entity. */
export function fieldSettings(frame, entity, key, { more = [], drop = null } = {}) {
  const id = `entity:${entity}`;
  const field = fieldOf(frame, entity, key);
  if (!field) return [];
  const type = frame.type(field.type);
  const place = { frame, entity, field, type, ...changes(frame, id, key) };
  const at = (name) => type.settings.filter((setting) => setting.place === name).map((setting) => settingOf(place, setting));
  const isTitle = frame.work.get(id).title === key || (type.computed && type.kind !== "text");
  const remove = drop ? make("button", { type: "button", class: "btn btn-quiet btn-icon btn-small", title: w("delete_field"), "aria-label": w("delete_field"), click: drop }, icon("trash")) : null;
  return [
    make("header", { class: "d-right-head", "data-says": id, "data-field": key }, icon(type.icon), make("div", { class: "grow" }, make("strong", { class: "cut" }, textOf(field.label, frame.lang)), make("small", { class: "soft" }, `${type.label} · ${field.key}`)), remove),
    ...more,
    group("", at("first")),
    group(type.label, at("kind")),
    folded(w("rare"), at("more")),
    isTitle ? null : button(w("make_title"), "bookmark", () => {
      frame.work.change((take) => (take(id).title = key));
      frame.drawRight();
    }, { kind: "quiet" }),
  ];
}

/** What controls write with: `set` one property as it is typed, `put` several as one step, which draws the pane
 * anew unless it is to stay `still`. */
function changes(frame, id, key) {
  const isNothing = (value) => value === null || value === undefined || value === "" || value === false;
  const set = (name, value) => frame.work.change((take) => {
    const found = take(id).fields.find((each) => each.key === key);
    if (isNothing(value)) delete found[name];
    else found[name] = value;
  }, { tag: `${id}/${key}/${name}` });
  const put = (values, { still = false } = {}) => {
    frame.work.change((take) => {
      const found = take(id).fields.find((each) => each.key === key);
      for (const [name, value] of Object.entries(values)) if (value === null) delete found[name];
        else found[name] = value;
    }, { tag: still ? `${id}/${key}/${Object.keys(values)}` : "" });
    if (!still) frame.drawRight();
  };
  return { set, put };
}

/** The control of one setting, marked so that what is wrong with it can be said there. */
function settingOf(place, setting) {
  const control = (CONTROLS[setting.control] ?? TIES[setting.control] ?? KEYS[setting.control])(place, setting);
  if (control) control.dataset.setting = setting.name;
  return control;
}
