// Cells of a list changed where they stand: the form's own input over the cell, saved by itself, as in a grid.

import htmx from "htmx.org";
import { toast } from "./overlays.js";
import { csrf, make, reload, say, whenShown } from "./page.js";
import { focusCell, move, step } from "./rowmarks.js";
import { addressOf, refreshAround, replaceRow } from "./rows.js";

const UNDO_SECONDS = 10;
const ROOM = 8;
const PHONE = "(max-width: 640px)";
const TABBABLE = "input:not([type=hidden]):not([tabindex='-1']):not(:disabled), select, textarea, button:not([tabindex='-1']), [contenteditable=true]";

let editor = null;
let undo = null;
let early = null;

/** Whether a cell's column may be changed; whether its row is, is found out on trying. */
export function isEditable(cell) {
  return Boolean(cell && headOf(cell)?.hasAttribute("data-edit")) && !matchMedia(PHONE).matches;
}

function headOf(cell) {
  return cell.closest("table").tHead.rows[0].cells[cell.cellIndex];
}

function keyOf(cell) {
  return headOf(cell).querySelector("[data-resize]").dataset.resize;
}

/** Open the input of a cell. `byHand`: it was opened with the mouse, so that what is chosen is saved at once. */
export async function edit(cell, { byHand = false } = {}) {
  if (editor && !(await finish(null))) return;
  const row = cell.closest("tr");
  const address = addressOf(row.dataset.id, `cell/${keyOf(cell)}`);
  cell.setAttribute("aria-busy", "true");
  early = [];
  const answer = await fetch(address, { headers: { Accept: "application/json" } }).catch(() => null);
  const html = answer?.ok && !answer.redirected ? await answer.text() : null;
  const keys = early;
  early = null;
  cell.removeAttribute("aria-busy");
  if (html === null) return toast(await told(answer), { bad: true });
  const box = make("div", { class: "cell-editor", popover: "manual", role: "dialog", "aria-label": say("edit_cell", { name: headOf(cell).innerText.trim() }) });
  editor = { box, cell, row, address, byHand, saving: false, start: null };
  show(html);
  document.getElementById("list").append(box);
  box.addEventListener("keydown", onKey);
  box.addEventListener("change", onChange);
  box.addEventListener("pointerdown", () => (editor.byHand = true));
  box.showPopover();
  ready();
  editor.start = contents(form());
  press(keys);
}

