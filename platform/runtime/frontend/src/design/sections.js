// Sections of one to four columns, in tabs or without, and the fields in them: the part that the designer of forms and
// the one of record pages have in common. Both show `frame.document.sections` and `.tabs`.
//
// Where there are tabs, every section names its own and the sections stand in the order of the tabs.

import { fieldOf } from "./fields.js";
import { insertAt, shift } from "./frame.js";
import { textOf, w } from "./words.js";

export const [FIELD, SECTION, TAB] = ["field:", "section:", "tab:"];
const KINDS = [FIELD, SECTION, TAB];
export const fieldKey = (item) => (typeof item === "string" ? item : item.field);
export const keyOf = (node) => node.slice(node.indexOf(":") + 1);
export const entityOf = (frame) => frame.given.entity;

/** Whether a part of the screen is one of ours. */
export function isOurs(node) {
  return KINDS.some((kind) => node?.startsWith(kind));
}

// --- where things are ---

/** Where a field stands: {section, at}, or null. */
export function placeOf(document, key) {
  for (const section of document.sections) {
    const at = section.fields.findIndex((item) => fieldKey(item) === key);
    if (at >= 0) return { section, at };
  }
  return null;
}

/** A section by key. */
export function sectionOf(document, key) {
  return document.sections.find((section) => section.key === key);
}

/** Which of the tabs it is; -1 where there is none of that key. */
export function tabAt(document, key) {
  return (document.tabs ?? []).findIndex((tab) => tab.key === key);
}

/** The key of the tab a section stands in; null without tabs. */
export function tabOf(document, section) {
  if (!document.tabs?.length) return null;
  return tabAt(document, section.tab) >= 0 ? section.tab : document.tabs[0].key;
}

/** The key of the tab in which a part of the screen is. */
function tabOfNode(document, node) {
  if (node?.startsWith(TAB)) return keyOf(node);
  const section = node?.startsWith(FIELD) ? placeOf(document, keyOf(node))?.section : node?.startsWith(SECTION) ? sectionOf(document, keyOf(node)) : null;
  return section ? tabOf(document, section) : null;
}

/** The key of the tab that is open. */
function openTab(frame) {
  const { tabs } = frame.document;
  if (!tabs?.length) return null;
  return tabAt(frame.document, frame.tab) >= 0 ? frame.tab : tabs[0].key;
}

/** Every section names its tab, and they stand in the order of the tabs; one tab alone is none. */
export function arrange(document) {
  if ((document.tabs?.length ?? 0) < 2) {
    delete document.tabs;
    for (const section of document.sections) delete section.tab;
    return;
  }
  for (const section of document.sections) section.tab = tabOf(document, section);
  document.sections.sort((one, other) => tabAt(document, one.tab) - tabAt(document, other.tab));
}

function unused(prefix, taken) {
  let number = taken.length + 1;
  while (taken.some((each) => each.key === `${prefix}_${number}`)) number += 1;
  return `${prefix}_${number}`;
}

function blankSection(document, tab) {
  const section = { key: unused("section", document.sections), label: w("section_new"), columns: 2, fields: [] };
  return tab ? { ...section, tab } : section;
}

// --- changing ---

/** Put an item where a part of the screen is: beside a field, in a section or a tab, else at the end of what is open. */
export function putAt(frame, document, item, node, where) {
  if (node?.startsWith(FIELD)) {
    const place = placeOf(document, keyOf(node));
    if (place) return insertAt(place.section.fields, item, place.at, where);
  }
  const tab = node?.startsWith(TAB) ? keyOf(node) : openTab(frame);
  let section = node?.startsWith(SECTION) ? sectionOf(document, keyOf(node)) : document.sections.findLast((each) => tabOf(document, each) === tab);
  if (!section) document.sections.push((section = blankSection(document, tab)));
  section.fields.push(item);
  return arrange(document);
}

/** Put a field, placed or not, where a part of the screen is. */
export function placeField(frame, key, node, where) {
  frame.edit((document) => {
    const from = placeOf(document, key);
    const [item] = from ? from.section.fields.splice(from.at, 1) : [key];
    putAt(frame, document, item, node, where);
  });
  return FIELD + key;
}

