// The settings of a card: what it looks like, what it counts, how it is grouped, what a click opens.

import { icon, make } from "../page.js";
import { retitled } from "./card_titles.js";
import { conditionRow } from "./condition.js";
import { choice, folded, group, number, row, segmented, several, small, toggle, words } from "./controls.js";
import { colorButton } from "./options.js";
import { COLUMNS, normal, resize, WIDGET } from "./grid.js";
import { columnChoices } from "./list.js";
import { textOf, w } from "./words.js";

export const SYMBOLS = { metric: "hash", bar: "chart-bar", line: "chart-line", pie: "chart-pie", funnel: "chart-funnel", ranking: "trophy", table: "table" };
const OPS = ["count", "sum", "avg", "min", "max", "count_distinct"];
const BUCKETS = ["day", "week", "month", "quarter", "year"];
const ONE_GROUP = ["pie", "funnel", "ranking"];
const SEVERAL_NUMBERS = ["bar", "line", "funnel", "table"];
const MOST_NUMBERS = 4;
const TINTED = ["metric", "bar", "line", "ranking"];
const USUAL_COLUMNS = 4;

const isDated = (field) => ["date", "datetime"].includes(field?.kind);
const isOfRows = (widget) => widget.type === "table" && !widget.measures;

/** The card at a node. */
export const widgetOf = (document, node) => document.widgets.find((widget) => WIDGET + widget.key === node);

/** What a new card of a kind shows at first, over an entity's records. */
export function begun(frame, type, entity) {
  const widget = { type, entity };
  if (type === "table") widget.columns = usualColumns(frame, entity);
  else widget.measures = [{ op: "count" }];
  const groups = usualGroup(frame, type, entity);
  if (groups) widget.group_by = groups;
  const date = frame.entity(entity)?.fields.find((field) => field.key === "created_at");
  if (type === "metric" && date) Object.assign(widget, { date_field: date.key, compare: "previous" });
  return widget;
}

const usualColumns = (frame, entity) => columnChoices(frame, entity).slice(0, USUAL_COLUMNS).map(([path]) => path);

/** A line goes through months, a ranking is of people, all else is of a field with few values. */
function usualGroup(frame, type, entity) {
  if (["metric", "table"].includes(type)) return null;
  const fields = groupings(frame, entity);
  const dated = fields.find(({ field }) => isDated(field) && !field.system) ?? fields.find(({ field }) => isDated(field));
  if (type === "line" && dated) return [grouped(fields, dated.path)];
  const wanted = type === "ranking" ? fields.find(({ path }) => path === "owner") : null;
  const first = wanted ?? fields[0];
  return [first ? grouped(fields, first.path) : { field: "owner" }];
}

/** The paths rows can be grouped by, own fields with few values first: [{path, label, field}]. */
function groupings(frame, key) {
  const can = (field) => field.choices.length || field.points || isDated(field) || ["boolean", "reference"].includes(field.kind);
  const own = (frame.entity(key)?.fields ?? []).filter(can).map((field) => ({ path: field.key, label: field.label, field }));
  own.sort((a, b) => Number(Boolean(b.field.choices.length)) - Number(Boolean(a.field.choices.length)));
  const behind = own.filter(({ field }) => field.points && field.target).flatMap(({ field: link }) =>
    (frame.entity(link.target)?.fields ?? []).filter((field) => field.choices.length).map((field) => ({ path: `${link.key}.${field.key}`, label: `${link.label} · ${field.label}`, field })));
  return [...own, ...behind];
}

function grouped(fields, path) {
  return isDated(fields.find((each) => each.path === path)?.field) ? { field: path, bucket: "month" } : { field: path };
}

