// The designer of a record's page: key facts, numbers, stage bar, sections of its own or the form's, related lists.

import { icon, make } from "../page.js";
import { choice, group, segmented, several, small, toggle, words } from "./controls.js";
import { NUMBER, numberPane, numberParts, numberShelf } from "./detail_numbers.js";
import { draggable } from "./drag.js";
import { insertAt, register, shift } from "./frame.js";
import { columnChoices } from "./list.js";
import { isOurs, sectionParts } from "./sections.js";
import { sectionPane, sectionShelf } from "./section_panes.js";
import { textOf, w } from "./words.js";

const [FACT, RELATED] = ["fact:", "related:"];
const numberOf = (node) => Number(node.slice(RELATED.length));

function facts(frame) {
  return frame.entity(frame.given.entity)?.fields.filter((field) => field.sortable || field.points || field.choices.length) ?? [];
}

/** Everything whose records point here: [{entity, by, label}]. */
export function referrers(frame) {
  return frame.entities.filter((entity) => !entity.parent).flatMap((entity) => {
    const links = entity.fields.filter((field) => field.points && field.target === frame.given.entity);
    return links.map((field) => ({ entity: entity.key, by: field.key, label: links.length > 1 ? `${entity.plural} · ${field.label}` : entity.plural, icon: entity.icon }));
  });
}

function addFact(frame, key, node, where = "after") {
  frame.edit((document) => {
    const list = (document.highlights ??= []);
    const from = list.indexOf(key);
    if (from >= 0) list.splice(from, 1);
    insertAt(list, key, node?.startsWith(FACT) ? list.indexOf(node.slice(FACT.length)) : -1, where);
  });
  return FACT + key;
}

function addRelated(frame, { entity, by }, node, where = "after") {
  frame.edit((document) => insertAt((document.related ??= []), { entity, by }, node?.startsWith(RELATED) ? numberOf(node) : -1, where));
  return RELATED + frame.document.related.findIndex((each) => each.entity === entity && each.by === by);
}

const factParts = {
  marks: [["[data-highlight]", (fact) => FACT + fact.dataset.highlight]],
  exists: (frame, node) => (frame.document.highlights ?? []).includes(node.slice(FACT.length)),
  payload: (frame, node) => ({ kind: "fact", key: node.slice(FACT.length), label: facts(frame).find((field) => field.key === node.slice(FACT.length))?.label ?? "" }),
  accepts: (frame, payload, node) => (node.startsWith(FACT) ? "around" : null),
  axis: () => "x",
  root: (frame, payload, doc) => doc.querySelector("[data-highlights]"),
  drop: (frame, payload, node, where) => (node === FACT + payload.key ? null : addFact(frame, payload.key, node, where)),
  move: (frame, node, step) => frame.edit(({ highlights }) => shift(highlights, highlights.indexOf(node.slice(FACT.length)), step)),
  remove(frame, node) {
    frame.edit((document) => (document.highlights = document.highlights.filter((key) => key !== node.slice(FACT.length))));
    frame.select(null);
  },
};

const relatedParts = {
  marks: [["[data-related]", (list) => RELATED + list.dataset.related]],
  exists: (frame, node) => Boolean(frame.document.related?.[numberOf(node)]),
  payload(frame, node) {
    const related = frame.document.related[numberOf(node)];
    return { kind: "related", ...related, from: numberOf(node), label: textOf(related.label, frame.lang, frame.entity(related.entity)?.plural) };
  },
  accepts: (frame, payload, node) => (node.startsWith(RELATED) ? "around" : null),
  axis: () => "y",
  root: (frame, payload, doc) => doc.querySelector("[data-lists]"),
  drop(frame, payload, node, where) {
    if (payload.from === undefined) return addRelated(frame, payload, node, where);
    const to = node ? numberOf(node) : frame.document.related.length - 1;
    const step = (payload.from < to ? to - (where === "before") : to + (where === "after")) - payload.from;
    frame.edit((document) => shift(document.related, payload.from, step));
    return RELATED + (payload.from + step);
  },
  move(frame, node, step) {
    if (!frame.document.related[numberOf(node) + step]) return;
    frame.edit((document) => shift(document.related, numberOf(node), step));
    frame.select(RELATED + (numberOf(node) + step));
  },
  remove(frame, node) {
    frame.edit((document) => document.related.splice(numberOf(node), 1));
    frame.select(null);
  },
};