/** Put a section, new or taken out of its place, beside another one or at the end of a tab. */
function putSection(frame, document, section, node, where) {
  const anchor = node?.startsWith(SECTION) ? sectionOf(document, keyOf(node)) : null;
  const tab = anchor ? tabOf(document, anchor) : node?.startsWith(TAB) ? keyOf(node) : openTab(frame);
  if (tab) section.tab = tab;
  insertAt(document.sections, section, anchor ? document.sections.indexOf(anchor) : -1, where);
  arrange(document);
}

/** A new, empty section. */
export function newSection(frame, node, where) {
  const section = blankSection(frame.document, null);
  frame.edit((document) => putSection(frame, document, section, node, where));
  return SECTION + section.key;
}

/** A new tab beside another or at the end. Of the first two, one holds all there is. */
export function newTab(frame, node, where) {
  let key;
  frame.edit((document) => {
    document.tabs ??= [];
    if (!document.tabs.length) document.tabs.push({ key: "tab_1", label: w("tab_first") });
    arrangeInto(document, document.tabs[0].key);
    key = unused("tab", document.tabs);
    insertAt(document.tabs, { key, label: w("tab_new") }, node?.startsWith(TAB) ? tabAt(document, keyOf(node)) : -1, where);
    document.sections.push(blankSection(document, key));
    arrange(document);
  });
  return TAB + key;
}

function arrangeInto(document, tab) {
  for (const section of document.sections) section.tab = tabOf(document, section) ?? tab;
}

/** A tab goes; what stands in it goes to the one before it. */
function removeTab(frame, key) {
  const at = tabAt(frame.document, key);
  const heir = frame.document.tabs[at === 0 ? 1 : at - 1];
  frame.edit((document) => {
    for (const section of document.sections) if (tabOf(document, section) === key) section.tab = heir.key;
    document.tabs.splice(at, 1);
    arrange(document);
  });
  frame.tab = heir.key;
}

function moveTab(frame, key, node, where) {
  frame.edit((document) => {
    arrange(document);
    const [tab] = document.tabs.splice(tabAt(document, key), 1);
    insertAt(document.tabs, tab, node ? tabAt(document, keyOf(node)) : -1, where);
    arrange(document);
  });
  return TAB + key;
}

/** Move a section among those of its tab; from the last one on into the next tab. */
function stepSection(document, key, step) {
  arrange(document);
  const { sections } = document;
  const from = sections.findIndex((section) => section.key === key);
  const next = sections[from + step];
  if (next?.tab === sections[from].tab) return shift(sections, from, step);
  const tab = document.tabs?.[tabAt(document, sections[from].tab) + step];
  if (!tab) return false;
  const [section] = sections.splice(from, 1);
  const ends = sections.map((each) => each.tab === tab.key);
  insertAt(sections, { ...section, tab: tab.key }, step > 0 ? ends.indexOf(true) : ends.lastIndexOf(true), step > 0 ? "before" : "after");
  return arrange(document);
}

/** Move a field within its section; from its end on into the next one. */
function stepField(document, key, step) {
  arrange(document);
  const { section, at } = placeOf(document, key);
  if (shift(section.fields, at, step)) return;
  const next = document.sections[document.sections.indexOf(section) + step];
  if (!next) return;
  const [item] = section.fields.splice(at, 1);
  if (step > 0) next.fields.unshift(item);
  else next.fields.push(item);
}

// --- on the screen ---

/** Show the open tab of a drawn screen. */
function showTab(frame, doc) {
  const open = openTab(frame);
  for (const head of doc.querySelectorAll("[data-tab]")) head.setAttribute("aria-selected", String(head.dataset.tab === open));
  for (const panel of doc.querySelectorAll("[data-panel]")) panel.hidden = Boolean(open) && panel.dataset.panel !== open;
}

/** Open the tab a part is in. */
export function follow(frame, node) {
  const tab = node && tabOfNode(frame.document, node);
  if (!tab || tab === openTab(frame)) return;
  frame.tab = tab;
  for (const { doc } of frame.canvas.views) if (doc) showTab(frame, doc);
}