/** The settings of the card at a node, as elements. */
export function cardSettings(frame, node, { duplicate }) {
  const widget = widgetOf(frame.document, node);
  const change = (edit, { tag = "", redraw = true } = {}) => {
    frame.edit((document) => retitled(frame, widgetOf(document, node), edit), { tag: tag && `${node}/${tag}` });
    if (redraw) frame.drawRight();
  };
  const set = (name, value, more) => change((found) => {
    if (value === null || value === "" || value === false || (Array.isArray(value) && !value.length)) delete found[name];
    else found[name] = value;
  }, { redraw: false, ...more });
  const tools = { frame, widget, node, change, set };
  return [
    make("header", { class: "d-right-head" }, icon(SYMBOLS[widget.type]), make("div", { class: "grow" }, make("strong", { class: "cut" }, textOf(widget.label, frame.lang)), make("small", { class: "soft" }, w(`widget.${widget.type}`))), small(`${w("duplicate")} (Ctrl+D)`, "copy", () => duplicate(frame, node)), small(w("remove"), "trash", () => frame.remove(node))),
    group("", pictures(tools), words(w("name"), widget.label, frame.lang, (value) => value && set("label", value, { tag: "label" }))),
    group(w("card_data"), ...dataParts(tools)),
    isOfRows(widget) ? null : group(w("measure"), ...measureParts(tools)),
    widget.type === "metric" || isOfRows(widget) ? null : group(w("dimension"), ...dimensionParts(tools)),
    group(w("time_and_order"), ...orderParts(tools)),
    folded(w("rare"), ...rareParts(tools)),
  ];
}

/** The kinds of cards, as pictures. */
function pictures({ frame, widget, change }) {
  const pick = (type) => make("button", { type: "button", class: "d-kind", value: type, role: "radio", "data-kind": type, "aria-checked": String(type === widget.type), click: () => change((found) => retype(frame, found, type)) }, icon(SYMBOLS[type]), make("span", { class: "cut" }, w(`widget.${type}`)));
  return make("div", { class: "d-kinds", role: "radiogroup", "aria-label": w("widget") }, ...Object.keys(SYMBOLS).map(pick));
}

function dataParts({ frame, widget, change, set }) {
  const entities = frame.entities.map((each) => [each.key, each.label]);
  return [
    choice(w("data_of"), entities, widget.entity, (entity) => change((found) => rebase(frame, found, entity))),
    conditionRow(frame, w("card_filter"), { entity: widget.entity, value: widget.filter, change: (filter) => set("filter", filter), none: w("all_records") }),
    widget.type === "table" ? segmented(w("table_of"), ["rows", "groups"].map((key) => [key, w(`table_of.${key}`)]), isOfRows(widget) ? "rows" : "groups", (way) => change((found) => retable(frame, found, way))) : null,
    isOfRows(widget) ? several(w("shown_columns"), columnChoices(frame, widget.entity), widget.columns.map(pathOf), (keys) => keys.length && set("columns", keys)) : null,
  ];
}

const pathOf = (column) => (typeof column === "string" ? column : column.field);

/** Another kind of card over the same data. */
function retype(frame, widget, type) {
  const fresh = begun(frame, type, widget.entity);
  widget.type = type;
  if (type === "table") widget.columns ??= fresh.columns;
  else delete widget.columns;
  if (type === "table" || type === "metric") delete widget.group_by;
  else widget.group_by ??= fresh.group_by;
  if (type === "table") delete widget.measures;
  else widget.measures = (widget.measures ?? fresh.measures).slice(0, SEVERAL_NUMBERS.includes(type) ? MOST_NUMBERS : 1);
  if (ONE_GROUP.includes(type)) widget.group_by = widget.group_by.slice(0, 1);
  if (type === "table" || !["value", "-value", "key"].includes(widget.sort)) delete widget.sort;
  if (type !== "metric") delete widget.compare;
  if (type !== "bar") delete widget.horizontal;
  if (!TINTED.includes(type)) delete widget.color;
}

/** A table of single records, or of groups of them. */
function retable(frame, widget, way) {
  delete widget.sort;
  if (way === "rows") {
    delete widget.measures;
    delete widget.group_by;
    widget.columns = usualColumns(frame, widget.entity);
  } else {
    delete widget.columns;
    Object.assign(widget, { measures: [{ op: "count" }], group_by: usualGroup(frame, "bar", widget.entity) });
  }
}

