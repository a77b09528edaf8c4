// The designer of dashboards: cards on twelve columns over real numbers, and the bar of filters above them.

import { confirmed } from "../overlays.js";
import { go, icon, make } from "../page.js";
import { drawSpark } from "../spark.js";
import { proposed } from "./card_titles.js";
import { begun, cardSettings, SYMBOLS, widgetOf } from "./card_settings.js";
import { button, choice, group, toggle, words } from "./controls.js";
import { draggable } from "./drag.js";
import { register } from "./frame.js";
import { arrange, boxes, COLUMNS, normal, placeAt, resize, settle, sizeOf, step, stretch, WIDGET } from "./grid.js";
import { textOf, w } from "./words.js";

const FILTERS = "filters";
const COMING = "d-coming";

function freeKey(widgets, type) {
  const taken = new Set(widgets.map((widget) => widget.key));
  let number = 1;
  while (taken.has(`${type}_${number}`)) number += 1;
  return `${type}_${number}`;
}

/** Put a new card on the board: at a place, or where the last row has room. */
function add(frame, type, place = null) {
  const { widgets } = frame.document;
  const selected = frame.selected && widgetOf(frame.document, frame.selected);
  const entity = selected?.entity ?? widgets.at(-1)?.entity ?? frame.entities.find((each) => !each.parent)?.key;
  const [width, height] = sizeOf(type);
  const card = { key: freeKey(widgets, type), ...begun(frame, type, entity) };
  const widget = { ...card, label: proposed(frame, card), x: 0, y: 999, w: width, h: height };
  frame.edit((document) => {
    document.widgets.forEach(normal);
    Object.assign(widget, place ?? freePlace(document.widgets, widget));
    document.widgets.push(widget);
    settle(document.widgets, widget);
  });
  return WIDGET + widget.key;
}

/** Beside the last card where one of its height has room, else below all. */
function freePlace(widgets, { w: width, h: height }) {
  const last = [...widgets].sort((a, b) => a.y - b.y || a.x - b.x).at(-1);
  if (last && last.h === height && last.x + last.w + width <= COLUMNS) return { x: last.x + last.w, y: last.y };
  return { x: 0, y: Math.max(0, ...widgets.map((each) => each.y + each.h)) };
}

/** The same card once more, beside it or below. */
function duplicate(frame, node) {
  let made = null;
  frame.edit((document) => {
    const { widgets } = document;
    widgets.forEach(normal);
    const original = widgetOf(document, node);
    made = { ...structuredClone(original), key: freeKey(widgets, original.type) };
    const fits = original.x + original.w * 2 <= COLUMNS;
    Object.assign(made, fits ? { x: original.x + original.w } : { y: original.y + original.h });
    widgets.push(made);
    settle(widgets, made);
  });
  frame.select(WIDGET + made.key, { reveal: true });
}

/** Cards as they would lie with the dragged one at a place; `key` is that of the dragged one. */
function tried(frame, payload, place) {
  const widgets = structuredClone(frame.document.widgets);
  widgets.forEach(normal);
  const [width, height] = sizeOf(payload.type);
  let moved = payload.node ? widgets.find((each) => WIDGET + each.key === payload.node) : null;
  if (!moved) widgets.push((moved = { key: COMING, w: width, h: height }));
  Object.assign(moved, place);
  settle(widgets, moved);
  return widgets;
}

/** The place a new card would take, in sight while it is dragged. */
function coming(doc, isWanted) {
  const present = doc.querySelector(`.${COMING}`);
  if (!isWanted) present?.remove();
  else if (!present) {
    const slot = doc.createElement("div");
    slot.className = `d-slot ${COMING}`;
    slot.dataset.widget = COMING;
    doc.querySelector(".board").append(slot);
  }
}

function rest(frame) {
  for (const view of frame.canvas.views) {
    coming(view.doc, false);
    arrange(view, frame.document.widgets);
  }
}

