// Marks on rows: the row and the cell the keyboard is at, and the rows chosen for doing something with many at once.

import { edit, isEditable, undoLast } from "./cells.js";
import { closeRecord, openRecord } from "./drawer.js";
import { exportRows, list } from "./list.js";
import { confirmed, toast } from "./overlays.js";
import { act, isTyping, posted, reload, say, whenShown } from "./page.js";

const UNDO_SECONDS = 10;

let last = null;

function rows() {
  return [...document.querySelectorAll("#rows > tr[data-id]:not([hidden])")];
}

function box(row) {
  return row.querySelector(".pick input");
}

/** The ids of the chosen rows. */
export function chosenIds() {
  return rows().filter((row) => box(row)?.checked).map((row) => Number(row.dataset.id));
}

document.addEventListener("click", (event) => {
  const picked = event.target.closest("#rows .pick input");
  if (!picked) return;
  const row = picked.closest("tr");
  if (event.shiftKey && last) markBetween(last, row, picked.checked);
  last = row;
  showChosen();
});

function markBetween(one, other, on) {
  const all = rows();
  const [from, to] = [all.indexOf(one), all.indexOf(other)].sort((a, b) => a - b);
  for (const row of all.slice(Math.max(from, 0), to + 1)) box(row).checked = on;
}

act("select-all", (all) => {
  for (const row of rows()) box(row).checked = all.checked;
  showChosen();
});

act("select-none", clear);

function clear() {
  for (const row of rows()) box(row).checked = false;
  showChosen();
}

/** Show how many rows are chosen, and what may be done with them. */
export function showChosen() {
  const all = rows();
  const bar = document.getElementById("bulk-bar");
  if (!bar) return;
  for (const row of all) row.classList.toggle("selected", box(row).checked);
  const count = chosenIds().length;
  bar.hidden = count === 0;
  bar.querySelector("[data-selected]").textContent = say("selected", { count });
  document.getElementById("table-frame").classList.toggle("selecting", count > 0);
  const head = document.querySelector('[data-do="select-all"]');
  head.checked = count > 0 && count === all.length;
  head.indeterminate = count > 0 && count < all.length;
}

act("export-selected", () => exportRows({ ids: chosenIds() }));

act("delete-selected", async () => {
  const ids = chosenIds();
  const { entity } = list().dataset;
  const count = ids.length;
  const sure = await confirmed({
    title: say("delete_title", { count }),
    text: say("delete_text"),
    verb: say("delete"),
    danger: true,
  });
  if (sure) await change(`/e/${entity}/bulk/delete`, ids, "deleted", () => restore(entity, ids));
});

function restore(entity, ids) {
  return change(`/e/${entity}/bulk/restore`, ids, "restored", null);
}

/** Do something with many rows, show the list anew, say so, and offer to take it back. */
async function change(address, ids, word, undo) {
  try {
    await posted(address, { ids });
    await reload();
    const offer = undo ? { action: undo, label: say("undo"), seconds: UNDO_SECONDS } : {};
    toast(say(word, { count: ids.length }), offer);
  } catch (error) {
    toast(error.message, { bad: true });
  }
}

function at() {
  return document.querySelector("#rows > tr.at");
}

/** The cells of a row one can stand in: all but the mark and the filler at the end. */
function cellsOf(row) {
  return [...row.cells].filter((cell, index, all) => !cell.matches(".pick") && index < all.length - 1);
}

function cellAt() {
  const cell = document.activeElement?.closest?.("#rows > tr[data-id] > td");
  return cell && !cell.matches(".pick") ? cell : null;
}

/** Stand in a cell; in the first one the link to the record has the focus. */
export function focusCell(cell) {
  const title = cell.matches(".first") ? cell.querySelector("a.title") : null;
  if (!title) cell.tabIndex = -1;
  (title ?? cell).focus({ preventScroll: true });
  cell.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function moveTo(row, column = null) {
  at()?.classList.remove("at");
  if (!row) return;
  row.classList.add("at");
  focusCell((column !== null && row.cells[column]) || row.querySelector("td.first"));
}

/** Go up or down by rows, within the column one stands in. */
export function step(by) {
  const all = rows();
  const column = cellAt()?.cellIndex ?? null;
  const now = all.indexOf(at());
  moveTo(all[Math.min(Math.max(now + by, 0), all.length - 1)], column);
}

/** The nearest cell before (-1) or after (1) one that `fits`, row by row; null where there is none. */
export function move(cell, by, fits) {
  const all = rows().flatMap(cellsOf);
  for (let place = all.indexOf(cell) + by; all[place]; place += by) if (fits(all[place])) return all[place];
  return null;
}

function across(by) {
  const row = at();
  if (!row || row.closest(".record-drawer")) return false;
  const cells = cellsOf(row);
  const now = cells.indexOf(cellAt() ?? cells[0]);
  if (now === 0 && !list().dispatchEvent(new CustomEvent("row:across", { cancelable: true, detail: { row, by } }))) return true;
  const next = cells[now + by];
  if (next) focusCell(next);
  return true;
}

/** Change the cell one stands in; the first one leads to the record. */
function enter() {
  const cell = cellAt();
  if (!at()) return false;
  if (cell && !cell.matches(".first") && isEditable(cell)) edit(cell);
  else openRecord(at());
  return true;
}

const press = {
  j: () => step(1),
  ArrowDown: () => step(1),
  k: () => step(-1),
  ArrowUp: () => step(-1),
  ArrowRight: () => across(1),
  ArrowLeft: () => across(-1),
  x: () => {
    if (!at() || !box(at())) return false;
    box(at()).checked = !box(at()).checked;
    showChosen();
    return true;
  },
  Enter: enter,
  F2: () => {
    const cell = cellAt();
    if (!isEditable(cell)) return false;
    edit(cell);
    return true;
  },
  Escape: () => closeRecord() || (chosenIds().length ? clear() : moveTo(null)),
};

document.addEventListener("keydown", (event) => {
  if (!list() || event.isComposing || event.defaultPrevented || isTyping(event.target) || event.target.closest?.(".record-drawer")) return;
  if (event.ctrlKey || event.metaKey) {
    if (event.key === "z" && !event.shiftKey) undoLast();
    return;
  }
  if (event.altKey || !press[event.key]) return;
  if (event.shiftKey && event.key === "Enter") return onPage(event);
  const isControl = event.target.closest?.("a:not(.title), button, summary");
  if (isControl && (event.key === "Enter" || !event.target.closest("#main"))) return;
  if (press[event.key]() !== false) event.preventDefault();
});

/** Shift and Enter: the record's page, whatever Enter does. */
function onPage(event) {
  const title = at()?.querySelector("a.title");
  if (!title) return;
  event.preventDefault();
  title.click();
}

// A click in a cell makes it the keyboard's.
document.addEventListener("click", (event) => {
  const cell = event.target.closest("#rows > tr[data-id] > td");
  if (!cell || cell.matches(".pick") || event.target.closest("a, button, input, label, summary") || !getSelection().isCollapsed) return;
  cell.tabIndex = -1;
  cell.focus({ preventScroll: true });
});

// A click anywhere in a row makes it the keyboard's.
document.addEventListener("focusin", (event) => {
  const row = event.target.closest?.("#rows > tr[data-id]:not([hidden])");
  if (!row || row === at()) return;
  at()?.classList.remove("at");
  row.classList.add("at");
});

whenShown("#rows", () => {
  last = null;
});