/** The same card over another entity's data: what named its fields starts anew. */
function rebase(frame, widget, entity) {
  for (const name of ["filter", "date_field", "list", "columns", "group_by", "measures", "sort", "owner_field", "compare"]) delete widget[name];
  Object.assign(widget, begun(frame, widget.type, entity));
}

// --- numbers ---

function measureParts(tools) {
  const { widget, change } = tools;
  const present = widget.measures ?? [{ op: "count" }];
  const put = (next) => change((found) => (found.measures = next));
  const takesMore = SEVERAL_NUMBERS.includes(widget.type) && (widget.group_by ?? []).length < 2 && present.length < MOST_NUMBERS;
  return [
    ...present.map((_, place) => measureRow(tools, present, place, put)),
    takesMore ? make("div", {}, make("button", { type: "button", class: "btn btn-quiet btn-small", "data-name": "add-measure", click: () => put([...present, another(tools)]) }, icon("plus"), w("add_measure"))) : null,
  ];
}

function another({ frame, widget }) {
  const field = offered(frame, widget, "sum")[0];
  return field ? { op: "sum", field: field.key } : { op: "count" };
}

const offered = (frame, { entity }, op) => (frame.entity(entity)?.fields ?? []).filter((field) => field.aggregates.includes(op) && !(op === "count_distinct" && field.key === "id"));

/** A row in which a number is chosen: how it is computed, and of which field of `widget.entity`. */
export function measureRow({ frame, widget }, present, place, put) {
  const measure = present[place];
  const set = (next) => put(present.with(place, next));
  const ops = OPS.filter((op) => op === "count" || offered(frame, widget, op).length).map((op) => [op, w(`op.${op}`)]);
  const operation = select(w("measure"), ops, measure.op, (op) => {
    const fields = offered(frame, widget, op);
    set(op === "count" ? { op } : { op, field: (fields.find((field) => field.key === measure.field) ?? fields[0]).key });
  });
  const fields = offered(frame, widget, measure.op).map((field) => [field.key, field.label]);
  const of = measure.op === "count" ? null : select(w("of_field"), fields, measure.field, (field) => set({ op: measure.op, field }));
  const drop = present.length > 1 ? small(w("remove"), "x", () => put(present.toSpliced(place, 1))) : null;
  return make("div", { class: "d-measure", "data-measure": String(place) }, operation, of, drop);
}

function select(label, choices, value, change) {
  const control = make("select", { class: "form-select", "aria-label": label }, ...choices.map(([key, text]) => make("option", { value: key }, text)));
  control.value = value ?? "";
  control.addEventListener("change", () => change(control.value));
  return control;
}

// --- groups ---

function dimensionParts({ frame, widget, change }) {
  const fields = groupings(frame, widget.entity);
  const present = widget.group_by ?? [];
  const put = (next) => change((found) => {
    found.group_by = next.filter(Boolean);
    if (found.group_by.length > 1) found.measures = found.measures.slice(0, 1);
  });
  const two = !ONE_GROUP.includes(widget.type) && present[0] && (widget.measures ?? []).length < 2;
  return [0, ...(two ? [1] : [])].flatMap((place) => {
    const chosen = present[place];
    const pick = choice(place ? w("second_dimension") : w("group_field"), fields.map(({ path, label }) => [path, label]), chosen?.field, (path) => {
      const next = [...present];
      next[place] = path ? grouped(fields, path) : null;
      put(next);
    }, { empty: place ? w("none") : null });
    const field = fields.find(({ path }) => path === chosen?.field)?.field;
    if (!isDated(field)) return [pick];
    return [pick, segmented(w("bucket"), BUCKETS.map((each) => [each, w(`bucket.${each}`)]), chosen.bucket ?? "month", (bucket) => put(present.with(place, { ...chosen, bucket })))];
  });
}