register({
  kind: "dashboard",
  devices: true,
  marks: [["[data-widget]", (slot) => WIDGET + slot.dataset.widget], ["[data-filters]", () => FILTERS]],

  left(frame) {
    const item = (type) => {
      const element = make("button", { type: "button", class: "d-add", "data-add": type, click: () => frame.select(add(frame, type), { reveal: true }) }, icon(SYMBOLS[type]), make("span", { class: "cut" }, w(`widget.${type}`)));
      return draggable(frame.canvas, element, () => ({ kind: "widget", type, label: w(`widget.${type}`) }));
    };
    return [
      make("h2", { class: "d-pane-head" }, w("add_widget")),
      make("div", { class: "d-types" }, ...Object.keys(SYMBOLS).map(item)),
      make("h2", { class: "d-pane-head" }, w("filter_bar")),
      make("button", { type: "button", class: "btn d-wide", "data-name": "board-filters", click: () => frame.select(FILTERS, { reveal: true }) }, icon("filter"), w("filter_bar_set")),
    ];
  },

  right(frame, node) {
    if (node === FILTERS) return filterSettings(frame);
    return node && widgetOf(frame.document, node) ? cardSettings(frame, node, { duplicate }) : boardSettings(frame);
  },

  exists: (frame, node) => node === FILTERS || Boolean(widgetOf(frame.document, node)),
  payload(frame, node) {
    const widget = widgetOf(frame.document, node);
    return widget ? { kind: "widget", node, type: widget.type, label: textOf(widget.label, frame.lang) } : null;
  },
  accepts: () => null,

  /** Where the pointer means a card to lie: the others make room while it is held there. */
  aim(frame, payload, { view, x, y }) {
    const { doc } = view;
    if (view.kind === "phone" || !doc.querySelector(".board")) return null;
    const widgets = structuredClone(frame.document.widgets);
    widgets.forEach(normal);
    payload.known ??= boxes(doc);
    const own = payload.node && widgets.find((each) => WIDGET + each.key === payload.node);
    const box = own && payload.known.get(own.key);
    payload.grip ??= box ? x - box.left : 0;
    const others = widgets.filter((each) => each !== own);
    const place = placeAt(doc, others, payload.known, { w: own?.w ?? sizeOf(payload.type)[0], grip: payload.grip, x, y });
    coming(doc, !own);
    arrange(view, tried(frame, payload, place));
    return { view, node: payload.node ?? null, where: place, isShown: true };
  },
  unaim: rest,

  drop(frame, payload, node, place) {
    if (!payload.node) return add(frame, payload.type, place);
    frame.edit((document) => {
      document.widgets = tried(frame, payload, place);
    });
    return payload.node;
  },
  move(frame, node, _, key, isShifted) {
    if (node === FILTERS) return;
    frame.edit((document) => {
      document.widgets.forEach(normal);
      (isShifted ? stretch : step)(document.widgets, widgetOf(document, node), key);
    }, { tag: `${node}/place` });
    frame.drawRight();
  },
  remove(frame, node) {
    if (node === FILTERS) return putFilters(frame, () => ({}));
    frame.edit((document) => {
      document.widgets = document.widgets.filter((widget) => WIDGET + widget.key !== node);
      document.widgets.forEach(normal);
      settle(document.widgets);
    });
    frame.select(null);
  },
  duplicate(frame, node) {
    if (node !== FILTERS) duplicate(frame, node);
  },
  changed(frame) {
    const widgets = structuredClone(frame.document?.widgets ?? []);
    widgets.forEach(normal);
    for (const view of frame.canvas.views) if (view.doc) arrange(view, widgets);
  },

  async drawn(frame, doc, view) {
    const widgets = structuredClone(frame.document.widgets);
    widgets.forEach(normal);
    arrange(view, widgets);
    doc.querySelectorAll("canvas.spark").forEach(drawSpark);
    const charts = doc.querySelectorAll("[data-chart]");
    if (!charts.length) return;
    const { draw } = await import("../charts.js");
    for (const chart of charts) {
      if (chart.isConnected) draw(chart, chart.dataset.chart, JSON.parse(chart.dataset.given), { horizontal: chart.hasAttribute("data-horizontal"), open: () => {} });
    }
  },

  /** What is painted follows the theme. */
  async dressed(frame) {
    for (const { doc } of frame.canvas.views) doc?.querySelectorAll("canvas.spark").forEach(drawSpark);
    if (frame.canvas.views.some(({ doc }) => doc?.querySelector("[data-chart]"))) (await import("../charts.js")).redraw();
  },

  /** Dragging a card's corner changes its size, column by column. */
  press(frame, view, event) {
    if (!event.target.closest(".d-corner")) return false;
    event.preventDefault();
    const slot = event.target.closest("[data-widget]");
    const node = WIDGET + slot.dataset.widget;
    const box = slot.getBoundingClientRect();
    const own = structuredClone(widgetOf(frame.document, node));
    normal(own);
    const [column, line] = [box.width / own.w, box.height / own.h];
    let size = { w: own.w, h: own.h };
    const sized = (widgets) => {
      widgets.forEach(normal);
      resize(widgets, widgets.find((each) => WIDGET + each.key === node), size);
      return widgets;
    };
    const onMove = (moved) => {
      size = { w: Math.min(COLUMNS - own.x, Math.max(1, Math.round((moved.clientX - box.left) / column))), h: Math.max(1, Math.round((moved.clientY - box.top) / line)) };
      arrange(view, sized(structuredClone(frame.document.widgets)));
    };
    const onUp = () => {
      view.doc.removeEventListener("pointermove", onMove);
      view.doc.removeEventListener("pointerup", onUp);
      if (size.w !== own.w || size.h !== own.h) frame.edit((document) => sized(document.widgets));
      frame.drawRight();
    };
    view.doc.addEventListener("pointermove", onMove);
    view.doc.addEventListener("pointerup", onUp);
    frame.select(node);
    return true;
  },
});

