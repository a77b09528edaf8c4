// Forms: what follows from what is entered, saving by key, leaving with unsaved changes, jumping to what was refused.

import htmx from "htmx.org";
import { act, csrf, say, whenShown } from "./page.js";
import { applyRules } from "./rules.js";
import { openAround } from "./tabstrip.js";

const WAIT_MS = 250;
let form = null;
let dirty = false;
let reshaping = false;

whenShown("#record-form", (shown) => {
  form = shown;
  dirty = reshaping || shown.hasAttribute("data-dirty");
  reshaping = false;
  shown.addEventListener("submit", () => (dirty = false));
  const problem = shown.querySelector("#form-problem");
  if (problem) problem.focus();
  else if (shown.hasAttribute("data-new")) firstInput(shown)?.focus({ preventScroll: true });
});

// Every form that shows a record's inputs: the page's, or a section edited in its place.
whenShown("form[data-entity]", (shown) => {
  const marks = shown.elements.namedItem("_touched");
  for (const name of marks.value.split(" ").filter(Boolean)) partsOf(shown, name).forEach(touch);
  const onChange = ({ target }) => {
    shown.changed = target.name || shown.changed;
    if (target.name) touch(target);
    else if (!target.closest(".picker")) return;
    touched(shown);
  };
  shown.addEventListener("input", onChange);
  shown.addEventListener("change", onChange);
  // What was touched is known to the page only; the server needs it to know which defaults still hold.
  shown.addEventListener("formdata", ({ formData }) => formData.set("_touched", touchedNames(shown).join(" ")));
  shown.addEventListener("htmx:configRequest", ({ detail }) => {
    if (detail.elt === shown) detail.parameters._touched = touchedNames(shown).join(" ");
  });
  if (shown.hasAttribute("data-dirty") || shown.hasAttribute("data-copied")) compute(shown);
});

function touch(input) {
  input.dataset.touched = "";
}

function touchedNames(shown) {
  return [...new Set([...shown.querySelectorAll("[data-touched]")].map((each) => each.name))];
}

/** Say that a form now holds something that is not saved. */
export function touched(shown) {
  if (shown === form) dirty = true;
  if (!shown?.hasAttribute("data-computes")) return;
  clearTimeout(shown.waiting);
  shown.waiting = setTimeout(() => compute(shown), WAIT_MS);
}

async function compute(shown) {
  if (!shown.isConnected || !shown.hasAttribute("data-computes")) return;
  const asked = (shown.asked = (shown.asked ?? 0) + 1);
  const data = new URLSearchParams(new FormData(shown));
  for (const name of ["_back", "_again"]) data.delete(name);
  data.set("_id", shown.dataset.record);
  data.set("_changed", shown.changed ?? "");
  shown.changed = "";
  const headers = { "X-CSRF-Token": csrf(), Accept: "application/json" };
  const answer = await fetch(`/e/${shown.dataset.entity}/compute`, { method: "POST", headers, body: data }).catch(() => null);
  // A form that cannot be looked ahead of is saved all the same: what is wrong is told then.
  if (!answer?.ok || asked !== shown.asked || !shown.isConnected) return;
  const { values, rows, rules, form: key } = await answer.json();
  if (shown.dataset.form !== undefined && key !== shown.dataset.form) return reshape(shown);
  for (const [table, told] of Object.entries(rows)) fillTable(shown, table, told);
  for (const [name, told] of Object.entries(values)) put(shown, name, told);
  const tools = { valueOf: (name) => valueOf(shown, name), fill: (name, raw, title) => setInput(shown, name, raw, title) };
  applyRules(shown, rules, tools);
  shown.dispatchEvent(new Event("form:computed"));
}

/** Rows that a picked record brings: instead of those there are, or where there are none. */
function fillTable(shown, key, { rows, always }) {
  const table = shown.querySelector(`.subtable[data-table="${key}"]:not([data-fixed])`);
  if (!table) return;
  const fill = (name, told) => setInput(shown, name, told.raw, told.title);
  table.dispatchEvent(new CustomEvent("subtable:fill", { detail: { rows, always, fill } }));
  compute(shown);
}

/** What was entered asks for another form: show that one, with everything typed. */
function reshape(shown) {
  const values = Object.fromEntries([...new Set(new FormData(shown).keys())].map((name) => [name, new FormData(shown).getAll(name)]));
  values._touched = touchedNames(shown).join(" ");
  values._id = shown.dataset.record;
  reshaping = true;
  htmx.ajax("POST", `/e/${shown.dataset.entity}/reshape`, { target: "#main", source: "#main", values, headers: { "X-CSRF-Token": csrf() } });
}

