// What a field has to do with others and with who looks: a mask, what is unique, choices that hang on another field,
// what a picked record brings along.

import { icon, make } from "../page.js";
import { conditionRow } from "./condition.js";
import { button, choice, number, row, several, small, toggle } from "./controls.js";
import { ask } from "./dialogs.js";
import { textOf, w } from "./words.js";

const STARS = "****";
const TRIED = "ABCDEFGHIJKL";
const MASKS = ["phone", "id", "email", "name"];
const MOST_PARTNERS = 5;

/** What the condition of a unique field may ask. */
const PLAIN = { kinds: ["text", "boolean"], operators: ["eq", "ne", "in", "not_in", "is_empty", "is_not_empty"] };

export const TIES = { mask: maskRow, unique: uniqueRow, depends: dependsRow, fill: fillRow };

// --- masks ---

function maskRow({ field, put }, { label }) {
  const own = field.mask !== null && typeof field.mask === "object" ? field.mask : null;
  const choices = [...MASKS, "own"].map((key) => [key, w(`mask.${key}`)]);
  const kind = choice(label, choices, own ? "own" : field.mask, (next) => put({ mask: next === "own" ? { keep_start: 1, keep_end: 1 } : next || null }), { empty: w("mask.none"), note: field.mask ? w("mask_right") : w("mask_note") });
  return make("div", {}, kind, own ? keptEnds(own, put) : null);
}

/** How much of a value stays, with what that makes of an example. */
function keptEnds(own, put) {
  const shown = make("output", { class: "d-example" });
  let present = { keep_start: 0, keep_end: 0, ...own };
  const tell = () => {
    const { keep_start: start, keep_end: end } = present;
    shown.textContent = `${TRIED} → ${TRIED.length > start + end ? TRIED.slice(0, start) + STARS + (end ? TRIED.slice(-end) : "") : STARS}`;
  };
  const end = (name) => number(w(`mask.${name}`), present[name], (value) => {
    present = { ...present, [name]: Math.trunc(value ?? 0) };
    tell();
    put({ mask: present }, { still: true });
  }, { min: 0, max: 20 });
  tell();
  return make("div", { class: "d-part" }, make("div", { class: "d-pair" }, end("keep_start"), end("keep_end")), shown);
}

// --- unique ---

function uniqueRow({ frame, entity, field, put }, { label, note }) {
  const { unique } = field;
  const parts = unique && typeof unique === "object" ? unique : {};
  const change = (changes, how) => {
    const next = Object.fromEntries(Object.entries({ ...parts, ...changes }).filter(([, value]) => value && (!Array.isArray(value) || value.length)));
    put({ unique: Object.keys(next).length ? next : true }, how);
  };
  const on = toggle(label, Boolean(unique), (wanted) => put({ unique: wanted ? true : null }), { note });
  if (!unique) return on;
  const others = (frame.entity(entity)?.fields ?? []).filter((each) => each.key !== field.key && !each.system && each.stored && !each.computed);
  const links = others.filter((each) => each.points).map((each) => [each.key, each.label]);
  const within = links.length ? choice(w("unique_within"), links, parts.within, (next) => change({ within: next || null }), { empty: w("unique_everywhere") }) : null;
  const partners = several(w("unique_with"), others.map((each) => [each.key, each.label]), parts.with ?? [], (keys) => change({ with: keys.slice(0, MOST_PARTNERS) }, { still: true }), { note: w("unique_with_note") });
  const where = conditionRow(frame, w("unique_where"), { entity, value: parts.where, change: (next) => change({ where: next }, { still: true }), none: w("rule.always"), only: PLAIN, note: w("unique_where_note") });
  return make("div", {}, on, make("div", { class: "d-part" }, within, partners, where));
}

// --- choices that hang on another field ---

