// The designer of an entity: its fields, in order, with what they hold.

import { confirmed } from "../overlays.js";
import { go, icon, make, posted } from "../page.js";
import { fieldOfFinding } from "./complaints.js";
import { draggable } from "./drag.js";
import { button, group, iconChoice, row, words } from "./controls.js";
import { ask } from "./dialogs.js";
import { addField, fieldSettings, quickAdd, typeShelf } from "./fields.js";
import { askKey } from "./field_key.js";
import { insertAt, register, shift } from "./frame.js";
import { showRemoved } from "./removed.js";
import { textOf, w } from "./words.js";

const KEY = /^[a-z][a-z0-9_]{0,47}$/;

const keyOf = (node) => node?.slice("field:".length);
const keyOfEntity = (frame) => frame.given.key;
const at = (document, key) => document.fields.findIndex((field) => field.key === key);

async function add(frame, spec, where = {}) {
  const key = await addField(frame, keyOfEntity(frame), spec, where);
  if (key) frame.select(`field:${key}`);
  return key ? `field:${key}` : null;
}

register({
  kind: "entity",
  marks: [["tr[data-key]", (row) => `field:${row.dataset.key}`]],

  left(frame) {
    const use = (element, type) => {
      element.addEventListener("click", () => add(frame, { type: type.key }, after(frame)));
      return draggable(frame.canvas, element, () => ({ kind: "type", type: type.key, label: type.label }));
    };
    return [
      make("h2", { class: "d-pane-head" }, w("quick_add")),
      quickAdd(frame, keyOfEntity(frame), (spec) => add(frame, spec, after(frame))),
      make("h2", { class: "d-pane-head" }, w("field_types")),
      ...typeShelf(frame, use),
    ];
  },

  right(frame, node) {
    if (!node) return entitySettings(frame);
    return fieldSettings(frame, keyOfEntity(frame), keyOf(node), { drop: () => removeField(frame, keyOfEntity(frame), keyOf(node)) });
  },

  exists: (frame, node) => at(frame.document, keyOf(node)) >= 0,
  payload(frame, node) {
    const field = frame.document.fields[at(frame.document, keyOf(node))];
    return { kind: "field", key: field.key, label: textOf(field.label, frame.lang) };
  },
  accepts: () => "around",
  drop(frame, payload, node, where) {
    const anchor = at(frame.document, keyOf(node));
    if (payload.kind === "type") return add(frame, payload, { at: where === "after" ? anchor + 1 : anchor });
    frame.edit((document) => {
      const [field] = document.fields.splice(at(document, payload.key), 1);
      insertAt(document.fields, field, at(document, keyOf(node)), where);
    });
    return `field:${payload.key}`;
  },
  move(frame, node, step) {
    frame.edit((document) => shift(document.fields, at(document, keyOf(node)), step));
  },
  remove: (frame, node) => removeField(frame, keyOfEntity(frame), keyOf(node)),
  locate(frame, finding) {
    const key = fieldOfFinding(frame, finding);
    return key && `field:${key}`;
  },

  drawn(frame, doc) {
    for (const cell of doc.querySelectorAll("[data-type]")) {
      const type = frame.type(cell.dataset.type);
      cell.replaceChildren(doc.importNode(icon(type.icon), true), ` ${type.label}`);
    }
  },
});

function after(frame) {
  const chosen = keyOf(frame.selected);
  return chosen ? { at: at(frame.document, chosen) + 1 } : {};
}

/** Take a field out of an entity, and out of everything that shows it. */
export async function removeField(frame, entity, key) {
  const id = `entity:${entity}`;
  const label = textOf(frame.work.get(id).fields.find((field) => field.key === key).label, frame.lang);
  await frame.work.settled();
  const { uses, documents } = await posted("/admin/design/uses", { entity, field: key });
  if (uses.length) {
    const list = make("ul", {}, ...uses.map((use) => make("li", {}, use.count > 1 ? `${use.label} (${use.count})` : use.label)));
    const text = make("div", {}, make("p", {}, w("delete_used", { count: uses.reduce((sum, use) => sum + use.count, 0), name: label })), list);
    if (!(await confirmed({ title: w("delete_field"), text, verb: w("delete"), danger: true }))) return;
  }
  for (const { id: other, base } of documents) if (!frame.work.base.has(other)) frame.work.base.set(other, base);
  frame.work.change((take, put) => {
    for (const each of documents) put(each.id, each.document);
    const document = take(id);
    document.fields = document.fields.filter((field) => field.key !== key);
    if (document.title === key && document.fields.length) document.title = document.fields[0].key;
  });
  frame.select(null);
}

