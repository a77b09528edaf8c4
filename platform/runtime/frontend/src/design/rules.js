// The designer of an entity's rules: when something holds, fields are shown, required, locked, set, or refused.

import { icon, make } from "../page.js";
import { conditionRow } from "./condition.js";
import { button, choice, group, row, several, small, toggle, words } from "./controls.js";
import { formulaRow } from "./formula.js";
import { register } from "./frame.js";
import { textOf, w } from "./words.js";

const RULE = "rule:";
const EFFECTS = ["show", "hide", "require", "lock", "set", "refuse"];
const SYMBOLS = { show: "eye", hide: "eye-off", require: "exclamation-circle", lock: "lock", set: "bolt", refuse: "alert-triangle" };

function rulesOf(frame) {
  const own = frame.work.of("rule").filter((rule) => rule.entity === frame.given.entity);
  return own.sort((a, b) => (a.position ?? 0) - (b.position ?? 0) || (a.key < b.key ? -1 : 1));
}

/** What of the entity a rule may speak of, as [key, words]. */
function fieldChoices(frame, { written = false } = {}) {
  const fields = frame.work.get(`entity:${frame.given.entity}`).fields;
  return fields.filter((field) => !written || !frame.type(field.type).computed).map((field) => [field.key, textOf(field.label, frame.lang)]);
}

function sectionChoices(frame) {
  const found = new Map();
  for (const form of frame.work.of("form")) {
    if (form.entity === frame.given.entity) for (const section of form.sections) found.set(section.key, textOf(section.label, frame.lang));
  }
  return [...found];
}

function newEffect(frame, type) {
  const [first] = fieldChoices(frame, { written: true })[0] ?? ["name"];
  if (type === "set") return { type, field: first, formula: "TODAY()" };
  if (type === "refuse") return { type, message: w("effect_message"), fields: [first], severity: "error" };
  return { type, fields: [first] };
}

function addRule(frame) {
  const entity = frame.given.entity;
  let number = rulesOf(frame).length + 1;
  while (frame.work.get(`rule:${entity}.rule_${number}`)) number += 1;
  const key = `${entity}.rule_${number}`;
  const rule = { kind: "rule", key, entity, label: `${w("rule_new")} ${number}`, active: true, position: number * 10, effects: [newEffect(frame, "require")] };
  frame.work.change((take, put) => put(`rule:${key}`, rule));
  frame.select(RULE + key, { reveal: true });
}

function edit(frame, key, change, tag = "") {
  frame.work.change((take) => change(take(`rule:${key}`)), { tag: tag && `${key}/${tag}` });
}

/** Rules in another order: their positions follow it. */
function reorder(frame, keys) {
  frame.work.change((take) => keys.forEach((key, number) => (take(`rule:${key}`).position = (number + 1) * 10)));
}

register({
  kind: "rules",
  marks: [["[data-rule]", (rule) => RULE + rule.dataset.rule]],

  left(frame) {
    const rules = rulesOf(frame).map((rule) => make("button", { type: "button", class: "d-add", "aria-pressed": String(frame.selected === RULE + rule.key), click: () => frame.select(RULE + rule.key, { reveal: true }) }, icon(rule.active === false ? "eye-off" : "bolt"), make("span", { class: "cut" }, textOf(rule.label, frame.lang))));
    const add = button(w("new_rule"), "plus", () => addRule(frame));
    add.dataset.name = "add-rule";
    return [add, make("div", { class: "d-types d-types-wide d-pad" }, ...rules)];
  },

  right(frame, node) {
    const rule = node && frame.work.get(node);
    if (!rule) return [make("p", { class: "d-hint" }, w("no_rules"))];
    return ruleSettings(frame, rule);
  },

  exists: (frame, node) => Boolean(frame.work.get(node)),
  payload: (frame, node) => ({ kind: "rule", key: node.slice(RULE.length), label: textOf(frame.work.get(node).label, frame.lang) }),
  accepts: () => "around",
  drop(frame, { key }, node, where) {
    const keys = rulesOf(frame).map((rule) => rule.key).filter((each) => each !== key);
    const anchor = keys.indexOf(node.slice(RULE.length));
    if (anchor < 0) return null;
    keys.splice(anchor + (where === "after"), 0, key);
    reorder(frame, keys);
    return RULE + key;
  },
  move(frame, node, step) {
    const keys = rulesOf(frame).map((rule) => rule.key);
    const from = keys.indexOf(node.slice(RULE.length));
    if (from + step < 0 || from + step >= keys.length) return;
    keys.splice(from + step, 0, ...keys.splice(from, 1));
    reorder(frame, keys);
  },
  remove(frame, node) {
    frame.work.change((take, put) => put(node, null));
    frame.select(null);
  },
});

