// Sub-tables as a small grid: rows added, removed, moved and pasted; totals kept while one types.

import htmx from "htmx.org";
import Sortable from "sortablejs";
import { touched } from "./form.js";
import { act, whenShown } from "./page.js";
import { inWords, secondsOf } from "./widgets/duration.js";

let counter = 10_000;

whenShown(".subtable", (table) => {
  if (table.dataset.ready) return;
  table.dataset.ready = "yes";
  const body = table.querySelector("tbody");
  total(table);
  if (table.hasAttribute("data-fixed")) return;
  if (!body.rows.length) add(table);
  Sortable.create(body, { handle: ".grip", animation: 120, onEnd: () => moved(table) });
  table.addEventListener("input", () => total(table));
  table.addEventListener("change", () => total(table));
  table.closest("form").addEventListener("form:computed", () => total(table));
  table.addEventListener("keydown", (event) => onKey(table, event));
  table.addEventListener("paste", (event) => onPaste(table, event));
  table.addEventListener("subtable:fill", ({ detail }) => takeRows(table, detail));
});

act("add-line", (button) => {
  const row = add(button.closest(".subtable"));
  firstInput(row)?.focus();
});

act("drop-line", (button) => {
  const table = button.closest(".subtable");
  const row = button.closest("tr");
  const next = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  if (!table.querySelector("tbody").rows.length) add(table);
  firstInput(next)?.focus();
  moved(table);
  total(table);
});

/** Take rows over: instead of all there are, or of the ones nothing was entered into. */
function takeRows(table, { rows, always, fill }) {
  const held = [...table.querySelectorAll("tbody tr")];
  const empty = (row) => !row.querySelector('[name$=".id"]').value && !row.querySelector("[data-touched]");
  if (!always && held.some((row) => !empty(row))) return;
  for (const row of held) row.remove();
  for (const row of rows) {
    const { number } = add(table).dataset;
    for (const [key, told] of Object.entries(row)) fill(`${table.dataset.table}[${number}].${key}`, told);
  }
  if (!rows.length) add(table);
  total(table);
}

function add(table) {
  const row = table.querySelector("template").content.querySelector("tr").cloneNode(true);
  counter += 1;
  rename(row, counter);
  table.querySelector("tbody").append(row);
  htmx.process(row);
  htmx.trigger(row, "htmx:load");
  renumber(table);
  return row;
}

function rename(row, number) {
  row.dataset.number = number;
  for (const each of row.querySelectorAll("[name], [id]")) {
    for (const attribute of ["name", "id", "aria-describedby"]) {
      const value = each.getAttribute(attribute);
      if (value) each.setAttribute(attribute, value.replace(/\[[^\]]+\]/, `[${number}]`));
    }
  }
}

/** Rows keep their order by their numbers. */
function renumber(table) {
  [...table.querySelectorAll("tbody tr")].forEach((row, index) => rename(row, index));
}

function moved(table) {
  renumber(table);
  touched(table.closest("form"));
}

function inputsOf(row) {
  return row ? [...row.querySelectorAll("td:not(.handle) input:not([type=hidden]), td:not(.handle) select, td:not(.handle) textarea")] : [];
}

function firstInput(row) {
  return inputsOf(row)[0];
}

function onKey(table, event) {
  const row = event.target.closest("tbody tr");
  if (!row) return;
  if (event.key === "Enter" && !event.defaultPrevented && !event.isComposing && event.target.tagName !== "TEXTAREA" && event.target.getAttribute("aria-expanded") !== "true") {
    event.preventDefault();
    const inputs = inputsOf(row);
    const at = inputs.indexOf(event.target);
    if (at < inputs.length - 1) inputs[at + 1].focus();
    else firstInput(row.nextElementSibling ?? add(table))?.focus();
  } else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    event.preventDefault();
    if (event.key === "ArrowUp") row.previousElementSibling?.before(row);
    else row.nextElementSibling?.after(row);
    event.target.focus();
    moved(table);
  }
}

/** Cells of a sheet fill the grid from the focused cell on; rows are added as needed. */
function onPaste(table, event) {
  const text = event.clipboardData?.getData("text/plain") ?? "";
  const start = event.target.closest("tbody tr");
  if (!start || !/[\t\n]/.test(text.trim())) return;
  event.preventDefault();
  const column = inputsOf(start).indexOf(event.target);
  let row = start;
  const lines = text.replace(/\r/g, "").replace(/\n$/, "").split("\n");
  lines.forEach((line, index) => {
    if (index) row = row.nextElementSibling ?? add(table);
    const inputs = inputsOf(row);
    line.split("\t").forEach((cell, offset) => fill(inputs[column + offset], cell.trim()));
  });
  total(table);
  touched(table.closest("form"));
}

function fill(input, text) {
  if (!input) return;
  if (input.closest(".picker")) {
    input.value = text;
    input.dispatchEvent(new CustomEvent("picker:find", { bubbles: true, detail: text }));
    return;
  }
  if (input.tagName === "SELECT") {
    const option = [...input.options].find((each) => each.text === text || each.value === text);
    if (option) input.value = option.value;
  } else if (input.type === "checkbox") {
    input.checked = ["1", "是", "y", "yes", "√", "true"].includes(text.toLowerCase());
  } else {
    input.value = input.classList.contains("num") ? text.replace(/[,\s¥$￥]/g, "") : text;
  }
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Sums at the foot, to four places. */
function total(table) {
  for (const cell of table.querySelectorAll("tfoot [data-total]")) {
    const texts = [...table.querySelectorAll(`tbody td[data-col="${cell.dataset.total}"]`)].map((each) => each.querySelector("input:not([type=hidden])")?.value ?? each.textContent);
    if (table.querySelector(`tbody td[data-col="${cell.dataset.total}"] [data-widget="duration"]`)) {
      const seconds = texts.map(secondsOf).filter((each) => each !== null);
      cell.textContent = seconds.length ? inWords(seconds.reduce((left, right) => left + right, 0)) : "";
      continue;
    }
    const numbers = texts.map((text) => Number(text.replace(/[^\d.-]/g, ""))).filter((each) => Number.isFinite(each));
    const sum = Math.round(numbers.reduce((left, right) => left + right, 0) * 10_000) / 10_000;
    const places = Math.max(0, ...texts.map((text) => text.match(/\.(\d+)/)?.[1].length ?? 0));
    const how = { minimumFractionDigits: places, maximumFractionDigits: Math.max(places, 4) };
    cell.textContent = texts.some((text) => /\d/.test(text)) ? sum.toLocaleString(document.documentElement.lang, how) : "";
  }
}
