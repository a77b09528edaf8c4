// The designer of lists: columns in order, their widths, the order of rows, what is shown, quick filters.

import { icon, make } from "../page.js";
import { conditionRow } from "./condition.js";
import { button, choice, group, number, several, small, toggle, words } from "./controls.js";
import { draggable } from "./drag.js";
import { documentSwitch, removeDocument } from "./form.js";
import { insertAt, register, shift } from "./frame.js";
import { colorSettings } from "./list_colors.js";
import { keepColumns, lookSettings } from "./list_look.js";
import { showWay, viewSettings } from "./list_views.js";
import { textOf, w } from "./words.js";

const COLUMN = "column:";
const NARROWEST = 60;
const pathOf = (column) => (typeof column === "string" ? column : column.field);
const at = (document, path) => document.columns.findIndex((column) => pathOf(column) === path);

/** What may be a column: the entity's fields, and one step through its links, as [path, words]. */
export function columnChoices(frame, key) {
  const entity = frame.entity(key);
  // What is in the bin is in no list, so when it got there is nothing to show.
  const own = (entity?.fields ?? []).filter((field) => field.key !== "deleted_at").filter((field) => field.sortable || field.points || field.kind !== null || field.choices.length);
  const behind = own.filter((field) => field.points).flatMap((link) => {
    const target = frame.entity(link.target);
    return (target?.fields ?? []).filter((field) => !field.system && field.sortable).map((field) => [`${link.key}.${field.key}`, `${link.label} · ${field.label}`]);
  });
  return [...own.map((field) => [field.key, field.label]), ...behind];
}

function add(frame, path, node = frame.selected, where = "after") {
  frame.edit((document) => insertAt(document.columns, path, node ? at(document, node.slice(COLUMN.length)) : -1, where));
  return COLUMN + path;
}

register({
  kind: "list",
  devices: true,
  marks: [["th[data-column]", (head) => COLUMN + head.dataset.column]],

  left(frame) {
    const shown = new Set(frame.document.columns.map(pathOf));
    const types = new Map(frame.given.types.map((type) => [type.key, type.icon]));
    const entity = frame.entity(frame.given.entity);
    const choices = columnChoices(frame, frame.given.entity).filter(([path]) => !shown.has(path));
    const item = ([path, label]) => {
      const field = entity?.fields.find((each) => each.key === path);
      const element = make("button", { type: "button", class: "d-add", "data-add": path, click: () => frame.select(add(frame, path), { reveal: true }) }, icon(types.get(field?.type) ?? "link"), make("span", { class: "cut" }, label));
      return draggable(frame.canvas, element, () => ({ kind: "column", path, label }));
    };
    const own = choices.filter(([path]) => !path.includes("."));
    const behind = Map.groupBy(choices.filter(([path]) => path.includes(".")), ([path]) => path.split(".")[0]);
    return [
      documentSwitch(frame, "list", w("new_list")),
      make("h2", { class: "d-pane-head" }, w("add_column")),
      make("div", { class: "d-types" }, ...own.map(item)),
      ...[...behind].map(([link, items]) => make("details", { class: "d-family" }, make("summary", {}, w("through", { name: entity.fields.find((field) => field.key === link)?.label ?? link }), icon("chevron-down")), make("div", { class: "d-types" }, ...items.map(item)))),
    ];
  },

  right(frame, node) {
    return node ? columnSettings(frame, node.slice(COLUMN.length)) : listSettings(frame);
  },

  exists: (frame, node) => at(frame.document, node.slice(COLUMN.length)) >= 0,
  payload(frame, node) {
    const path = node.slice(COLUMN.length);
    return { kind: "column", path, label: new Map(columnChoices(frame, frame.given.entity)).get(path) ?? path };
  },
  accepts: () => "around",
  axis: () => "x",
  root: (frame, payload, doc) => doc.querySelector("thead tr"),
  drop(frame, { path }, node, where) {
    if (node === COLUMN + path) return null;
    frame.edit((document) => {
      const from = at(document, path);
      const [column] = from < 0 ? [path] : document.columns.splice(from, 1);
      insertAt(document.columns, column, node ? at(document, node.slice(COLUMN.length)) : -1, where);
    });
    return COLUMN + path;
  },
  move: (frame, node, step) => frame.edit((document) => shift(document.columns, at(document, node.slice(COLUMN.length)), step)),
  remove(frame, node) {
    if (frame.document.columns.length < 2) return;
    frame.edit((document) => document.columns.splice(at(document, node.slice(COLUMN.length)), 1));
    frame.select(null);
  },

  drawn(frame, doc, view) {
    showWay(frame, doc);
    if (view.kind !== "phone") keepColumns(doc);
  },

  /** Dragging the edge of a head changes its width. */
  press(frame, view, event) {
    const edge = event.target.closest("[data-resize]");
    if (!edge) return false;
    event.preventDefault();
    const { doc } = view;
    const path = edge.dataset.resize;
    const head = edge.closest("th");
    const col = doc.querySelectorAll("col")[Number(head.dataset.number)];
    const begun = event.clientX;
    const width = head.offsetWidth;
    let next = width;
    const onMove = (moved) => {
      next = Math.max(NARROWEST, Math.round(width + moved.clientX - begun));
      col.width = next;
    };
    const onUp = () => {
      doc.removeEventListener("pointermove", onMove);
      doc.removeEventListener("pointerup", onUp);
      if (next !== width) setWidth(frame, path, next);
    };
    doc.addEventListener("pointermove", onMove);
    doc.addEventListener("pointerup", onUp);
    return true;
  },
});

