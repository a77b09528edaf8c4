// Conditions in the settings: a sentence, and the builder that lists use behind a button.

import { buildCondition } from "../builder.js";
import { toast } from "../overlays.js";
import { asked, icon, make } from "../page.js";
import { spanWords } from "../values.js";
import { row } from "./controls.js";
import { w } from "./words.js";

/**
 * A row that says a condition over an entity's fields and lets it be built; `change` gets it or null. `only` narrows
 * what may be asked to {kinds, operators}.
 */
export function conditionRow(frame, label, { entity, value, change, none = w("no_condition"), note = "", only = null }) {
  let present = value ?? null;
  const words = make("span", { class: "d-sentence" }, present ? "…" : none);
  const open = make("button", { type: "button", class: "btn btn-small", "data-name": "condition" }, icon("filter"), w("edit_condition"));
  const drop = make("button", { type: "button", class: "btn btn-quiet btn-icon btn-small", "aria-label": w("remove"), hidden: !present }, icon("x"));
  const tell = async () => {
    drop.hidden = !present;
    words.textContent = present ? await worded(frame, entity, present) : none;
  };
  const put = (next) => {
    present = next;
    change(next);
    tell();
  };
  open.addEventListener("click", () => build(frame, open, entity, present, put, only));
  drop.addEventListener("click", () => put(null));
  if (present) tell().catch(() => {});
  return row(label, make("div", { class: "d-condition" }, words, make("div", { class: "line" }, open, drop)), { note });
}

/** Open the builder of a condition at an element; `put` gets it, null when it says nothing. */
export async function build(frame, anchor, entity, present, put, only = null) {
  try {
    const fields = await fieldsOf(frame, entity);
    buildCondition(anchor, only ? narrowed(frame, entity, fields, only) : fields, present, put);
  } catch (error) {
    toast(error.message, { bad: true });
  }
}

function narrowed(frame, entity, fields, { kinds, operators }) {
  const kindOf = new Map(frame.entity(entity)?.fields.map((field) => [field.key, field.kind]));
  const fitting = fields.filter((field) => kinds.includes(kindOf.get(field.key)));
  return fitting.map((field) => ({ ...field, operators: field.operators.filter((each) => operators.includes(each.name)) }));
}

/** A condition in words. */
export async function worded(frame, entity, condition) {
  return sentence(condition, await fieldsOf(frame, entity));
}

/** The fields of an entity with their operators, those of the draft too. */
async function fieldsOf(frame, entity) {
  await frame.work.settled();
  return (await asked(`/admin/design/fields/${entity}`)).fields;
}

function sentence(condition, fields) {
  const mode = condition.all ? "all" : condition.any ? "any" : null;
  if (mode) return condition[mode].map((part) => sentence(part, fields)).join(mode === "all" ? " · " : " / ");
  const field = fields.find((each) => each.key === condition.field);
  const operator = field?.operators.find((each) => each.name === condition.op);
  if (!operator) return "…";
  const given = operator.operand === "none" ? "" : valueText(field, condition.value);
  return `${field.label} ${operator.label} ${given}`.trim();
}

function valueText(field, value) {
  if (Array.isArray(value)) return value.map((each) => valueText(field, each)).join("、");
  const chosen = field.choices?.find((each) => each.key === value);
  if (chosen) return chosen.label;
  if (value !== null && typeof value === "object") return spanWords(value) || "…";
  return typeof value === "boolean" ? w(value ? "yes" : "no") : String(value ?? "");
}