// Whoever types faster than the input comes loses nothing, and moves nothing in the list.
document.addEventListener(
  "keydown",
  (event) => {
    if (!early || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    early.push({ key: event.key, isShifted: event.shiftKey });
  },
  true,
);

/** Do what was typed before the input was there. */
function press(keys) {
  const input = document.activeElement;
  const isBreak = ({ key, isShifted }) => key === "Enter" && isShifted && input.matches?.("textarea");
  const end = keys.findIndex((each) => ["Escape", "Enter", "Tab"].includes(each.key) && !isBreak(each));
  const typed = end < 0 ? keys : keys.slice(0, end);
  const text = typed.map((each) => (isBreak(each) ? "\n" : each.key)).filter((key) => key.length === 1).join("");
  if (text && input.matches?.("textarea, input:not([type=checkbox]):not([type=date]):not([type=datetime-local])")) {
    input.value = text;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }
  if (end < 0) return;
  const { key, isShifted } = keys[end];
  input.dispatchEvent(new KeyboardEvent("keydown", { key, shiftKey: isShifted, bubbles: true, cancelable: true }));
}

function form() {
  return editor.box.querySelector("form");
}

function show(html) {
  editor.box.innerHTML = html;
  form().addEventListener("submit", (event) => {
    event.preventDefault();
    finish("stay", event.submitter);
  });
  form().querySelector("[data-cancel]")?.addEventListener("click", cancel);
}

/** Put the input over its cell, start what its widget needs, and let it be typed into. */
function ready() {
  place();
  htmx.process(form());
  htmx.trigger(form(), "htmx:load");
  place();
  const bad = form().querySelector("[aria-invalid=true]");
  const first = bad ?? form().querySelector("[data-field-first], input:not([type=hidden]):not([type=file]), select, textarea, [contenteditable=true], button, .cell-note");
  first?.focus({ preventScroll: true });
  if (first?.select && first.type !== "checkbox" && !bad) first.select();
  if (editor.byHand && first?.matches(".picker > input") && !bad) first.click();
}

function place() {
  if (!editor) return;
  const { box, cell } = editor;
  const at = cell.getBoundingClientRect();
  box.style.minWidth = `${at.width}px`;
  box.style.setProperty("--cell", `${at.height}px`);
  const { width, height } = box.getBoundingClientRect();
  box.style.left = `${Math.max(ROOM, Math.min(at.left, innerWidth - width - ROOM))}px`;
  box.style.top = `${Math.max(ROOM, Math.min(at.top, innerHeight - height - ROOM))}px`;
}

document.addEventListener("scroll", place, { capture: true, passive: true });
addEventListener("resize", place);

/** What a form would send, without the titles pickers show: two of the same say that nothing was changed. */
function contents(shown) {
  const data = new FormData(shown);
  const pairs = [...data].filter(([name, value]) => typeof value === "string" && !(name.startsWith("_text.") && data.get(name.slice(6))));
  return new URLSearchParams(pairs).toString();
}

function cancel() {
  const { cell } = editor;
  close();
  focusCell(cell);
}

function close() {
  editor?.box.remove();
  editor = null;
}

/** Save what is open, then go on as `next` says; whether the cell could be left. */
async function finish(next, submitter = null) {
  if (!editor) return true;
  if (editor.saving) return false;
  const { row, address, cell } = editor;
  const moves = keyOf(cell) === document.getElementById("list").dataset.tree;
  const data = new URLSearchParams([...new FormData(form(), submitter)].filter(([, value]) => typeof value === "string"));
  const isSame = contents(form()) === editor.start && !submitter?.name;
  if (isSame || form().hasAttribute("data-kept")) return leave(next, row);
  editor.saving = true;
  editor.box.setAttribute("aria-busy", "true");
  const answer = await sent(address, data);
  if (!editor) return true;
  editor.saving = false;
  editor.box.removeAttribute("aria-busy");
  if (answer?.ok && !answer.redirected) {
    const label = form().dataset.label;
    const back = form().hasAttribute("data-lasting") ? editor.start : null;
    const fresh = replaceRow(row, await answer.text());
    remember({ address, back, label, rev: revOf(answer), id: row.dataset.id });
    // What stands below another record now stands elsewhere in the tree.
    if (moves) {
      close();
      reload();
      return true;
    }
    refreshAround();
    return leave(next, fresh);
  }
  await refuse(answer);
  return false;
}

function revOf(answer) {
  return answer.headers.get("ETag").replaceAll('"', "");
}

function sent(address, body) {
  return fetch(address, { method: "POST", headers: { "X-CSRF-Token": csrf(), Accept: "application/json" }, body }).catch(() => null);
}

/** Show why a value cannot be saved, beside it; what was typed stays. */
async function refuse(answer) {
  if (answer?.headers.get("Content-Type")?.startsWith("text/html")) {
    const { start } = editor;
    show(await answer.text());
    ready();
    editor.start = start;
    return;
  }
  const line = make("p", { class: "input-error", role: "alert" }, await told(answer));
  form().querySelector(".cell-problem")?.remove();
  line.classList.add("cell-problem");
  form().append(line);
  place();
}

async function told(answer) {
  if (!answer) return say("offline");
  if (answer.redirected) location.reload();
  const problem = await answer.json().catch(() => null);
  return problem?.detail ?? say("failed");
}

/** Close the input and go to another cell: `down`, the next or previous one that may be changed, or nowhere. */
function leave(next, row) {
  const { cell } = editor;
  const column = cell.cellIndex;
  close();
  const here = row?.isConnected ? row.cells[column] : null;
  if (next === null || !here) return true;
  focusCell(here);
  if (next === "down") step(1);
  if (next === 1 || next === -1) {
    const other = move(here, next, isEditable);
    if (other) edit(other);
  }
  return true;
}

function onKey(event) {
  // The list's own keys are not for what is typed here.
  event.stopPropagation();
  if (event.isComposing || event.defaultPrevented) return;
  const { target, key } = event;
  if (key === "Escape") {
    event.preventDefault();
    cancel();
  } else if (key === "Tab") {
    const stops = [...form().querySelectorAll(TABBABLE)].filter((each) => each.offsetParent !== null);
    const last = event.shiftKey ? stops[0] : stops.at(-1);
    if (form().matches(".cell-large") && target !== last) return;
    event.preventDefault();
    finish(event.shiftKey ? -1 : 1);
  } else if (key === "Enter" && !target.closest("button, a") && !event.shiftKey && !event.altKey) {
    if (target.closest("[contenteditable=true]") && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    finish("down");
  }
}

/** What is picked, or chosen with the mouse, is final. */
function onChange({ target }) {
  const { kind } = form().dataset;
  const picked = ["picker", "tree"].includes(kind) && target.type === "hidden";
  const chosen = editor.byHand && ["select", "checkbox"].includes(kind) && target.name && !target.value.startsWith("other:");
  if (picked || chosen) setTimeout(() => finish("stay"));
}

document.addEventListener("pointerdown", (event) => {
  if (editor && !editor.box.contains(event.target) && !event.target.closest("#toasts, dialog")) finish(null);
}, true);

function remember({ address, back, label, rev, id }) {
  undo?.dismiss();
  undo = null;
  if (back === null) return toast(say("cell_saved", { name: label }));
  const run = () => takeBack({ address, back, rev, id });
  const dismiss = toast(say("cell_saved", { name: label }), { action: run, label: say("undo"), seconds: UNDO_SECONDS });
  const mine = { run, dismiss };
  undo = mine;
  setTimeout(() => undo === mine && (undo = null), UNDO_SECONDS * 1000);
}

/** Give a cell the value it had; what a rule warns of was there before and may be there again. */
async function takeBack({ address, back, rev, id }) {
  undo = null;
  const body = new URLSearchParams(back);
  body.set("_rev", rev);
  const answer = await sent(address, body);
  if (!answer?.ok) return toast(say("undo_failed"), { bad: true });
  const row = document.querySelector(`#rows > tr[data-id="${id}"]`);
  if (row) replaceRow(row, await answer.text());
  refreshAround();
  toast(say("undone"));
}

/** Take back the last change of a cell while that is offered; whether there was one. */
export function undoLast() {
  undo?.dismiss();
  undo?.run();
}

document.addEventListener("dblclick", (event) => {
  const cell = event.target.closest("#rows > tr[data-id] > td");
  if (!cell || event.target.closest("a, button, input") || !isEditable(cell)) return;
  event.preventDefault();
  getSelection().removeAllRanges();
  edit(cell, { byHand: true });
});

// Columns that may be changed show it where the hand is; one rule a column instead of a mark in every cell.
const hints = new CSSStyleSheet();
document.adoptedStyleSheets.push(hints);

whenShown("#rows", (rows) => {
  const heads = [...rows.closest("table").tHead.rows[0].cells];
  const places = heads.flatMap((head, index) => (head.hasAttribute("data-edit") ? [`:nth-child(${index + 1})`] : []));
  hints.replaceSync(places.length ? `@media (min-width: 641px) { #rows > tr[data-id] > td:is(${places.join(", ")}):hover { box-shadow: inset 0 0 0 1px var(--fl-line-strong); cursor: cell; } }` : "");
});
