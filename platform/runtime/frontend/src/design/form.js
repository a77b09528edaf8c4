// The designer of forms: sections of one to four columns, fields dragged out of those that have no place yet.

import { confirmed } from "../overlays.js";
import { go, icon, make } from "../page.js";
import { conditionRow } from "./condition.js";
import { button, folded, group, number, segmented, several, small, toggle, words } from "./controls.js";
import { draggable } from "./drag.js";
import { removeField } from "./entity.js";
import { addField, fieldOf, fieldSettings, quickAdd, typeShelf } from "./fields.js";
import { insertAt, register, shift } from "./frame.js";
import { textOf, w } from "./words.js";

const [FIELD, SECTION] = ["field:", "section:"];
const fieldKey = (item) => (typeof item === "string" ? item : item.field);
const entityOf = (frame) => frame.given.entity;

/** Where a field stands: {section, at}, or null. */
function placeOf(document, key) {
  for (const section of document.sections) {
    const at = section.fields.findIndex((item) => fieldKey(item) === key);
    if (at >= 0) return { section, at };
  }
  return null;
}

function sectionOf(document, key) {
  return document.sections.find((section) => section.key === key);
}

/** Put an item where a part of the screen is: beside a field, in a section, else at the end. */
function putAt(document, item, node, where) {
  if (node?.startsWith(FIELD)) {
    const place = placeOf(document, node.slice(FIELD.length));
    if (place) return insertAt(place.section.fields, item, place.at, where);
  }
  const section = node?.startsWith(SECTION) ? sectionOf(document, node.slice(SECTION.length)) : document.sections.at(-1);
  return section ? section.fields.push(item) : document.sections.push({ key: "main", label: w("section_new"), columns: 2, fields: [item] });
}

async function addNew(frame, spec, node, where) {
  const key = await addField(frame, entityOf(frame), spec, { also: (take, made) => putAt(take(frame.id), made, node, where) });
  if (key) frame.select(FIELD + key, { reveal: true });
  return key ? FIELD + key : null;
}

function place(frame, key, node, where) {
  frame.edit((document) => {
    const from = placeOf(document, key);
    const [item] = from ? from.section.fields.splice(from.at, 1) : [key];
    putAt(document, item, node, where);
  });
  return FIELD + key;
}

function newSection(frame, node, where) {
  const taken = new Set(frame.document.sections.map((section) => section.key));
  let number = frame.document.sections.length + 1;
  while (taken.has(`section_${number}`)) number += 1;
  const section = { key: `section_${number}`, label: w("section_new"), columns: 2, fields: [] };
  frame.edit((document) => insertAt(document.sections, section, document.sections.findIndex((each) => SECTION + each.key === node), where));
  return SECTION + section.key;
}

/** What is selected, as a place for what is added by a click. */
function here(frame) {
  return [frame.selected, frame.selected?.startsWith(FIELD) ? "after" : "inside"];
}

register({
  kind: "form",
  devices: true,
  marks: [[".input[data-field]", (input) => FIELD + input.dataset.field], ["[data-section]", (section) => SECTION + section.dataset.section]],

  left(frame) {
    const placed = new Set(frame.document.sections.flatMap((section) => section.fields.map(fieldKey)));
    const fields = frame.work.get(`entity:${entityOf(frame)}`).fields.filter((field) => !placed.has(field.key));
    const unplaced = fields.map((field) => {
      const element = make("button", { type: "button", class: "d-add", "data-unplaced": field.key, click: () => frame.select(place(frame, field.key, ...here(frame)), { reveal: true }) }, icon(frame.type(field.type).icon), make("span", { class: "cut" }, textOf(field.label, frame.lang)));
      return draggable(frame.canvas, element, () => ({ kind: "field", key: field.key, label: textOf(field.label, frame.lang) }));
    });
    const section = draggable(frame.canvas, button(w("add_section"), "layout-list", () => frame.select(newSection(frame, null, "after"), { reveal: true })), () => ({ kind: "section", label: w("section_new") }));
    section.dataset.name = "add-section";
    const use = (element, type) => {
      element.addEventListener("click", () => addNew(frame, { type: type.key }, ...here(frame)));
      return draggable(frame.canvas, element, () => ({ kind: "type", type: type.key, label: type.label }));
    };
    return [
      documentSwitch(frame, "form", w("new_form")),
      section,
      make("h2", { class: "d-pane-head" }, w("unplaced")),
      unplaced.length ? make("div", { class: "d-types" }, ...unplaced) : make("p", { class: "soft small d-pad" }, w("all_placed")),
      make("h2", { class: "d-pane-head" }, w("quick_add")),
      quickAdd(frame, entityOf(frame), (spec) => addNew(frame, spec, ...here(frame))),
      ...typeShelf(frame, use),
    ];
  },

  right(frame, node) {
    if (node?.startsWith(FIELD)) return placedSettings(frame, node.slice(FIELD.length));
    if (node?.startsWith(SECTION)) return sectionSettings(frame, node.slice(SECTION.length));
    return formSettings(frame);
  },

  exists: (frame, node) => Boolean(node.startsWith(FIELD) ? placeOf(frame.document, node.slice(FIELD.length)) : sectionOf(frame.document, node.slice(SECTION.length))),
  payload(frame, node) {
    const key = node.slice(node.indexOf(":") + 1);
    if (node.startsWith(SECTION)) return { kind: "section", key, label: textOf(sectionOf(frame.document, key)?.label, frame.lang) };
    return { kind: "field", key, label: textOf(fieldOf(frame, entityOf(frame), key)?.label, frame.lang, key) };
  },
  accepts(frame, payload, node) {
    if (payload.kind === "section") return node.startsWith(SECTION) && node !== SECTION + payload.key ? "around" : null;
    return node.startsWith(FIELD) ? "around" : "inside";
  },
  axis(frame, node, element) {
    const columns = Number(element.closest("[data-columns]")?.dataset.columns ?? 1);
    const isWide = element.offsetWidth > element.parentElement.offsetWidth * 0.75;
    return node.startsWith(FIELD) && columns > 1 && !isWide ? "x" : "y";
  },
  root: (frame, payload, doc) => (payload.kind === "section" ? doc.querySelector(".stack") : doc.querySelector("[data-section]:last-of-type")),
  drop(frame, payload, node, where) {
    if (payload.kind === "type") return addNew(frame, payload, node, where);
    if (payload.kind === "field") return payload.key === node?.slice(FIELD.length) ? null : place(frame, payload.key, node, where);
    if (!payload.key) return newSection(frame, node, where);
    frame.edit((document) => {
      const [section] = document.sections.splice(document.sections.findIndex((each) => each.key === payload.key), 1);
      insertAt(document.sections, section, document.sections.findIndex((each) => SECTION + each.key === node), where);
    });
    return SECTION + payload.key;
  },
  move(frame, node, step) {
    if (node.startsWith(SECTION)) frame.edit(({ sections }) => shift(sections, sections.findIndex((each) => SECTION + each.key === node), step));
    else frame.edit((document) => stepField(document, node.slice(FIELD.length), step));
  },
  remove(frame, node) {
    const key = node.slice(node.indexOf(":") + 1);
    frame.edit((document) => {
      if (node.startsWith(SECTION)) document.sections = document.sections.filter((each) => each.key !== key);
      else {
        const from = placeOf(document, key);
        from?.section.fields.splice(from.at, 1);
      }
    });
    frame.select(null);
  },
});