/** What a designer of sections is made of, besides its panes. */
export const sectionParts = {
  marks: [["[data-tab]", (tab) => TAB + tab.dataset.tab], [".input[data-field], [data-fact]", (field) => FIELD + (field.dataset.field ?? field.dataset.fact)], ["[data-section]", (section) => section.dataset.section && SECTION + section.dataset.section]],
  drawn: (frame, doc) => showTab(frame, doc),
  selected: follow,
  rests: (frame, node) => node.startsWith(TAB) && follow(frame, node),

  exists(frame, node) {
    const { document } = frame;
    if (node.startsWith(TAB)) return tabAt(document, keyOf(node)) >= 0;
    return Boolean(document.sections && (node.startsWith(FIELD) ? placeOf(document, keyOf(node)) : sectionOf(document, keyOf(node))));
  },
  payload(frame, node) {
    const key = keyOf(node);
    if (node.startsWith(TAB)) return { kind: "tab", key, label: textOf(frame.document.tabs[tabAt(frame.document, key)]?.label, frame.lang) };
    if (node.startsWith(SECTION)) return { kind: "section", key, label: textOf(sectionOf(frame.document, key)?.label, frame.lang) };
    return { kind: "field", key, label: textOf(fieldOf(frame, entityOf(frame), key)?.label, frame.lang, key) };
  },
  accepts(frame, payload, node) {
    if (payload.kind === "tab") return node.startsWith(TAB) && node !== TAB + payload.key ? "around" : null;
    if (node.startsWith(TAB)) return "inside";
    if (payload.kind === "section") return node.startsWith(SECTION) && node !== SECTION + payload.key ? "around" : null;
    return node.startsWith(FIELD) ? "around" : "inside";
  },
  axis(frame, node, element) {
    if (node.startsWith(TAB)) return "x";
    const columns = Number(element.closest("[data-columns]")?.dataset.columns ?? 1);
    const isWide = element.offsetWidth > element.parentElement.offsetWidth * 0.75;
    return node.startsWith(FIELD) && columns > 1 && !isWide ? "x" : "y";
  },
  root(frame, payload, doc) {
    if (payload.kind === "tab") return doc.querySelector("[data-tabs]") ?? doc.querySelector("[data-panel]");
    const panel = doc.querySelector("[data-panel]:not([hidden])");
    return payload.kind === "section" ? panel : ([...(panel?.querySelectorAll("[data-section]") ?? [])].at(-1) ?? panel);
  },
  drop(frame, payload, node, where) {
    if (payload.kind === "tab") return payload.key ? moveTab(frame, payload.key, node, where) : newTab(frame, node, where);
    if (payload.kind === "field") return payload.key === (node?.startsWith(FIELD) && keyOf(node)) ? null : placeField(frame, payload.key, node, where);
    if (!payload.key) return newSection(frame, node, where);
    frame.edit((document) => {
      const [section] = document.sections.splice(document.sections.indexOf(sectionOf(document, payload.key)), 1);
      putSection(frame, document, section, node, where);
    });
    return SECTION + payload.key;
  },
  move(frame, node, step) {
    const key = keyOf(node);
    if (node.startsWith(TAB)) {
      const next = frame.document.tabs[tabAt(frame.document, key) + step];
      if (next) moveTab(frame, key, TAB + next.key, step > 0 ? "after" : "before");
    } else if (node.startsWith(SECTION)) frame.edit((document) => stepSection(document, key, step));
    else frame.edit((document) => stepField(document, key, step));
    follow(frame, node);
  },
  remove(frame, node) {
    const key = keyOf(node);
    if (node.startsWith(TAB)) removeTab(frame, key);
    else {
      frame.edit((document) => {
        if (node.startsWith(SECTION)) document.sections = document.sections.filter((each) => each.key !== key);
        else {
          const from = placeOf(document, key);
          from?.section.fields.splice(from.at, 1);
        }
      });
    }
    frame.select(null);
  },
};
