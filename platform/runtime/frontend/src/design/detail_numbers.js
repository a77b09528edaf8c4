// Numbers on a record's page: how many of what points here, or a sum over it, with a condition and a colour.

import { icon, make } from "../page.js";
import { measureRow } from "./card_settings.js";
import { conditionRow } from "./condition.js";
import { group, row, small, words } from "./controls.js";
import { draggable } from "./drag.js";
import { insertAt, shift } from "./frame.js";
import { colorButton } from "./options.js";
import { textOf, w } from "./words.js";

export const NUMBER = "number:";
const MOST = 12;
const all = (document) => document.statistics ?? [];
const keyOf = (node) => node.slice(NUMBER.length);
const placeOf = (document, key) => all(document).findIndex((each) => each.key === key);

function add(frame, { entity, by }, node, where = "after") {
  const taken = all(frame.document).map((each) => each.key);
  let key = entity;
  for (let number = 2; taken.includes(key); number += 1) key = `${entity.slice(0, 44)}_${number}`;
  frame.edit((document) => insertAt((document.statistics ??= []), { key, entity, by }, node?.startsWith(NUMBER) ? placeOf(document, keyOf(node)) : -1, where));
  return NUMBER + key;
}

/** What a number is called where it has no label. */
function usualName(frame, each) {
  const entity = frame.entity(each.entity);
  const field = entity?.fields.find((one) => one.key === each.measure?.field);
  if (!field) return entity?.plural ?? each.entity;
  return `${entity.plural} · ${each.measure.op === "sum" ? "" : `${w(`op.${each.measure.op}`)} `}${field.label}`;
}

/** How numbers are moved, as a part of the designer. */
export const numberParts = {
  marks: [["[data-statistic]", (number) => NUMBER + number.dataset.statistic]],
  exists: (frame, node) => placeOf(frame.document, keyOf(node)) >= 0,
  payload(frame, node) {
    const each = all(frame.document)[placeOf(frame.document, keyOf(node))];
    return { kind: "number", key: each.key, label: textOf(each.label, frame.lang, usualName(frame, each)) };
  },
  accepts: (frame, payload, node) => (node.startsWith(NUMBER) && node !== NUMBER + payload.key ? "around" : null),
  axis: () => "x",
  root: (frame, payload, doc) => doc.querySelector("[data-statistics]"),
  drop(frame, payload, node, where) {
    if (!payload.key) return add(frame, payload, node, where);
    frame.edit((document) => {
      const [each] = document.statistics.splice(placeOf(document, payload.key), 1);
      insertAt(document.statistics, each, node ? placeOf(document, keyOf(node)) : -1, where);
    });
    return NUMBER + payload.key;
  },
  move: (frame, node, step) => frame.edit((document) => shift(document.statistics, placeOf(document, keyOf(node)), step)),
  remove(frame, node) {
    frame.edit((document) => {
      document.statistics.splice(placeOf(document, keyOf(node)), 1);
      if (!document.statistics.length) delete document.statistics;
    });
    frame.select(null);
  },
};

/** What can be counted: each of `sources`, {entity, by, label, icon}, as often as wanted. */
export function numberShelf(frame, sources) {
  if (!sources.length || all(frame.document).length >= MOST) return [];
  const one = (each) => draggable(frame.canvas, make("button", { type: "button", class: "d-add", "data-number": each.entity, click: () => frame.select(add(frame, each, frame.selected), { reveal: true }) }, icon("hash"), make("span", { class: "cut" }, each.label)), () => ({ kind: "number", entity: each.entity, by: each.by, label: each.label }));
  return [make("h2", { class: "d-pane-head" }, w("add_number")), make("div", { class: "d-types" }, ...sources.map(one))];
}

/** The settings of a number. */
export function numberPane(frame, node) {
  const each = all(frame.document)[placeOf(frame.document, keyOf(node))];
  if (!each) return [];
  const set = (name, value, tag = "") => frame.edit((document) => {
    const found = document.statistics[placeOf(document, each.key)];
    if (value === null || value === "" || value === undefined) delete found[name];
    else found[name] = value;
  }, { tag: tag && `${each.key}/${tag}` });
  const measure = ([next]) => {
    set("measure", next.op === "count" ? null : next);
    frame.drawRight();
  };
  const paint = (color) => {
    set("color", color);
    frame.drawRight();
  };
  const name = usualName(frame, each);
  return [
    make("header", { class: "d-right-head" }, icon("hash"), make("div", { class: "grow" }, make("strong", { class: "cut" }, textOf(each.label, frame.lang, name) || name), make("small", { class: "soft" }, w("number"))), small(w("remove"), "trash", () => frame.remove(node))),
    group(
      "",
      words(w("own_label"), each.label, frame.lang, (value) => set("label", value, "label"), { note: w("own_label_note") }),
      row(w("measure"), measureRow({ frame, widget: each }, [each.measure ?? { op: "count" }], 0, measure)),
      conditionRow(frame, w("number_filter"), { entity: each.entity, value: each.filter, change: (filter) => set("filter", filter), none: w("number_all") }),
      row(w("number_color"), make("div", { class: "line" }, colorButton(each.color, paint), each.color ? small(w("remove"), "x", () => paint(null)) : null)),
      make("div", { class: "line" }, small(w("move_up"), "arrow-left", () => frame.move(node, -1)), small(w("move_down"), "arrow-right", () => frame.move(node, 1))),
    ),
  ];
}
