// Marks on rows: the one the keyboard is at, and those chosen for doing something with many at once.

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

function chosenIds() {
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

function showChosen() {
  const all = rows();
  for (const row of all) row.classList.toggle("selected", box(row).checked);
  const count = chosenIds().length;
  const bar = document.getElementById("bulk-bar");
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

function moveTo(row) {
  at()?.classList.remove("at");
  if (!row) return;
  row.classList.add("at");
  row.querySelector("a.title")?.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const all = rows();
  const now = all.indexOf(at());
  moveTo(all[Math.min(Math.max(now + by, 0), all.length - 1)]);
}

const press = {
  j: () => step(1),
  ArrowDown: () => step(1),
  k: () => step(-1),
  ArrowUp: () => step(-1),
  x: () => {
    if (!at()) return;
    box(at()).checked = !box(at()).checked;
    showChosen();
  },
  Enter: () => at()?.querySelector("a.title")?.click(),
  Escape: () => (chosenIds().length ? clear() : moveTo(null)),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (!list() || !press[event.key] || isTyping(event.target)) return;
  const isControl = event.target.closest?.("a:not(.title), button, summary");
  if (isControl && (event.key === "Enter" || !event.target.closest("#main"))) return;
  event.preventDefault();
  press[event.key]();
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
