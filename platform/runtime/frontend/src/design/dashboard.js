// The designer of dashboards: cards on twelve columns, each built by choosing data, measure, grouping and kind.

import { icon, make } from "../page.js";
import { conditionRow } from "./condition.js";
import { button, choice, folded, group, number, several, small, toggle, words } from "./controls.js";
import { draggable } from "./drag.js";
import { removeDocument } from "./form.js";
import { register } from "./frame.js";
import { columnChoices } from "./list.js";
import { textOf, w } from "./words.js";

const WIDGET = "widget:";
const COLUMNS = 12;
const SYMBOLS = { metric: "hash", bar: "chart-bar", line: "chart-line", pie: "chart-pie", funnel: "chart-funnel", ranking: "trophy", table: "table" };
const SIZES = { metric: [3, 2], table: [6, 5], default: [6, 4] };
const GRID_STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const widgetOf = (document, node) => document.widgets.find((widget) => WIDGET + widget.key === node);
const isOver = (a, b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

/** Let nothing lie on the moved card: what is in its way goes down, and all rise as far as they can. */
function settle(widgets, first) {
  const placed = [];
  const order = [...widgets].sort((a, b) => a.y - b.y || a.x - b.x || (a === first ? -1 : 1));
  for (const widget of [first, ...order.filter((each) => each !== first)].filter(Boolean)) {
    while (placed.some((other) => isOver(widget, other))) widget.y += 1;
    placed.push(widget);
  }
  for (const widget of placed.sort((a, b) => a.y - b.y || a.x - b.x)) {
    while (widget.y > 0 && !placed.some((other) => other !== widget && isOver({ ...widget, y: widget.y - 1 }, other))) widget.y -= 1;
  }
  // Members' boards flow in the order of the document.
  widgets.sort((a, b) => a.y - b.y || a.x - b.x);
}

/** Where a card stands in its frame, as members' boards place it: taller cards have room for their titles. */
function spot({ x, w: width, h: height }) {
  return { gridColumn: `${x + 1} / span ${width}`, gridRow: `span ${height > 3 ? height + 1 : height}` };
}

function normal(widget) {
  const [w0, h0] = SIZES[widget.type] ?? SIZES.default;
  widget.x ??= 0;
  widget.y ??= 0;
  widget.w ??= w0;
  widget.h ??= h0;
}

function add(frame, type, place = null) {
  const taken = new Set(frame.document.widgets.map((widget) => widget.key));
  let number = taken.size + 1;
  while (taken.has(`${type}_${number}`)) number += 1;
  const entity = frame.document.widgets.at(-1)?.entity ?? frame.entities.find((each) => !each.parent)?.key;
  const [width, height] = SIZES[type] ?? SIZES.default;
  const widget = { key: `${type}_${number}`, type, label: w("card_new"), entity, x: 0, y: 999, w: width, h: height };
  if (type === "table") widget.columns = columnChoices(frame, entity).slice(0, 4).map(([path]) => path);
  else widget.measures = [{ op: "count" }];
  if (!["metric", "table"].includes(type)) widget.group_by = [{ field: groupings(frame, entity)[0]?.key ?? "owner" }];
  frame.edit(({ widgets }) => {
    widgets.forEach(normal);
    widgets.push(widget);
    if (place) Object.assign(widget, place);
    settle(widgets, place ? widget : null);
  });
  return WIDGET + widget.key;
}

/** Fields rows can be grouped by, those with few values first. */
function groupings(frame, entity) {
  const fields = frame.entity(entity)?.fields.filter((field) => field.choices.length || field.points || ["date", "datetime", "boolean", "reference"].includes(field.kind)) ?? [];
  return fields.sort((a, b) => Number(Boolean(b.choices.length)) - Number(Boolean(a.choices.length)));
}

register({
  kind: "dashboard",
  devices: true,
  marks: [["[data-widget]", (slot) => WIDGET + slot.dataset.widget]],

  left(frame) {
    const item = (type) => {
      const element = make("button", { type: "button", class: "d-add", "data-add": type, click: () => frame.select(add(frame, type), { reveal: true }) }, icon(SYMBOLS[type]), make("span", { class: "cut" }, w(`widget.${type}`)));
      return draggable(frame.canvas, element, () => ({ kind: "widget", type, label: w(`widget.${type}`) }));
    };
    return [make("h2", { class: "d-pane-head" }, w("add_widget")), make("div", { class: "d-types" }, ...Object.keys(SYMBOLS).map(item))];
  },

  right: (frame, node) => (node && widgetOf(frame.document, node) ? widgetSettings(frame, node) : boardSettings(frame)),

  exists: (frame, node) => Boolean(widgetOf(frame.document, node)),
  payload: (frame, node) => ({ kind: "widget", node, label: textOf(widgetOf(frame.document, node).label, frame.lang) }),
  accepts: () => "around",
  axis: () => "x",
  root: (frame, payload, doc) => doc.querySelector(".board"),
  drop(frame, payload, node, where) {
    const target = node && widgetOf(frame.document, node);
    if (!target) return payload.node ?? add(frame, payload.type);
    const isAfter = where === "after";
    if (!payload.node) return add(frame, payload.type, { x: isAfter ? Math.min(target.x + target.w, COLUMNS - 3) : target.x, y: target.y });
    if (payload.node === node) return null;
    frame.edit(({ widgets }) => {
      widgets.forEach(normal);
      const moved = widgets.find((widget) => WIDGET + widget.key === payload.node);
      const fixed = widgets.find((widget) => WIDGET + widget.key === node);
      const fits = fixed.x + fixed.w + moved.w <= COLUMNS;
      if (isAfter) Object.assign(moved, fits ? { x: fixed.x + fixed.w, y: fixed.y } : { x: 0, y: fixed.y + fixed.h });
      else Object.assign(moved, { x: Math.min(fixed.x, COLUMNS - moved.w), y: fixed.y });
      settle(widgets, moved);
    });
    return payload.node;
  },
  move(frame, node, step, key) {
    const [dx, dy] = GRID_STEPS[key] ?? [step, 0];
    shiftWidget(frame, node, dx, dy);
  },
  remove(frame, node) {
    frame.edit((document) => {
      document.widgets = document.widgets.filter((widget) => WIDGET + widget.key !== node);
      document.widgets.forEach(normal);
      settle(document.widgets, null);
    });
    frame.select(null);
  },

  async drawn(frame, doc) {
    for (const slot of doc.querySelectorAll("[data-widget]")) {
      const widget = widgetOf(frame.document, WIDGET + slot.dataset.widget);
      if (!widget) continue;
      normal(widget);
      Object.assign(slot.style, spot(widget));
    }
    const charts = doc.querySelectorAll("[data-chart]");
    if (!charts.length) return;
    const { draw } = await import("../charts.js");
    for (const chart of charts) {
      if (chart.isConnected) draw(chart, chart.dataset.chart, JSON.parse(chart.dataset.given), { horizontal: chart.hasAttribute("data-horizontal"), open: () => {} });
    }
  },

  /** Dragging a card's corner changes its size, column by column. */
  press(frame, view, event) {
    if (!event.target.closest(".d-corner")) return false;
    event.preventDefault();
    const slot = event.target.closest("[data-widget]");
    const node = WIDGET + slot.dataset.widget;
    const { doc } = view;
    const widget = widgetOf(frame.document, node);
    const box = slot.getBoundingClientRect();
    const [column, line] = [box.width / widget.w, box.height / widget.h];
    let size = { w: widget.w, h: widget.h };
    const onMove = (moved) => {
      size = {
        w: Math.max(1, Math.min(COLUMNS - widget.x, Math.round((moved.clientX - box.left) / column))),
        h: Math.max(1, Math.min(20, Math.round((moved.clientY - box.top) / line))),
      };
      Object.assign(slot.style, spot({ ...widget, ...size }));
    };
    const onUp = () => {
      doc.removeEventListener("pointermove", onMove);
      doc.removeEventListener("pointerup", onUp);
      resize(frame, node, size);
    };
    doc.addEventListener("pointermove", onMove);
    doc.addEventListener("pointerup", onUp);
    frame.select(node);
    return true;
  },
});

function shiftWidget(frame, node, dx, dy) {
  frame.edit(({ widgets }) => {
    widgets.forEach(normal);
    const widget = widgets.find((each) => WIDGET + each.key === node);
    widget.x = Math.max(0, Math.min(COLUMNS - widget.w, widget.x + dx));
    // Upwards it changes places with what stands there.
    if (dy < 0) {
      const above = widgets.filter((each) => each !== widget && each.y < widget.y && each.x < widget.x + widget.w && widget.x < each.x + each.w);
      widget.y = above.length ? Math.max(...above.map((each) => each.y)) : Math.max(0, widget.y - 1);
    } else if (dy > 0) {
      const below = widgets.filter((each) => each !== widget && each.y >= widget.y + widget.h && each.x < widget.x + widget.w && widget.x < each.x + each.w);
      if (below.length) widget.y = Math.min(...below.map((each) => each.y + each.h)) - Math.min(widget.h, 1);
    }
    settle(widgets, widget);
  });
}

function resize(frame, node, size) {
  frame.edit(({ widgets }) => {
    widgets.forEach(normal);
    const widget = widgets.find((each) => WIDGET + each.key === node);
    Object.assign(widget, size);
    widget.x = Math.min(widget.x, COLUMNS - widget.w);
    settle(widgets, widget);
  });
  frame.drawRight();
}

function widgetSettings(frame, node) {
  const widget = widgetOf(frame.document, node);
  const change = (edit, { tag = "", redraw = false } = {}) => {
    frame.edit((document) => edit(widgetOf(document, node)), { tag: tag && `${node}/${tag}` });
    if (redraw) frame.drawRight();
  };
  const set = (name, value, more) => change((found) => {
    if (value === null || value === "" || value === false || (Array.isArray(value) && !value.length)) delete found[name];
    else found[name] = value;
  }, more);
  const entities = frame.entities.map((each) => [each.key, each.label]);
  const kind = (type) => change((found) => retype(frame, found, type), { redraw: true });
  return [
    make("header", { class: "d-right-head" }, icon(SYMBOLS[widget.type]), make("div", { class: "grow" }, make("strong", { class: "cut" }, textOf(widget.label, frame.lang)), make("small", { class: "soft" }, w(`widget.${widget.type}`))), small(w("remove"), "trash", () => frame.remove(node))),
    group(
      "",
      words(w("name"), widget.label, frame.lang, (value) => value && set("label", value, { tag: "label" })),
      choice(w("widget"), Object.keys(SYMBOLS).map((type) => [type, w(`widget.${type}`)]), widget.type, kind),
      choice(w("data_of"), entities, widget.entity, (entity) => change((found) => rebase(frame, found, entity), { redraw: true })),
      conditionRow(frame, w("card_filter"), { entity: widget.entity, value: widget.filter, change: (filter) => set("filter", filter) }),
    ),
    widget.type === "table" ? tableParts(frame, widget, set) : group(w("measure"), ...measureParts(frame, widget, change)),
    ["metric"].includes(widget.type) || (widget.type === "table" && !widget.group_by) ? null : group(w("dimension"), ...dimensionParts(frame, widget, change)),
    folded(w("rare"), ...rareParts(frame, widget, set)),
    group(w("size"), number(w("across"), widget.w, (value) => value && resizeQuietly(frame, node, { w: value }), { min: 1, max: COLUMNS }), number(w("down"), widget.h, (value) => value && resizeQuietly(frame, node, { h: value }), { min: 1, max: 20 })),
  ];
}

function resizeQuietly(frame, node, size) {
  frame.edit(({ widgets }) => {
    widgets.forEach(normal);
    const widget = widgets.find((each) => WIDGET + each.key === node);
    Object.assign(widget, size);
    widget.x = Math.max(0, Math.min(widget.x, COLUMNS - widget.w));
    settle(widgets, widget);
  }, { tag: `${node}/size` });
}

/** Another kind of card over the same data. */
function retype(frame, widget, type) {
  widget.type = type;
  if (type === "table") {
    delete widget.measures;
    delete widget.group_by;
    widget.columns ??= columnChoices(frame, widget.entity).slice(0, 4).map(([path]) => path);
  } else {
    delete widget.columns;
    widget.measures ??= [{ op: "count" }];
    if (type === "metric") delete widget.group_by;
    else widget.group_by ??= [{ field: groupings(frame, widget.entity)[0]?.key ?? "owner" }];
    if (["pie", "funnel", "ranking"].includes(type)) widget.group_by = widget.group_by.slice(0, 1);
  }
  if (typeof widget.sort === "string" && type === "table") delete widget.sort;
  if (type !== "metric") delete widget.compare;
  if (type !== "bar") delete widget.horizontal;
}

/** The same card over another entity's data: what named its fields starts anew. */
function rebase(frame, widget, entity) {
  widget.entity = entity;
  for (const name of ["filter", "date_field", "list", "columns", "group_by", "measures", "sort", "owner_field"]) delete widget[name];
  retype(frame, widget, widget.type);
}

function measureParts(frame, widget, change) {
  const fields = frame.entity(widget.entity)?.fields ?? [];
  const measure = widget.measures?.[0] ?? { op: "count" };
  const set = (next) => change((found) => (found.measures = [next, ...(found.measures ?? []).slice(1)]), { redraw: true });
  const ops = ["count", "sum", "avg", "min", "max", "count_distinct"];
  const offered = (op) => fields.filter((field) => field.aggregates.includes(op) && !(op === "count_distinct" && field.key === "id"));
  const op = choice(w("measure"), ops.filter((each) => each === "count" || offered(each).length).map((each) => [each, w(`op.${each}`)]), measure.op, (next) => set(next === "count" ? { op: next } : { op: next, field: offered(next).some((field) => field.key === measure.field) ? measure.field : offered(next)[0].key }));
  if (measure.op === "count") return [op];
  return [op, choice(w("of_field"), offered(measure.op).map((field) => [field.key, field.label]), measure.field, (field) => set({ ...measure, field }))];
}

function dimensionParts(frame, widget, change) {
  const fields = groupings(frame, widget.entity);
  const two = ["bar", "line", "table"].includes(widget.type);
  const parts = [];
  const present = widget.group_by ?? [];
  const put = (next) => change((found) => (found.group_by = next.filter(Boolean)), { redraw: true });
  for (const number of two ? [0, 1] : [0]) {
    const chosen = present[number];
    if (number === 1 && !present[0]) continue;
    parts.push(choice(number ? w("second_dimension") : w("dimension"), fields.map((field) => [field.key, field.label]), chosen?.field, (key) => {
      const next = [...present];
      next[number] = key ? grouped(fields, key) : null;
      put(next);
    }, { empty: number ? w("none") : null }));
    const field = fields.find((each) => each.key === chosen?.field);
    if (field && ["date", "datetime"].includes(field.kind)) {
      parts.push(choice(w("bucket"), ["day", "week", "month", "quarter", "year"].map((each) => [each, w(`bucket.${each}`)]), chosen.bucket ?? "month", (bucket) => put(present.with(number, { ...chosen, bucket }))));
    }
  }
  return parts;
}

function grouped(fields, key) {
  const field = fields.find((each) => each.key === key);
  return ["date", "datetime"].includes(field?.kind) ? { field: key, bucket: "month" } : { field: key };
}

function tableParts(frame, widget, set) {
  const columns = (widget.columns ?? []).map((column) => (typeof column === "string" ? column : column.field));
  return group(w("columns"), several(w("shown_columns"), columnChoices(frame, widget.entity), columns, (keys) => keys.length && set("columns", keys)));
}

function rareParts(frame, widget, set) {
  const dates = (frame.entity(widget.entity)?.fields ?? []).filter((field) => ["date", "datetime"].includes(field.kind)).map((field) => [field.key, field.label]);
  const lists = frame.given.lists.filter(([, , entity]) => entity === widget.entity).map(([key, label]) => [key, label]);
  return [
    choice(w("date_field"), dates, widget.date_field, (key) => set("date_field", key || null, { redraw: true }), { empty: w("none") }),
    widget.type === "metric" && widget.date_field ? toggle(w("compare"), widget.compare === "previous", (on) => set("compare", on ? "previous" : null)) : null,
    widget.type === "bar" ? toggle(w("horizontal"), widget.horizontal, (on) => set("horizontal", on)) : null,
    ["metric", "table"].includes(widget.type) ? null : choice(w("card_sort"), ["-value", "value", "key"].map((each) => [each, w(`sort.${each}`)]), widget.sort, (sort) => set("sort", sort || null), { empty: w("width_auto") }),
    widget.type === "metric" ? null : number(w("limit"), widget.limit, (limit) => set("limit", limit, { tag: "limit" }), { min: 1, max: 1000 }),
    lists.length ? choice(w("opens_list"), lists, widget.list, (list) => set("list", list || null), { empty: w("none") }) : null,
  ];
}

function boardSettings(frame) {
  const { document } = frame;
  const filters = document.filters ?? {};
  const put = (next) => frame.edit((found) => {
    found.filters = { ...(found.filters ?? {}), ...next };
    for (const [name, value] of Object.entries(found.filters)) if (!value) delete found.filters[name];
    if (!Object.keys(found.filters).length) delete found.filters;
  });
  return [
    make("header", { class: "d-right-head" }, icon("layout-dashboard"), make("div", { class: "grow" }, make("strong", { class: "cut" }, textOf(document.label, frame.lang)), make("small", { class: "soft" }, w("board_settings")))),
    group(
      "",
      words(w("name"), document.label, frame.lang, (value) => value && frame.edit((found) => (found.label = value), { tag: "label" })),
      toggle(w("period_filter"), Boolean(filters.period), (on) => put({ period: on ? { default: "this_month" } : null })),
      toggle(w("people_filter"), Boolean(filters.owner), (on) => put({ owner: on })),
    ),
    make("p", { class: "d-hint" }, w("select_hint"), make("br"), w("keys_help")),
    button(w("delete_document", { name: textOf(document.label, frame.lang) }), "trash", () => removeDocument(frame), { kind: "quiet" }),
  ];
}
