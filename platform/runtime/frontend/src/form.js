// Forms: saving by key, leaving with unsaved changes, jumping to what was refused.

import { act, say, whenShown } from "./page.js";

let form = null;
let dirty = false;

whenShown("#record-form", (shown) => {
  form = shown;
  dirty = shown.hasAttribute("data-dirty");
  shown.addEventListener("input", () => (dirty = true));
  shown.addEventListener("change", () => (dirty = true));
  shown.addEventListener("submit", () => (dirty = false));
  const problem = shown.querySelector("#form-problem");
  if (problem) problem.focus();
  else firstInput(shown)?.focus({ preventScroll: true });
});

function firstInput(shown) {
  if (matchMedia("(max-width: 640px)").matches) return null;
  return [...shown.querySelectorAll(".section-body input:not([type=hidden]), .section-body select, .section-body textarea")].find((each) => !each.value && each.type !== "radio" && each.type !== "checkbox");
}

/** Say that the form now holds something that is not saved. */
export function touched() {
  dirty = true;
}

function live() {
  return form?.isConnected && dirty;
}

addEventListener("beforeunload", (event) => {
  if (live()) event.preventDefault();
});

document.addEventListener("htmx:confirm", (event) => {
  const own = event.detail.elt.closest?.("#record-form") && event.detail.verb === "post";
  if (!live() || own || event.detail.target?.id !== "main") return;
  event.preventDefault();
  if (confirm(say("unsaved"))) {
    dirty = false;
    event.detail.issueRequest(true);
  }
});

document.addEventListener("htmx:beforeRequest", ({ detail }) => hold(detail.elt, true));
document.addEventListener("htmx:afterRequest", ({ detail }) => hold(detail.elt, false));

function hold(element, busy) {
  if (element !== form) return;
  for (const button of form.querySelectorAll("button[type=submit]")) button.disabled = busy;
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
  const target = document.getElementById(`in-${jump.dataset.jump}`) ?? document.querySelector(`[data-field="${jump.dataset.jump}"]`);
  target?.closest("details")?.setAttribute("open", "");
  target?.scrollIntoView({ block: "center" });
  (target?.matches("input, select, textarea") ? target : target?.querySelector("input, select, textarea"))?.focus();
});

act("take-theirs", (button) => {
  const input = form.elements.namedItem(button.dataset.name);
  if (!input) return;
  const shown = input.closest?.(".picker")?.querySelector("input:not([type=hidden])");
  if (input instanceof RadioNodeList) input.value = button.dataset.value;
  else if (input.type === "checkbox") input.checked = button.dataset.value === "1";
  else input.value = button.dataset.value;
  if (shown) shown.value = button.dataset.title;
  dirty = true;
  button.disabled = true;
});
