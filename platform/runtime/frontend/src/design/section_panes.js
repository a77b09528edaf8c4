// The panes beside sections of fields: what can be added to them, and the settings of a tab, a section, a placed field.

import { icon, make } from "../page.js";
import { button, choice, group, segmented, several, small, toggle, words } from "./controls.js";
import { draggable } from "./drag.js";
import { removeField } from "./entity.js";
import { fieldOf, fieldSettings } from "./fields.js";
import { FIELD, SECTION, TAB, arrange, entityOf, fieldKey, follow, isOurs, keyOf, newSection, newTab, placeField, placeOf, sectionOf, tabAt, tabOf } from "./sections.js";
import { textOf, w } from "./words.js";

// --- the left pane ---

/** What is selected, as a place for what is added by a click. */
export function here(frame) {
  const node = isOurs(frame.selected) ? frame.selected : null;
  return [node, node?.startsWith(FIELD) ? "after" : "inside"];
}

/** Sections, tabs and the fields without a place, to be added by a click or dragged onto the screen. */
export function sectionShelf(frame) {
  const add = (name, symbol, what, make) => {
    const control = draggable(frame.canvas, button(w(`add_${name}`), symbol, () => frame.select(make(), { reveal: true })), () => ({ kind: what, label: w(`${name}_new`) }));
    control.dataset.name = `add-${name}`;
    return control;
  };
  const [node] = here(frame);
  const beside = node?.startsWith(SECTION) || node?.startsWith(TAB) ? node : null;
  const fields = unplaced(frame).map((field) => {
    const element = make("button", { type: "button", class: "d-add", "data-unplaced": field.key, click: () => frame.select(placeField(frame, field.key, ...here(frame)), { reveal: true }) }, icon(frame.type(field.type).icon), make("span", { class: "cut" }, textOf(field.label, frame.lang)));
    return draggable(frame.canvas, element, () => ({ kind: "field", key: field.key, label: textOf(field.label, frame.lang) }));
  });
  return [
    make("div", { class: "d-adders" }, add("section", "layout-list", "section", () => newSection(frame, beside, "after")), add("tab", "layout-navbar", "tab", () => newTab(frame, node?.startsWith(TAB) ? node : null, "after"))),
    make("h2", { class: "d-pane-head" }, w(frame.designer.kind === "detail" ? "not_on_page" : "unplaced")),
    fields.length ? make("div", { class: "d-types" }, ...fields) : make("p", { class: "soft small d-pad" }, w("all_placed")),
  ];
}

function unplaced(frame) {
  const placed = new Set(frame.document.sections.flatMap((section) => section.fields.map(fieldKey)));
  return (frame.work.get(`entity:${entityOf(frame)}`)?.fields ?? []).filter((field) => !placed.has(field.key));
}

// --- the right pane ---

/** The settings of a field, a section or a tab. */
export function sectionPane(frame, node) {
  if (node.startsWith(FIELD)) return placedSettings(frame, keyOf(node));
  return node.startsWith(TAB) ? tabSettings(frame, keyOf(node)) : sectionSettings(frame, keyOf(node));
}

function movers(frame, node, across = false) {
  return [small(w("move_up"), across ? "arrow-left" : "arrow-up", () => frame.move(node, -1)), small(w("move_down"), across ? "arrow-right" : "arrow-down", () => frame.move(node, 1))];
}

function head(frame, symbol, label, note, node) {
  return make("header", { class: "d-right-head" }, icon(symbol), make("div", { class: "grow" }, make("strong", { class: "cut" }, textOf(label, frame.lang)), make("small", { class: "soft" }, note)), small(w("remove"), "trash", () => frame.remove(node)));
}

/** A section by name, with its tab's where there are tabs. */
function sectionName(frame, section) {
  const { document } = frame;
  const tab = document.tabs?.[tabAt(document, tabOf(document, section))];
  return tab ? `${textOf(tab.label, frame.lang)} › ${textOf(section.label, frame.lang)}` : textOf(section.label, frame.lang);
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
  const { sections } = frame.document;
  const standing = group(
    "",
    widths.length > 1 && !lines ? segmented(w("span"), widths, Math.min(span, widths.length), (value) => set("span", value)) : null,
    lines ? several(w("table_columns"), lines.fields.filter((field) => !field.system && field.key !== lines.parent).map((field) => [field.key, field.label]), item.columns ?? [], (columns) => set("columns", columns)) : null,
    sections.length > 1 ? choice(w("section"), sections.map((each) => [each.key, sectionName(frame, each)]), section.key, (other) => frame.select(placeField(frame, key, SECTION + other, "inside"), { reveal: true })) : null,
    make("div", { class: "line" }, ...movers(frame, FIELD + key), button(w(frame.designer.kind === "detail" ? "remove_from_page" : "remove_from_form"), "x", () => frame.remove(FIELD + key), { kind: "quiet" })),
  );
  return fieldSettings(frame, entityOf(frame), key, { more: [standing], drop: () => removeField(frame, entityOf(frame), key) });
}

function sectionSettings(frame, key) {
  const section = sectionOf(frame.document, key);
  if (!section) return [];
  const { tabs } = frame.document;
  const set = (name, value, tag = "") => frame.edit((document) => {
    const found = sectionOf(document, key);
    if (value === false) delete found[name];
    else found[name] = value;
    if (name === "tab") arrange(document);
  }, { tag: tag && `${key}/${tag}` });
  return [
    head(frame, "layout-list", section.label, w("section"), SECTION + key),
    group(
      "",
      words(w("name"), section.label, frame.lang, (value) => value && set("label", value, "label")),
      segmented(w("columns_count"), [1, 2, 3, 4].map((count) => [count, String(count)]), section.columns ?? 2, (count) => set("columns", count)),
      frame.designer.kind === "detail" ? null : toggle(w("collapsed"), section.collapsed, (on) => set("collapsed", on)),
      tabs?.length ? choice(w("tab"), tabs.map((tab) => [tab.key, textOf(tab.label, frame.lang)]), tabOf(frame.document, section), (tab) => {
        set("tab", tab);
        follow(frame, SECTION + key);
      }) : null,
      make("div", { class: "line" }, ...movers(frame, SECTION + key)),
    ),
  ];
}

function tabSettings(frame, key) {
  const tab = frame.document.tabs?.[tabAt(frame.document, key)];
  if (!tab) return [];
  const set = (label) => frame.edit((document) => (document.tabs[tabAt(document, key)].label = label), { tag: `${key}/label` });
  return [
    head(frame, "layout-navbar", tab.label, w("tab"), TAB + key),
    group("", words(w("name"), tab.label, frame.lang, (value) => value && set(value)), make("div", { class: "line" }, ...movers(frame, TAB + key, true))),
    make("p", { class: "d-hint" }, w("tab_hint")),
  ];
}