/** What stands in an input, to be put back. */
function valueOf(shown, name) {
  const parts = partsOf(shown, name);
  const picker = parts[0]?.closest(".picker");
  if (picker) return { raw: parts[0].value, title: picker.querySelector("input:not([type=hidden])").value };
  const checks = parts.filter((part) => part.type === "checkbox" || part.type === "radio");
  if (checks.some((part) => part.type === "radio")) return { raw: checks.find((part) => part.checked)?.value ?? "" };
  if (checks.length) return { raw: checks.filter((part) => part.checked).map((part) => part.value) };
  return parts.length ? { raw: parts.at(-1).value } : null;
}

function put(shown, name, told) {
  if ("html" in told) {
    const place = shown.querySelector(`[id="in-${name}"].read-value`);
    if (place) place.innerHTML = told.html || "–";
    return;
  }
  const parts = partsOf(shown, name);
  const busy = parts.some((part) => part === document.activeElement || "touched" in part.dataset);
  if (!parts.length || (busy && !told.force)) return;
  setInput(shown, name, told.raw, told.title);
}

function partsOf(shown, name) {
  const found = shown.elements.namedItem(name);
  return found === null ? [] : found instanceof RadioNodeList ? [...found] : [found];
}

/** Let an input hold a value, whatever its kind. */
function setInput(shown, name, raw, title) {
  const parts = partsOf(shown, name);
  const picker = parts[0]?.closest(".picker");
  const checks = parts.filter((part) => part.type === "checkbox");
  const several = Array.isArray(raw) ? raw : String(raw).split(",").filter(Boolean);
  if (picker) picker.dispatchEvent(new CustomEvent("picker:set", { detail: { id: raw, title } }));
  else if (parts[0]?.closest(".file-box")) parts[0].dispatchEvent(new CustomEvent("files:set", { bubbles: true, detail: several }));
  else if (parts.some((part) => part.type === "radio")) for (const part of parts) part.checked = part.value === raw;
  else if (checks.length) for (const part of checks) part.checked = several.includes(part.value);
  else if (parts.length) {
    parts[0].value = Array.isArray(raw) ? raw.join(", ") : raw;
    parts[0].dispatchEvent(new CustomEvent("widget:set"));
  }
}

function firstInput(shown) {
  if (matchMedia("(max-width: 640px)").matches) return null;
  return [...shown.querySelectorAll(".section-body input:not([type=hidden]), .section-body select, .section-body textarea")].find((each) => !each.value && !each.closest("[hidden]") && each.type !== "radio" && each.type !== "checkbox" && !each.closest(".subtable"));
}

function live() {
  return form?.isConnected && dirty;
}

addEventListener("beforeunload", (event) => {
  if (live()) event.preventDefault();
});

document.addEventListener("htmx:confirm", (event) => {
  const own = event.detail.elt.closest?.("#record-form") && event.detail.verb === "post";
  // A form that becomes another keeps what was typed, so nobody is asked.
  if (!live() || own || reshaping || event.detail.target?.id !== "main") return;
  event.preventDefault();
  if (confirm(say("unsaved"))) {
    dirty = false;
    event.detail.issueRequest(true);
  }
});

document.addEventListener("htmx:beforeRequest", ({ detail }) => hold(detail.elt, true));
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  hold(detail.elt, false);
  if (!detail.successful) reshaping = false;
});

/** While a form is being saved it cannot be sent again. */
function hold(element, busy) {
  if (!element.matches?.("form[data-entity], form.stage-bar, form.composer")) return;
  for (const button of element.querySelectorAll("button[type=submit], .stage-step:not([aria-current])")) button.disabled = busy;
}

document.addEventListener("htmx:responseError", ({ detail }) => {
  if (detail.elt === form) dirty = true;
});
document.addEventListener("htmx:sendError", ({ detail }) => {
  if (detail.elt === form) dirty = true;
});

document.addEventListener("keydown", (event) => {
  if (!form?.isConnected) return;
  if ((event.ctrlKey || event.metaKey) && event.key === "s") {
    event.preventDefault();
    form.requestSubmit();
  } else if (event.key === "Escape" && !event.defaultPrevented && !document.querySelector("dialog[open], .flyout:popover-open")) {
    form.querySelector("[data-leave]")?.click();
  }
});

document.addEventListener("click", (event) => {
  const jump = event.target.closest("[data-jump]");
  if (!jump) return;
  event.preventDefault();
  const { jump: name } = jump.dataset;
  const target = document.getElementById(`in-${name}`) ?? document.querySelector(`[data-field="${name.split("[")[0]}"]`);
  if (target) openAround(target);
  target?.closest("details")?.setAttribute("open", "");
  target?.scrollIntoView({ block: "center" });
  (target?.matches("input, select, textarea") ? target : target?.querySelector("input:not([type=hidden]), select, textarea"))?.focus();
});

act("take-theirs", (button) => {
  const { name, value, title } = button.dataset;
  setInput(form, name, value, title);
  partsOf(form, name).forEach(touch);
  touched(form);
  button.disabled = true;
  button.closest("tr").classList.add("taken");
});