// --- the board as a whole ---

function putFilters(frame, next) {
  frame.edit((document) => {
    const filters = next({ ...(document.filters ?? {}) });
    if (Object.keys(filters).length) document.filters = filters;
    else delete document.filters;
  });
  frame.drawRight();
}

/** Which filters members find above the cards, and what is chosen at first. */
function filterSettings(frame) {
  const filters = frame.document.filters ?? {};
  const hasDepartment = filters.department ?? filters.owner ?? false;
  const put = (name, value) => putFilters(frame, (present) => {
    // Boards of before name people and departments by one switch.
    const next = { ...present, department: hasDepartment, [name]: value };
    if (next.department === Boolean(next.owner)) delete next.department;
    return Object.fromEntries(Object.entries(next).filter(([each, on]) => on || each === "department"));
  });
  return [
    make("header", { class: "d-right-head" }, icon("filter"), make("div", { class: "grow" }, make("strong", {}, w("filter_bar")), make("small", { class: "soft" }, w("filter_bar_note")))),
    group(
      "",
      toggle(w("period_filter"), Boolean(filters.period), (on) => put("period", on ? { default: "this_month" } : null), { note: w("period_filter_note") }),
      filters.period ? choice(w("period_default"), frame.given.periods, filters.period.default ?? "all", (key) => put("period", { default: key })) : null,
      toggle(w("department_filter"), hasDepartment, (on) => put("department", on)),
      toggle(w("person_filter"), Boolean(filters.owner), (on) => put("owner", on)),
    ),
  ];
}

const menuOf = (frame) => frame.work.of("menu")[0] ?? null;
const isIn = (items, key) => items.some((item) => item.dashboard === key || (item.items && isIn(item.items, key)));
const without = (items, key) => items.filter((item) => item.dashboard !== key).map((item) => (item.items ? { ...item, items: without(item.items, key) } : item));

function boardSettings(frame) {
  const { document, work } = frame;
  const menu = menuOf(frame);
  const place = (on) => work.change((take) => {
    const found = take(`menu:${menu.key}`);
    found.items = on ? [...found.items, { dashboard: document.key }] : without(found.items, document.key);
  });
  return [
    make("header", { class: "d-right-head" }, icon("layout-dashboard"), make("div", { class: "grow" }, make("strong", { class: "cut" }, textOf(document.label, frame.lang)), make("small", { class: "soft" }, w("board_settings")))),
    group(
      "",
      words(w("name"), document.label, frame.lang, (value) => value && frame.edit((found) => (found.label = value), { tag: "label" })),
      menu ? toggle(w("put_in_menu"), isIn(menu.items, document.key), place, { note: w("put_in_menu_note") }) : null,
    ),
    make("p", { class: "d-hint" }, w("select_hint"), make("br"), w("keys_help"), make("br"), w("keys_board")),
    button(w("delete_document", { name: textOf(document.label, frame.lang) }), "trash", () => removeBoard(frame), { kind: "quiet" }),
  ];
}

/** Take the board away, and out of the menu. */
async function removeBoard(frame) {
  const { document, work } = frame;
  const name = textOf(document.label, frame.lang);
  const menu = menuOf(frame);
  const stands = Boolean(menu) && isIn(menu.items, document.key);
  if (!(await confirmed({ title: w("delete_document", { name }), text: stands ? w("delete_board_note") : "", verb: w("delete"), danger: true }))) return;
  work.change((take, put) => {
    put(frame.id, null);
    if (stands) put(`menu:${menu.key}`, { ...menu, items: without(menu.items, document.key) });
  });
  await work.settled();
  go("/admin/design");
}