function dependsRow({ frame, entity, field, put }, { label, note }) {
  const parents = frame.work.get(`entity:${entity}`).fields.filter((each) => each.key !== field.key && (each.options || frame.type(each.type).needed.includes("options")));
  if (!parents.length && !field.depends) return null;
  const kind = choice(label, parents.map((each) => [each.key, textOf(each.label, frame.lang)]), field.depends, (next) => put({ depends: next || null }), { empty: w("depends_none"), note });
  if (!field.depends) return kind;
  const parent = parents.find((each) => each.key === field.depends);
  const [own, above] = [optionsOf(frame, field), parent ? optionsOf(frame, parent) : null];
  if (!own || !above) return make("div", {}, kind, make("p", { class: "input-help" }, w("depends_shared")));
  const limited = own.options.filter((option) => option.when?.length).length;
  const open = button(w("depends_edit"), "table", () => matrix(frame, entity, field, parent, own, above));
  open.dataset.name = "depends";
  return make("div", {}, kind, make("p", { class: "input-help" }, w("depends_count", { count: limited, all: own.options.length })), open);
}

/** The options of a field and where they are written: {options, id}; null where they are not worked on here. */
function optionsOf(frame, field) {
  if (Array.isArray(field.options)) return { options: field.options, id: null };
  const id = `option_set:${field.options}`;
  const document = frame.work.get(id);
  return document ? { options: document.options, id } : null;
}

/** Which options go with which of the field above: a table to tick. */
function matrix(frame, entity, field, parent, own, above) {
  const columns = above.options.filter((option) => !option.retired);
  const chosen = new Map(own.options.map((option) => [option.key, new Set(option.when ?? [])]));
  const box = (option, column) => {
    const tick = make("input", { type: "checkbox", "aria-label": `${textOf(column.label, frame.lang)} · ${textOf(option.label, frame.lang)}`, "data-cell": `${column.key}/${option.key}` });
    tick.checked = chosen.get(option.key).has(column.key);
    tick.addEventListener("change", () => chosen.get(option.key)[tick.checked ? "add" : "delete"](column.key));
    return make("td", {}, make("label", { class: "d-tick" }, tick));
  };
  const head = make("tr", {}, make("td", {}), ...columns.map((column) => make("th", { scope: "col" }, textOf(column.label, frame.lang))));
  const rows = own.options.filter((option) => !option.retired).map((option) => make("tr", {}, make("th", { scope: "row" }, textOf(option.label, frame.lang)), ...columns.map((column) => box(option, column))));
  return ask({
    title: w("depends_title", { field: textOf(field.label, frame.lang), other: textOf(parent.label, frame.lang) }),
    body: [make("p", { class: "soft" }, w("depends_help")), make("div", { class: "d-matrix" }, make("table", { class: "plain" }, make("thead", {}, head), make("tbody", {}, ...rows)))],
    verb: w("ok"),
    wide: true,
    act: () => {
      frame.work.change((take) => {
        const { options } = own.id ? take(own.id) : take(`entity:${entity}`).fields.find((each) => each.key === field.key);
        for (const option of options) {
          const when = above.options.map((each) => each.key).filter((key) => chosen.get(option.key)?.has(key));
          if (when.length) option.when = when;
          else delete option.when;
        }
      });
      frame.drawRight();
    },
  });
}

// --- what a picked record brings along ---

function fillRow({ frame, entity, field, put, set }, { label, note }) {
  const [there, here] = [frame.entity(field.target), frame.entity(entity)];
  if (!there || !here) return null;
  const fills = structuredClone(field.fill ?? []);
  const write = (next) => put({ fill: next.length ? next : null });
  const targets = here.fields.filter((into) => isEntered(into) && into.key !== field.key && there.fields.some((each) => fits(each, into)));
  const rows = fills.map((fill, index) => fillLine({ frame, there, here, targets, fill, change: (next) => write(fills.map((each, at) => (at === index ? next : each))), drop: () => write(fills.filter((_, at) => at !== index)) }));
  const free = targets.filter((into) => !fills.some((fill) => fill.to === into.key));
  const add = button(w("fill_add"), "plus", () => {
    const into = free.find((each) => there.fields.some((source) => source.key === each.key && fits(source, each))) ?? free[0];
    write([...fills, newFill(frame, there.fields.find((each) => each.key === into.key && fits(each, into)) ?? there.fields.find((each) => fits(each, into)), into)]);
  }, { kind: "quiet", disabled: !free.length });
  add.dataset.name = "add-fill";
  const names = rows.length ? make("div", { class: "d-fill-head" }, make("span", {}, there.label), make("span", {}, here.label)) : null;
  return row(label, make("div", { class: "d-fills" }, names, ...rows, add), { note });
}