const KINDS = { fact: factParts, related: relatedParts, number: numberParts };

/** What takes care of a part of the screen, or of what is dragged. */
function partsOf(node) {
  if (isOurs(node)) return sectionParts;
  return node.startsWith(FACT) ? factParts : node.startsWith(NUMBER) ? numberParts : relatedParts;
}

function dragged(payload) {
  return KINDS[payload.kind] ?? sectionParts;
}

/** Tabs that are the form's are looked into, not changed. */
function letLook(doc) {
  const heads = [...doc.querySelectorAll("[data-form-tab]")];
  for (const head of heads) {
    head.addEventListener("click", () => {
      for (const each of heads) each.setAttribute("aria-selected", String(each === head));
      for (const panel of doc.querySelectorAll("[data-panel]")) panel.hidden = panel.dataset.panel !== head.dataset.formTab;
    });
  }
}

const hasOwn = (frame) => Boolean(frame.document.sections?.length);

register({
  kind: "detail",
  devices: true,
  marks: [...factParts.marks, ...relatedParts.marks, ...numberParts.marks, ["[data-tab]", sectionParts.marks[0][1]], ["[data-section] [data-fact]", (field) => `field:${field.dataset.fact}`], sectionParts.marks[2]],
  drawn: (frame, doc) => (hasOwn(frame) ? sectionParts.drawn(frame, doc) : letLook(doc)),
  selected: (frame, node) => hasOwn(frame) && sectionParts.selected(frame, node),
  rests: (frame, node) => isOurs(node) && sectionParts.rests(frame, node),

  left(frame) {
    const shown = new Set(frame.document.highlights ?? []);
    const related = (frame.document.related ?? []).map((each) => `${each.entity}.${each.by}`);
    const fact = (field) => draggable(frame.canvas, make("button", { type: "button", class: "d-add", "data-add": field.key, click: () => frame.select(addFact(frame, field.key, frame.selected)) }, icon(frame.type(field.type).icon), make("span", { class: "cut" }, field.label)), () => ({ kind: "fact", key: field.key, label: field.label }));
    const list = (each) => draggable(frame.canvas, make("button", { type: "button", class: "d-add", "data-add": each.entity, click: () => frame.select(addRelated(frame, each, frame.selected), { reveal: true }) }, icon(each.icon ?? "table"), make("span", { class: "cut" }, each.label)), () => ({ kind: "related", ...each }));
    const lists = referrers(frame).filter((each) => !related.includes(`${each.entity}.${each.by}`));
    return [
      make("h2", { class: "d-pane-head" }, w("add_related")),
      lists.length ? make("div", { class: "d-types" }, ...lists.map(list)) : make("p", { class: "soft small d-pad" }, w("no_related")),
      ...numberShelf(frame, referrers(frame)),
      ...(hasOwn(frame) ? [make("h2", { class: "d-pane-head" }, w("own_sections")), ...sectionShelf(frame)] : []),
      make("h2", { class: "d-pane-head" }, w("add_highlight")),
      make("div", { class: "d-types" }, ...facts(frame).filter((field) => !shown.has(field.key)).map(fact)),
    ];
  },

  right(frame, node) {
    if (isOurs(node)) return sectionPane(frame, node);
    if (node?.startsWith(FACT)) return factSettings(frame, node.slice(FACT.length));
    if (node?.startsWith(NUMBER)) return numberPane(frame, node);
    if (node?.startsWith(RELATED)) return relatedSettings(frame, numberOf(node));
    return pageSettings(frame);
  },

  exists: (frame, node) => partsOf(node).exists(frame, node),
  payload: (frame, node) => partsOf(node).payload(frame, node),
  accepts: (frame, payload, node) => (partsOf(node) === dragged(payload) ? partsOf(node).accepts(frame, payload, node) : null),
  axis: (frame, node, element) => partsOf(node).axis(frame, node, element),
  root: (frame, payload, doc) => dragged(payload).root(frame, payload, doc),
  drop: (frame, payload, node, where) => dragged(payload).drop(frame, payload, node, where),
  move: (frame, node, step) => partsOf(node).move(frame, node, step),
  remove: (frame, node) => partsOf(node).remove(frame, node),
});

