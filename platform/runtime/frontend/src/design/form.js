// The designer of forms: tabs, sections and fields, old and new, and whom a form is for.

import { confirmed } from "../overlays.js";
import { go, icon, make } from "../page.js";
import { conditionRow } from "./condition.js";
import { button, folded, group, number, several, small, words } from "./controls.js";
import { draggable } from "./drag.js";
import { addField, quickAdd, typeShelf } from "./fields.js";
import { register } from "./frame.js";
import { here, sectionPane, sectionShelf } from "./section_panes.js";
import { FIELD, isOurs, putAt, sectionParts } from "./sections.js";
import { textOf, w } from "./words.js";

const entityOf = (frame) => frame.given.entity;

async function addNew(frame, spec, node, where) {
  const key = await addField(frame, entityOf(frame), spec, { also: (take, made) => putAt(frame, take(frame.id), made, node, where) });
  if (key) frame.select(FIELD + key, { reveal: true });
  return key ? FIELD + key : null;
}

register({
  ...sectionParts,
  kind: "form",
  devices: true,

  left(frame) {
    const use = (element, type) => {
      element.addEventListener("click", () => addNew(frame, { type: type.key }, ...here(frame)));
      return draggable(frame.canvas, element, () => ({ kind: "type", type: type.key, label: type.label }));
    };
    return [
      documentSwitch(frame, "form", w("new_form")),
      ...sectionShelf(frame),
      make("h2", { class: "d-pane-head" }, w("quick_add")),
      quickAdd(frame, entityOf(frame), (spec) => addNew(frame, spec, ...here(frame))),
      ...typeShelf(frame, use),
    ];
  },

  right: (frame, node) => (isOurs(node) ? sectionPane(frame, node) : formSettings(frame)),

  drop(frame, payload, node, where) {
    return payload.kind === "type" ? addNew(frame, payload, node, where) : sectionParts.drop(frame, payload, node, where);
  },
});

function formSettings(frame) {
  const { document } = frame;
  const set = (name, value, tag = "") => frame.edit((found) => {
    if (value === null || value === undefined || (Array.isArray(value) && !value.length)) delete found[name];
    else found[name] = value;
  }, { tag });
  const others = frame.work.of("form").filter((form) => form.entity === document.entity).length > 1;
  return [
    make("header", { class: "d-right-head" }, icon("forms"), make("div", { class: "grow" }, make("strong", { class: "cut" }, textOf(document.label, frame.lang)), make("small", { class: "soft" }, w("form_settings")))),
    group("", words(w("name"), document.label, frame.lang, (value) => value && set("label", value, "label"))),
    folded(
      w("form_for"),
      several(w("form_roles"), frame.given.roles, document.roles ?? [], (roles) => set("roles", roles), { placeholder: w("everyone") }),
      conditionRow(frame, w("form_when"), { entity: document.entity, value: document.when, change: (when) => set("when", when), none: w("always_on") }),
      number(w("form_position"), document.position, (position) => set("position", position, "position"), { min: 0, note: w("form_position_note") }),
    ),
    make("p", { class: "d-hint" }, w("select_hint"), make("br"), w("keys_help")),
    others ? button(w("delete_document", { name: textOf(document.label, frame.lang) }), "trash", () => removeDocument(frame), { kind: "quiet" }) : null,
  ];
}

/** Take the designed document away, back to its entity. */
export async function removeDocument(frame) {
  const name = textOf(frame.document.label, frame.lang);
  if (!(await confirmed({ title: w("delete_document", { name }), text: "", verb: w("delete"), danger: true }))) return;
  frame.work.change((take, put) => put(frame.id, null));
  await frame.work.settled();
  go(frame.given.entity ? `/admin/design/entity/${frame.given.entity}` : "/admin/design");
}

/** The documents of the kind an entity has, and the way to another one. */
export function documentSwitch(frame, kind, another) {
  const documents = frame.work.of(kind).filter((document) => document.entity === frame.given.entity);
  const control = make("select", { class: "form-select", "aria-label": w("switch_document") }, ...documents.map((document) => make("option", { value: document.key }, textOf(document.label, frame.lang))));
  control.value = frame.given.key;
  const to = async (key) => {
    await frame.work.settled();
    go(`/admin/design/${kind}/${key}`);
  };
  control.addEventListener("change", () => to(control.value));
  const add = small(another, "plus", () => {
    let number = 2;
    while (frame.work.get(`${kind}:${frame.given.entity}.${kind}_${number}`)) number += 1;
    to(`${frame.given.entity}.${kind}_${number}`);
  });
  return make("div", { class: "d-documents" }, control, add);
}