/** One value that is taken over: from there, into here, and when. */
function fillLine({ frame, there, here, targets, fill, change, drop }) {
  const into = here.fields.find((each) => each.key === fill.to);
  const sources = there.fields.filter((each) => into && fits(each, into));
  const from = select(w("fill_from"), sources, fill.from, (key) => change(newFill(frame, sources.find((each) => each.key === key), into, fill)));
  const to = select(w("fill_to"), targets, fill.to, (key) => {
    const next = targets.find((each) => each.key === key);
    const source = there.fields.find((each) => each.key === fill.from && fits(each, next)) ?? there.fields.find((each) => fits(each, next));
    change(newFill(frame, source, next, fill));
  });
  const always = make("select", { class: "form-select", "aria-label": w("fill_when") }, make("option", { value: "empty" }, w("fill_empty")), make("option", { value: "always" }, w("fill_always")));
  always.value = fill.when ?? "empty";
  always.addEventListener("change", () => change({ ...fill, when: always.value }));
  const lines = fill.map ? lineFills(frame, fill, into, sources.find((each) => each.key === fill.from), change) : null;
  return make("div", { class: "d-fill" }, make("div", { class: "d-fill-pair" }, from, icon("arrow-right"), to, small(w("remove"), "x", drop)), always, lines);
}

/** Which field of a line there becomes which field of a line here. */
function lineFills(frame, fill, into, source, change) {
  const [theirs, ours] = [frame.entity(source?.target)?.fields ?? [], frame.entity(into?.target)?.fields ?? []];
  const open = ours.filter(isEntered);
  const pairs = open.map((own) => {
    const choices = theirs.filter((each) => fits(each, own));
    if (!choices.length) return null;
    const present = fill.map.find((pair) => pair.to === own.key)?.from ?? "";
    const control = select(own.label, choices, present, (key) => {
      const rest = fill.map.filter((pair) => pair.to !== own.key);
      const next = key ? [...rest, { from: key, to: own.key }] : rest;
      if (next.length) change({ ...fill, map: next });
    }, w("fill_nothing"));
    return make("div", { class: "d-fill-pair" }, control, icon("arrow-right"), make("span", { class: "cut" }, own.label));
  });
  return make("div", { class: "d-part" }, make("p", { class: "input-help" }, w("fill_lines")), ...pairs.filter(Boolean));
}

function select(label, fields, value, change, empty = null) {
  const control = make("select", { class: "form-select", "aria-label": label }, empty === null ? null : make("option", { value: "" }, empty), ...fields.map((field) => make("option", { value: field.key }, field.label)));
  control.value = value;
  control.addEventListener("change", () => change(control.value));
  return control;
}

/** A value to take over; of lines those fields that are called the same and fit. */
function newFill(frame, source, into, { when } = {}) {
  const found = { from: source.key, to: into.key, ...(when ? { when } : {}) };
  if (!isLines(into)) return found;
  const [theirs, ours] = [frame.entity(source.target)?.fields ?? [], frame.entity(into.target)?.fields ?? []];
  const open = ours.filter(isEntered);
  const pairs = open.flatMap((own) => {
    const same = theirs.find((each) => each.key === own.key && fits(each, own)) ?? theirs.find((each) => each.label === own.label && fits(each, own));
    return same ? [{ from: same.key, to: own.key }] : [];
  });
  const [first] = open.flatMap((own) => theirs.filter((each) => !each.system && fits(each, own)).map((each) => ({ from: each.key, to: own.key })));
  return { ...found, map: pairs.length ? pairs : [first].filter(Boolean) };
}

/** Whether somebody enters it, and so something can be taken over into it. */
function isEntered(field) {
  return !field.system && !field.computed && !field.numbered;
}

function isLines(field) {
  return Boolean(field.target) && !field.stored && !field.computed;
}

/** Whether a value of one field can be one of the other. */
function fits(source, into) {
  if (isLines(source) || isLines(into)) return isLines(source) && isLines(into);
  if (!source.stored || !into.stored) return false;
  if (source.reach || into.reach) return source.reach === into.reach && Boolean(source.points) === Boolean(into.points);
  if (into.kind === "text") return source.kind !== null;
  return source.kind === null ? source.type === into.type : source.kind === into.kind;
}
