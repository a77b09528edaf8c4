// Dialogs of the designers: a form of ours in the page's dialog.

import { icon, make } from "../page.js";
import { w } from "./words.js";

let counter = 0;

/**
 * Ask in a dialog. `body` are elements, `verb` names the button that ends it; `act()` is called on it and keeps the
 * dialog open by returning false. Resolves to whether it was done.
 */
export function ask({ title, body, verb, act = () => true, wide = false, danger = false, start = null, more = [] }) {
  const dialog = make("dialog", { class: `dialog d-dialog${wide ? " dialog-wide" : ""}`, "aria-labelledby": `d-dialog-title-${++counter}` });
  const done = verb ? make("button", { type: "submit", class: `btn btn-${danger ? "danger" : "primary"}` }, verb) : null;
  const problem = make("p", { class: "input-error", role: "alert", hidden: true });
  const leave = () => dialog.close();
  const form = make(
    "form",
    { class: "d-dialog-form", novalidate: true },
    make("div", { class: "dialog-head" }, make("h2", { id: `d-dialog-title-${counter}` }, title), make("button", { type: "button", class: "btn btn-quiet btn-icon", "aria-label": w("close"), click: leave }, icon("x"))),
    make("div", { class: "dialog-body" }, ...[body].flat(), problem),
    make("div", { class: "dialog-foot" }, ...more, make("button", { type: "button", class: "btn", click: leave }, verb ? w("cancel") : w("close")), done),
  );
  let answer = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    if (done?.disabled) return;
    if (done) done.disabled = true;
    try {
      if ((await act()) !== false) {
        answer = true;
        dialog.close();
      }
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
    }
    if (done) done.disabled = false;
  });
  dialog.append(form);
  document.body.append(dialog);
  dialog.showModal();
  (start ?? form.querySelector("input, select, textarea") ?? done)?.focus();
  const closed = new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(answer);
    }, { once: true });
  });
  closed.dialog = dialog;
  closed.done = done;
  return closed;
}