function setWidth(frame, path, width) {
  frame.edit((document) => {
    document.columns[at(document, path)] = width ? { field: path, width } : path;
  }, { tag: `width/${path}` });
  if (frame.selected === COLUMN + path) frame.drawRight();
}

function columnSettings(frame, path) {
  const column = frame.document.columns[at(frame.document, path)];
  if (!column) return [];
  const label = new Map(columnChoices(frame, frame.given.entity)).get(path) ?? path;
  const present = (frame.document.sort ?? []).find((each) => each.replace(/^-/, "") === path);
  const state = present ? (present.startsWith("-") ? "desc" : "asc") : "";
  const sort = (next) => frame.edit((document) => {
    const others = (document.sort ?? []).filter((each) => each.replace(/^-/, "") !== path);
    document.sort = next ? [...others, next === "desc" ? `-${path}` : path] : others;
    if (!document.sort.length) delete document.sort;
  });
  return [
    make("header", { class: "d-right-head" }, icon("columns-3"), make("div", { class: "grow" }, make("strong", { class: "cut" }, label), make("small", { class: "soft" }, w("column"))), small(w("remove"), "trash", () => frame.remove(COLUMN + path))),
    group(
      "",
      number(w("width"), typeof column === "object" ? column.width : null, (width) => (width === null || (width >= 30 && width <= 1200)) && setWidthQuietly(frame, path, width), { placeholder: w("width_auto") }),
      choice(w("sort"), [["asc", w("ascending")], ["desc", w("descending")]], state, sort, { empty: w("none") }),
      make("div", { class: "line" }, small(w("move_up"), "arrow-left", () => frame.move(COLUMN + path, -1)), small(w("move_down"), "arrow-right", () => frame.move(COLUMN + path, 1))),
    ),
  ];
}

/** As typed: the settings keep the cursor. */
function setWidthQuietly(frame, path, width) {
  frame.edit((document) => {
    document.columns[at(document, path)] = width ? { field: path, width: Math.round(width) } : path;
  }, { tag: `width/${path}` });
}

function listSettings(frame) {
  const { document } = frame;
  const set = (name, value, tag = "") => frame.edit((found) => {
    if (value === null || value === false || (Array.isArray(value) && !value.length)) delete found[name];
    else found[name] = value;
  }, { tag });
  const fields = (frame.entity(document.entity)?.fields ?? []).filter((field) => field.sortable);
  const others = frame.work.of("list").filter((list) => list.entity === document.entity).length > 1;
  return [
    make("header", { class: "d-right-head" }, icon("table"), make("div", { class: "grow" }, make("strong", { class: "cut" }, textOf(document.label, frame.lang)), make("small", { class: "soft" }, w("list_settings")))),
    group(
      "",
      words(w("name"), document.label, frame.lang, (value) => value && set("label", value, "label")),
      conditionRow(frame, w("list_filter"), { entity: document.entity, value: document.filter, change: (filter) => set("filter", filter) }),
      sortRow(frame, fields),
      several(w("quick_filters"), fields.map((field) => [field.key, field.label]), document.quick_filters ?? [], (keys) => set("quick_filters", keys)),
      toggle(w("default_list"), document.default, (on) => makeDefault(frame, on)),
    ),
    lookSettings(frame, set, columnChoices(frame, document.entity)),
    colorSettings(frame, set),
    viewSettings(frame, columnChoices(frame, document.entity)),
    make("p", { class: "d-hint" }, w("select_hint"), make("br"), w("keys_help")),
    others ? button(w("delete_document", { name: textOf(document.label, frame.lang) }), "trash", () => removeDocument(frame), { kind: "quiet" }) : null,
  ];
}

/** Of all lists of an entity one opens first. */
function makeDefault(frame, on) {
  frame.work.change((take) => {
    for (const list of frame.work.of("list")) {
      if (list.entity !== frame.given.entity) continue;
      const document = take(`list:${list.key}`);
      if (on && list.key === frame.given.key) document.default = true;
      else delete document.default;
    }
  });
}

function sortRow(frame, fields) {
  const holder = make("div", { class: "d-sorts" });
  const put = (sort) => {
    frame.edit((document) => {
      if (sort.length) document.sort = sort;
      else delete document.sort;
    });
    draw();
  };
  const draw = () => {
    const sort = frame.document.sort ?? [];
    const lines = sort.map((each, index) => {
      const path = each.replace(/^-/, "");
      const field = make("select", { class: "form-select", "aria-label": w("sort_by") }, ...[...fields.map(({ key, label }) => make("option", { value: key }, label)), fields.some(({ key }) => key === path) ? "" : make("option", { value: path }, path)]);
      field.value = path;
      field.addEventListener("change", () => put(sort.with(index, field.value)));
      const isDown = each.startsWith("-");
      const turn = small(isDown ? w("descending") : w("ascending"), isDown ? "sort-descending" : "sort-ascending", () => put(sort.with(index, isDown ? path : `-${path}`)));
      return make("div", { class: "line" }, field, turn, small(w("remove"), "x", () => put(sort.toSpliced(index, 1))));
    });
    const free = fields.find(({ key }) => !sort.some((each) => each.replace(/^-/, "") === key));
    const more = free && sort.length < 5 ? button(sort.length ? w("add_sort") : w("sort_by"), "plus", () => put([...sort, free.key]), { kind: "quiet" }) : null;
    holder.replaceChildren(...lines, ...(sort.length ? [] : [make("p", { class: "soft small" }, w("unsorted"))]), more ?? "");
  };
  draw();
  return make("div", { class: "d-row" }, make("div", { class: "input-label" }, w("sort")), holder);
}
