// What rules make of a form, as the server tells it: inputs hidden, required and locked, messages beside them.
// Nothing typed is lost: a hidden input keeps its text, a locked one gets back what stood in it before.

import { icon, make, say, whenShown } from "./page.js";
import { markTabs } from "./tabstrip.js";

/** The place of an input: its block in a form, or its cell in a sub-table. */
function placesOf(form) {
  const places = [...form.querySelectorAll(".input[data-field]")].map((place) => [place.dataset.field, place]);
  for (const cell of form.querySelectorAll(".subtable tbody td[data-col]")) {
    const table = cell.closest(".subtable").dataset.table;
    places.push([`${table}[${cell.closest("tr").dataset.number}].${cell.dataset.col}`, cell]);
  }
  return places;
}

/** Apply what rules say. `tools` reads and fills inputs by name: {valueOf(name), fill(name, raw, title)}. */
export function applyRules(form, rules, tools) {
  const hidden = new Set(rules.hidden);
  const required = new Set(rules.required);
  for (const [name, place] of placesOf(form)) {
    const cell = place.tagName === "TD";
    if (cell) place.classList.toggle("cell-hidden", hidden.has(name));
    else place.hidden = hidden.has(name);
    if (!cell) star(place, required.has(name));
    lock(place, name, rules.locked[name], tools);
    tell(place, name, rules.messages[name] ?? []);
  }
  tell(form.querySelector(".screen-form, .section-body") ?? form, "", rules.messages[""] ?? []);
  for (const section of form.querySelectorAll(".form-section")) {
    section.hidden = [...section.querySelectorAll(".input[data-field]")].every((place) => place.hidden);
  }
  markTabs(form);
}

function star(place, wanted) {
  const label = place.querySelector(".input-label");
  if (!label) return;
  const star = label.querySelector(".required");
  if (wanted && !star) label.append(make("span", { class: "required by-rule", title: say("required") }, "*"));
  else if (!wanted && star?.classList.contains("by-rule")) star.remove();
}

function lock(place, name, told, { valueOf, fill }) {
  const guard = place.querySelector(":scope > fieldset.guard");
  if (!guard) return;
  if (told && !guard.disabled) {
    // What was typed comes back when the lock goes.
    guard.typed = valueOf(name);
    guard.disabled = true;
  } else if (!told && guard.disabled) {
    guard.disabled = false;
    if (guard.typed) fill(name, guard.typed.raw, guard.typed.title);
    guard.typed = null;
  }
  if (told && "raw" in told) fill(name, told.raw, told.title);
}

function tell(place, name, messages) {
  const said = [...place.querySelectorAll(":scope > .by-rule-said")];
  const texts = messages.map(({ text }) => text);
  if (said.map((each) => each.dataset.text).join("\n") === texts.join("\n")) return;
  for (const each of said) each.remove();
  for (const { text, warning } of messages) {
    const line = make("p", { class: `by-rule-said ${warning ? "input-warning" : "input-error"}`, role: "status" }, icon("alert-circle"), text);
    line.dataset.text = text;
    if (name) place.append(line);
    else place.prepend(line);
  }
}

whenShown("dialog[data-shown]", (dialog) => {
  if (!dialog.open) dialog.showModal();
});
