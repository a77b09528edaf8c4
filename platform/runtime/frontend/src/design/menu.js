// The designer of the menu: groups, and entries that lead to entities, lists and dashboards.

import { icon, make } from "../page.js";
import { button, group, iconChoice, small, words } from "./controls.js";
import { draggable } from "./drag.js";
import { insertAt, register, shift } from "./frame.js";
import { textOf, w } from "./words.js";

const ITEM = "item:";
const SIDE_STEPS = { ArrowLeft: out, ArrowRight: into };
const stepsOf = (node) => node.slice(ITEM.length).split(".").map(Number);

/** The list an entry stands in, and its place there. */
function placeOf(document, node) {
  const steps = stepsOf(node);
  let items = document.items;
  for (const step of steps.slice(0, -1)) items = items[step]?.items ?? [];
  return { items, at: steps.at(-1) };
}

function entryOf(document, node) {
  const { items, at } = placeOf(document, node);
  return items[at] ?? null;
}

/** The node of an entry, wherever it came to stand. */
function nodeOf(items, wanted, above = "") {
  for (const [number, item] of items.entries()) {
    if (item === wanted) return `${ITEM}${above}${number}`;
    const inside = item.items && nodeOf(item.items, wanted, `${above}${number}.`);
    if (inside) return inside;
  }
  return null;
}

function put(frame, entry, node, where, from = null) {
  let made = null;
  frame.edit((document) => {
    const target = node ? placeOf(document, node) : { items: document.items, at: -1 };
    const inside = node && where === "inside" ? target.items[target.at].items : null;
    const anchor = target.items[target.at];
    let moved = entry;
    if (from) {
      const old = placeOf(document, from);
      [moved] = old.items.splice(old.at, 1);
    }
    if (inside) inside.push(moved);
    else insertAt(target.items, moved, anchor ? target.items.indexOf(anchor) : -1, where);
    made = nodeOf(document.items, moved);
  });
  return made;
}

/** What an entry can lead to, as {entry, label, icon, kind}. */
function targets(frame) {
  const used = JSON.stringify(frame.document.items);
  const free = (name, key) => !used.includes(`"${name}":"${key}"`);
  return [
    ...frame.entities.filter((each) => !each.parent && free("entity", each.key)).map((each) => ({ entry: { entity: each.key }, label: each.plural, icon: each.icon ?? "table", kind: "entities" })),
    ...frame.given.dashboards.filter(([key]) => free("dashboard", key)).map(([key, label]) => ({ entry: { dashboard: key }, label, icon: "layout-dashboard", kind: "dashboards" })),
    ...frame.given.lists.filter(([key]) => free("list", key)).map(([key, label, entity]) => ({ entry: { list: key }, label: `${frame.entity(entity)?.label ?? entity} · ${label}`, icon: "list", kind: "lists" })),
  ];
}

function here(frame) {
  const chosen = frame.selected && entryOf(frame.document, frame.selected);
  if (!chosen) {
    const last = frame.document.items.length - 1;
    return last >= 0 && frame.document.items[last].items ? [`${ITEM}${last}`, "inside"] : [null, "after"];
  }
  return [frame.selected, chosen.items ? "inside" : "after"];
}