function ruleSettings(frame, rule) {
  const { key } = rule;
  const set = (name, value, tag = "") => edit(frame, key, (found) => {
    if (value === null || value === "") delete found[name];
    else found[name] = value;
  }, tag);
  const from = make("input", { type: "date", class: "form-control" });
  from.value = rule.from ?? "";
  from.addEventListener("change", () => set("from", from.value || null));
  const effects = rule.effects.map((effect, index) => effectSettings(frame, rule, effect, index));
  const more = button(w("add_effect"), "plus", () => {
    edit(frame, key, (found) => found.effects.push(newEffect(frame, "show")));
    frame.drawRight();
  }, { kind: "quiet" });
  return [
    make("header", { class: "d-right-head" }, icon("bolt"), make("div", { class: "grow" }, make("strong", { class: "cut" }, textOf(rule.label, frame.lang)), make("small", { class: "soft" }, w("rule"))), small(w("delete"), "trash", () => frame.remove(RULE + key))),
    group(
      "",
      words(w("name"), rule.label, frame.lang, (value) => value && set("label", value, "label")),
      toggle(w("rule_active"), rule.active !== false, (on) => set("active", on)),
      conditionRow(frame, w("rule_when"), { entity: rule.entity, value: rule.when, change: (when) => set("when", when), none: w("rule.always") }),
    ),
    group(w("rule_then"), ...effects, more),
    group("", row(w("rule_from"), from)),
  ];
}

function effectSettings(frame, rule, effect, index) {
  const change = (changes, tag = "") => edit(frame, rule.key, (found) => {
    const next = { ...found.effects[index], ...changes };
    for (const [name, value] of Object.entries(next)) if (value === null || (Array.isArray(value) && !value.length && name !== "fields")) delete next[name];
    found.effects[index] = next;
  }, tag && `${index}/${tag}`);
  const kind = make("select", { class: "form-select", "aria-label": w("rule_then") }, ...EFFECTS.map((type) => make("option", { value: type }, w(`effect.${type}`))));
  kind.value = effect.type;
  kind.addEventListener("change", () => {
    edit(frame, rule.key, (found) => {
      const fresh = newEffect(frame, kind.value);
      found.effects[index] = fresh.fields && effect.fields?.length ? { ...fresh, fields: effect.fields } : fresh;
    });
    frame.drawRight();
  });
  const drop = rule.effects.length > 1 ? small(w("remove"), "x", () => {
    edit(frame, rule.key, (found) => found.effects.splice(index, 1));
    frame.drawRight();
  }) : null;
  return make("div", { class: "d-effect" }, make("div", { class: "line" }, icon(SYMBOLS[effect.type]), kind, drop), ...effectParts(frame, rule, effect, change));
}

function effectParts(frame, rule, effect, change) {
  const sections = sectionChoices(frame);
  const fields = several(w("effect_fields"), fieldChoices(frame), effect.fields ?? [], (keys) => change({ fields: keys }));
  if (effect.type === "set") {
    return [
      choice(w("field"), fieldChoices(frame, { written: true }), effect.field, (field) => change({ field })),
      formulaRow(frame, w("formula"), { entity: rule.entity, value: effect.formula, change: (formula) => change({ formula }) }),
    ];
  }
  if (effect.type === "refuse") {
    return [
      words(w("effect_message"), effect.message, frame.lang, (message) => message && change({ message }, "message")),
      fields,
      choice(w("severity"), [["error", w("severity.error")], ["warning", w("severity.warning")]], effect.severity ?? "error", (severity) => change({ severity })),
    ];
  }
  const showable = ["show", "hide"].includes(effect.type) && sections.length;
  return [fields, showable ? several(w("effect_sections"), sections, effect.sections ?? [], (keys) => change({ sections: keys })) : null].filter(Boolean);
}