// --- time, order, what is seldom wanted ---

function orderParts(tools) {
  const { frame, widget, set, change } = tools;
  const dates = (frame.entity(widget.entity)?.fields ?? []).filter(isDated).map((field) => [field.key, field.label]);
  const isSorted = widget.type !== "metric" && !isOfRows(widget);
  return [
    choice(w("date_field"), dates, widget.date_field, (key) => change((found) => {
      if (key) found.date_field = key;
      else for (const name of ["date_field", "compare"]) delete found[name];
    }), { empty: w("all_times"), note: widget.date_field ? "" : w("date_field_note") }),
    widget.type === "metric" && widget.date_field ? toggle(w("compare"), widget.compare === "previous", (on) => set("compare", on ? "previous" : null), { note: w("compare_note") }) : null,
    isOfRows(widget) ? rowOrder(tools) : null,
    isSorted ? choice(w("card_sort"), ["-value", "value", "key"].map((each) => [each, w(`sort.${each}`)]), widget.sort, (sort) => set("sort", sort || null), { empty: w("width_auto") }) : null,
    widget.type === "metric" ? null : number(w(isOfRows(widget) ? "limit_rows" : "limit"), widget.limit, (limit) => set("limit", limit, { tag: "limit" }), { min: 1, max: isOfRows(widget) ? 50 : 1000, placeholder: isOfRows(widget) ? "8" : w("all") }),
  ];
}

/** By which field a table's rows come, and in which direction. */
function rowOrder({ frame, widget, set, change }) {
  const fields = (frame.entity(widget.entity)?.fields ?? []).filter((field) => field.sortable).map((field) => [field.key, field.label]);
  const chosen = (widget.sort ?? "").replace("-", "");
  const falls = (widget.sort ?? "").startsWith("-");
  const turn = chosen ? small(w(falls ? "sort_desc" : "sort_asc"), falls ? "arrow-down" : "arrow-up", () => change((found) => (found.sort = falls ? chosen : `-${chosen}`))) : null;
  const by = make("select", { class: "form-select" }, make("option", { value: "" }, w("newest_first")), ...fields.map(([key, text]) => make("option", { value: key }, text)));
  by.value = chosen;
  by.addEventListener("change", () => set("sort", by.value && `${falls ? "-" : ""}${by.value}`, { redraw: true }));
  return row(w("card_sort"), make("div", { class: "d-measure" }, by, turn));
}

function rareParts({ frame, widget, node, set }) {
  const people = (frame.entity(widget.entity)?.fields ?? []).filter((field) => field.type === "user" || field.key === "owner").map((field) => [field.key, field.label]);
  const lists = frame.given.lists.filter(([, , entity]) => entity === widget.entity).map(([key, label]) => [key, label]);
  const size = (name, value) => value && frame.edit(({ widgets }) => {
    widgets.forEach(normal);
    resize(widgets, widgets.find((each) => WIDGET + each.key === node), { [name]: value });
  }, { tag: `${node}/size` });
  return [
    lists.length ? choice(w("opens_list"), lists, widget.list, (list) => set("list", list || null), { empty: w("opens_all") }) : null,
    people.length ? choice(w("owner_field"), people, widget.owner_field ?? "owner", (key) => set("owner_field", key === "owner" ? null : key)) : null,
    widget.type === "bar" ? toggle(w("horizontal"), widget.horizontal, (on) => set("horizontal", on)) : null,
    TINTED.includes(widget.type) ? row(w("color"), make("div", { class: "line" }, colorButton(widget.color ?? "indigo", (color) => set("color", color === "indigo" ? null : color, { redraw: true })))) : null,
    make("div", { class: "d-pair" }, number(w("across"), widget.w, (value) => size("w", value), { min: 1, max: COLUMNS }), number(w("down"), widget.h, (value) => size("h", value), { min: 1, max: 20 })),
  ];
}