/** Move a field within its section; from its end on into the next one. */
function stepField(document, key, step) {
  const { section, at } = placeOf(document, key);
  if (shift(section.fields, at, step)) return;
  const next = document.sections[document.sections.indexOf(section) + step];
  if (!next) return;
  const [item] = section.fields.splice(at, 1);
  if (step > 0) next.fields.unshift(item);
  else next.fields.push(item);
}

function placedSettings(frame, key) {
  const found = placeOf(frame.document, key);
  if (!found) return [];
  const { section, at } = found;
  const item = section.fields[at];
  const span = typeof item === "object" ? (item.span ?? 1) : 1;
  const set = (name, value) => frame.edit((document) => {
    const now = placeOf(document, key);
    const given = { ...(typeof item === "object" ? now.section.fields[now.at] : { field: key }), [name]: value };
    if (given.span === 1) delete given.span;
    if (!given.columns?.length) delete given.columns;
    now.section.fields[now.at] = Object.keys(given).length > 1 ? given : key;
  });
  const target = fieldOf(frame, entityOf(frame), key);
  const lines = target && frame.type(target.type).lines ? frame.entity(target.target) : null;
  const widths = [1, 2, 3, 4].slice(0, section.columns ?? 2).map((count) => [count, String(count)]);
  const here = group(
    "",
    widths.length > 1 && !lines ? segmented(w("span"), widths, Math.min(span, widths.length), (value) => set("span", value)) : null,
    lines ? several(w("table_columns"), lines.fields.filter((field) => !field.system && field.key !== lines.parent).map((field) => [field.key, field.label]), item.columns ?? [], (columns) => set("columns", columns)) : null,
    make("div", { class: "line" }, small(w("move_up"), "arrow-up", () => frame.move(FIELD + key, -1)), small(w("move_down"), "arrow-down", () => frame.move(FIELD + key, 1)), button(w("remove_from_form"), "x", () => frame.remove(FIELD + key), { kind: "quiet" })),
  );
  return fieldSettings(frame, entityOf(frame), key, { more: [here], drop: () => removeField(frame, entityOf(frame), key) });
}

function sectionSettings(frame, key) {
  const section = sectionOf(frame.document, key);
  if (!section) return [];
  const set = (name, value, tag = "") => frame.edit((document) => {
    const found = sectionOf(document, key);
    if (value === false) delete found[name];
    else found[name] = value;
  }, { tag: tag && `${key}/${tag}` });
  return [
    make("header", { class: "d-right-head" }, icon("layout-list"), make("div", { class: "grow" }, make("strong", { class: "cut" }, textOf(section.label, frame.lang)), make("small", { class: "soft" }, w("section"))), small(w("remove"), "trash", () => frame.remove(SECTION + key))),
    group(
      "",
      words(w("name"), section.label, frame.lang, (value) => value && set("label", value, "label")),
      segmented(w("columns_count"), [1, 2, 3, 4].map((count) => [count, String(count)]), section.columns ?? 2, (count) => set("columns", count)),
      toggle(w("collapsed"), section.collapsed, (on) => set("collapsed", on)),
      make("div", { class: "line" }, small(w("move_up"), "arrow-up", () => frame.move(SECTION + key, -1)), small(w("move_down"), "arrow-down", () => frame.move(SECTION + key, 1))),
    ),
  ];
}

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