/** The page begins with what it showed so far: the sections and tabs of the form. */
function ownSections(frame) {
  const form = frame.work.of("form").filter((each) => each.entity === frame.given.entity).sort((a, b) => (a.position ?? 0) - (b.position ?? 0) || (a.key < b.key ? -1 : 1))[0];
  const fields = frame.work.get(`entity:${frame.given.entity}`).fields.filter((field) => !field.hidden).map((field) => field.key);
  const usual = { key: "main", label: textOf(frame.document.label, frame.lang), columns: 2, fields };
  frame.edit((document) => {
    document.sections = structuredClone(form?.sections ?? [usual]);
    if (form?.tabs) document.tabs = structuredClone(form.tabs);
  });
  frame.select(null);
}

function movers(frame, node, across) {
  return make("div", { class: "line" }, small(w("move_up"), across ? "arrow-left" : "arrow-up", () => frame.move(node, -1)), small(w("move_down"), across ? "arrow-right" : "arrow-down", () => frame.move(node, 1)));
}

function head(frame, name, label, note, node) {
  const drop = node ? small(w("remove"), "trash", () => frame.remove(node)) : null;
  return make("header", { class: "d-right-head" }, icon(name), make("div", { class: "grow" }, make("strong", { class: "cut" }, label), make("small", { class: "soft" }, note)), drop);
}

function factSettings(frame, key) {
  const label = facts(frame).find((field) => field.key === key)?.label ?? key;
  return [head(frame, "bookmark", label, w("highlight"), FACT + key), group("", movers(frame, FACT + key, true))];
}

function relatedSettings(frame, number) {
  const related = frame.document.related?.[number];
  if (!related) return [];
  const set = (name, value, tag = "") => frame.edit((document) => {
    if (!value || (Array.isArray(value) && !value.length)) delete document.related[number][name];
    else document.related[number][name] = value;
  }, { tag: tag && `${number}/${tag}` });
  const columns = (related.columns ?? []).map((column) => (typeof column === "string" ? column : column.field));
  const name = frame.entity(related.entity)?.plural ?? related.entity;
  return [
    head(frame, "list-details", textOf(related.label, frame.lang, name) || name, w("related_list"), RELATED + number),
    group(
      "",
      words(w("own_label"), related.label, frame.lang, (value) => set("label", value, "label"), { note: w("own_label_note") }),
      several(w("shown_columns"), columnChoices(frame, related.entity), columns, (keys) => set("columns", keys)),
      movers(frame, RELATED + number, false),
    ),
  ];
}

function formSections(frame) {
  frame.edit((document) => {
    delete document.sections;
    delete document.tabs;
  });
  frame.select(null);
}

function pageSettings(frame) {
  const { document } = frame;
  const set = (name, value) => frame.edit((found) => {
    if (value === null) delete found[name];
    else found[name] = value;
  });
  const stages = facts(frame).filter((field) => field.choices.length && !field.system).map((field) => [field.key, field.label]);
  return [
    head(frame, "id-badge", textOf(document.label, frame.lang), w("detail_settings"), null),
    group(
      "",
      choice(w("stage_bar"), stages, document.stage, (key) => set("stage", key || null), { empty: w("none") }),
      toggle(w("timeline"), document.timeline !== false, (on) => set("timeline", on)),
    ),
    group(
      "",
      segmented(w("sections"), [["form", w("sections_of_form")], ["own", w("own_sections")]], hasOwn(frame) ? "own" : "form", (which) => (which === "own" ? ownSections(frame) : formSections(frame))),
    ),
    make("p", { class: "d-hint" }, w("select_hint"), make("br"), w("keys_help")),
  ];
}