register({
  kind: "menu",
  marks: [["[data-item]", (item) => ITEM + item.dataset.item]],

  left(frame) {
    const newGroup = () => ({ label: w("group_new"), items: [] });
    const addGroup = () => {
      frame.select(put(frame, newGroup(), null, "after"), { reveal: true });
      frame.enter();
      frame.right.querySelector("input")?.select();
    };
    const add = draggable(frame.canvas, button(w("add_group"), "folder", addGroup), () => ({ kind: "entry", entry: newGroup(), label: w("group_new") }));
    const item = (target) => draggable(frame.canvas, make("button", { type: "button", class: "d-add", click: () => frame.select(put(frame, target.entry, ...here(frame)), { reveal: true }) }, icon(target.icon), make("span", { class: "cut" }, target.label)), () => ({ kind: "entry", entry: target.entry, label: target.label }));
    const families = Map.groupBy(targets(frame), (target) => target.kind);
    return [
      add,
      make("h2", { class: "d-pane-head" }, w("not_in_menu")),
      ...[...families].map(([kind, found], index) => make("details", { class: "d-family", open: index < 2 }, make("summary", {}, w(kind), icon("chevron-down")), make("div", { class: "d-types d-types-wide" }, ...found.map(item)))),
    ];
  },

  right(frame, node) {
    return node && entryOf(frame.document, node) ? entrySettings(frame, node) : menuSettings(frame);
  },

  exists: (frame, node) => Boolean(entryOf(frame.document, node)),
  payload(frame, node) {
    const entry = entryOf(frame.document, node);
    return { kind: "entry", from: node, entry, label: labelOf(frame, entry) };
  },
  accepts(frame, { entry, from }, node) {
    if (from && (node === from || node.startsWith(`${from}.`))) return null;
    const isGroup = Boolean(entryOf(frame.document, node)?.items);
    // Groups stand beside groups; an entry goes into a group or beside it, or beside another entry.
    if (entry.items) return stepsOf(node).length === 1 ? "around" : null;
    return isGroup ? "both" : "around";
  },
  root: (frame, payload, doc) => doc.querySelector("[data-root]"),
  drop: (frame, payload, node, where) => put(frame, payload.entry, node, where, payload.from ?? null),
  /** Up and down through groups and between them; to the left out of a group, to the right into the one above. */
  move(frame, node, step, key) {
    let moved = null;
    frame.edit((document) => {
      const { items, at } = placeOf(document, node);
      const entry = items[at];
      if (key in SIDE_STEPS) SIDE_STEPS[key](document, items, at);
      else if (!shift(items, at, step) && stepsOf(node).length > 1) {
        const above = document.items.findIndex((each) => each.items === items);
        const next = document.items[above + step];
        items.splice(at, 1);
        if (next?.items) next.items.splice(step > 0 ? 0 : next.items.length, 0, entry);
        else document.items.splice(step > 0 ? above + 1 : above, 0, entry);
      }
      moved = nodeOf(document.items, entry);
    });
    frame.select(moved, { focus: true });
  },
  remove(frame, node) {
    frame.edit((document) => {
      const { items, at } = placeOf(document, node);
      items.splice(at, 1);
    });
    frame.select(null);
  },
});

/** Out of its group, behind it. */
function out(document, items, at) {
  const above = document.items.findIndex((each) => each.items === items);
  if (above >= 0) document.items.splice(above + 1, 0, ...items.splice(at, 1));
}

/** Into the group above it, as its last. */
function into(document, items, at) {
  const above = items[at - 1];
  if (above?.items && !items[at].items) above.items.push(...items.splice(at, 1));
}

function labelOf(frame, entry) {
  const own = textOf(entry.label, frame.lang);
  if (own) return own;
  if (entry.entity) return frame.entity(entry.entity)?.plural ?? entry.entity;
  const known = entry.list ? frame.given.lists : frame.given.dashboards;
  return known.find(([key]) => key === (entry.list ?? entry.dashboard))?.[1] ?? "";
}

function entrySettings(frame, node) {
  const entry = entryOf(frame.document, node);
  const set = (name, value, tag = "") => frame.edit((document) => {
    const found = entryOf(document, node);
    if (value) found[name] = value;
    else if (name !== "label" || !found.items) delete found[name];
  }, { tag: tag && `${node}/${tag}` });
  const isGroup = Boolean(entry.items);
  return [
    make("header", { class: "d-right-head" }, icon(isGroup ? "folder" : (entry.icon ?? "link")), make("div", { class: "grow" }, make("strong", { class: "cut" }, labelOf(frame, entry)), make("small", { class: "soft" }, w(isGroup ? "group" : "menu_entry"))), small(w("remove"), "trash", () => frame.remove(node))),
    group(
      "",
      words(w("own_label"), entry.label, frame.lang, (value) => set("label", value, "label"), { note: isGroup ? "" : w("own_label_note") }),
      isGroup ? null : iconChoice(w("icon"), entry.icon, frame.given.icons, (name) => set("icon", name)),
      make("div", { class: "line" }, small(w("move_up"), "arrow-up", () => frame.move(node, -1)), small(w("move_down"), "arrow-down", () => frame.move(node, 1))),
    ),
  ];
}

function menuSettings(frame) {
  return [
    make("header", { class: "d-right-head" }, icon("menu-2"), make("div", { class: "grow" }, make("strong", {}, textOf(frame.document.label, frame.lang)), make("small", { class: "soft" }, w("in_menu")))),
    group("", words(w("name"), frame.document.label, frame.lang, (value) => value && frame.edit((document) => (document.label = value), { tag: "label" }))),
    make("p", { class: "d-hint" }, w("select_hint"), make("br"), w("keys_help"), make("br"), w("keys_menu")),
  ];
}