/** The settings of the entity itself. */
function entitySettings(frame) {
  const { document } = frame;
  const set = (name) => (value) => frame.edit((found) => {
    if (value) found[name] = value;
    else delete found[name];
  }, { tag: name });
  const titles = document.fields.filter((field) => ["text", "number"].includes(frame.type(field.type).kind)).map((field) => [field.key, textOf(field.label, frame.lang)]);
  const title = titles.length ? make("div", {}, choiceOfTitle(frame, titles)) : null;
  return [
    make("header", { class: "d-right-head", "data-says": frame.id }, icon(document.icon ?? "table"), make("div", { class: "grow" }, make("strong", { class: "cut" }, textOf(document.label, frame.lang)), make("small", { class: "soft" }, `${w("entity_settings")} · ${document.key}`))),
    group(
      "",
      marked("label", words(w("name"), document.label, frame.lang, (value) => value && set("label")(value))),
      marked("key", entityKey(frame)),
      marked("plural", words(w("plural"), document.plural, frame.lang, set("plural"))),
      iconChoice(w("icon"), document.icon, frame.given.icons, set("icon")),
      title && marked("title", title),
      words(w("description"), document.description, frame.lang, set("description"), { lines: 2 }),
    ),
    make("p", { class: "d-hint" }, w("select_hint"), make("br"), w("keys_help")),
    frame.work.isPublished(frame.id) ? button(w("removed_fields"), "restore", () => showRemoved(frame.given.lang, { entity: keyOfEntity(frame), frame }), { kind: "quiet" }) : null,
    frame.given.administrator ? button(w("delete_entity"), "trash", () => removeEntity(frame), { kind: "quiet" }) : null,
  ];
}

/** A control marked as that of a property, so that what is wrong with it can be said there. */
function marked(name, control) {
  control.dataset.setting = name;
  return control;
}

/** The entity's key, and the way to another: the old one goes on working. */
function entityKey(frame) {
  const { document } = frame;
  const open = frame.given.administrator ? button(w("rename_key"), "edit", () => renameEntity(frame), { kind: "small" }) : null;
  const former = document.was?.length ? make("small", { class: "soft d-former" }, w("former_keys", { keys: document.was.join(", ") })) : null;
  return row(w("key"), make("div", { class: "d-key-row" }, make("code", { class: "d-mono grow cut" }, document.key), open, former));
}

async function renameEntity(frame) {
  const { document } = frame;
  let href = null;
  await askKey({
    name: textOf(document.label, frame.lang),
    key: document.key,
    note: w("key_note"),
    check: (next) => (KEY.test(next) ? "" : w("key_wrong")),
    act: async (next) => {
      await frame.work.settled();
      ({ href } = await posted("/admin/design/rename", { entity: document.key, key: next }));
    },
  });
  if (href) go(href, { replace: true });
}

function choiceOfTitle(frame, titles) {
  const control = make("select", { class: "form-select", "aria-label": w("title_field") }, ...titles.map(([key, label]) => make("option", { value: key }, label)));
  control.value = frame.document.title;
  control.addEventListener("change", () => frame.edit((found) => (found.title = control.value)));
  return make("label", { class: "d-row d-block" }, make("span", { class: "input-label" }, w("title_field")), control, make("p", { class: "input-help" }, w("entity_title_note")));
}

async function removeEntity(frame) {
  const name = textOf(frame.document.label, frame.lang);
  await frame.work.settled();
  const { uses, blocks, documents } = await posted("/admin/design/entity-uses", { entity: frame.document.key });
  if (blocks.length) return tellBlocks(name, blocks);
  const list = uses.map((use) => make("li", {}, use.count > 1 ? `${use.label} (${use.count})` : use.label));
  const more = list.length ? [make("p", {}, w("entity_used")), make("ul", {}, ...list)] : [];
  const text = make("div", {}, make("p", {}, w("entity_goes", { name })), ...more, make("p", { class: "soft" }, w("loss_note")));
  if (!(await confirmed({ title: w("delete_document", { name }), text, verb: w("delete"), danger: true }))) return null;
  for (const { id, base } of documents) if (!frame.work.base.has(id)) frame.work.base.set(id, base);
  frame.work.change((take, put) => {
    for (const { id, document } of documents) put(id, document);
  });
  // The screen of what is to go cannot be drawn any more.
  frame.work.show = null;
  await frame.work.settled();
  return go("/admin/design");
}

/** What keeps the entity: fields of others that point at it, with ways to them. */
function tellBlocks(name, blocks) {
  const list = blocks.map(({ label, href }) => make("li", {}, make("a", { href }, label)));
  return ask({ title: w("delete_entity"), body: [make("p", {}, w("entity_blocked", { name })), make("ul", {}, ...list)], verb: null });
}
