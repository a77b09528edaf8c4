// A list as a tree: branches are fetched when they are first opened, and stay while the list does.

import htmx from "htmx.org";
import { toast } from "./overlays.js";
import { act, make, say, whenShown } from "./page.js";
import { focusCell, showChosen } from "./rowmarks.js";
import { addressOf } from "./rows.js";

act("toggle-branch", (button) => toggle(button.closest("tr")));
act("more-branch", (button) => more(button.closest("tr")));

function levelOf(row) {
  return Number(row.getAttribute("aria-level") ?? 1);
}

function isOpen(row) {
  return row.getAttribute("aria-expanded") === "true";
}

/** The rows below one, however deep. */
function below(row) {
  const found = [];
  for (let next = row.nextElementSibling; next && levelOf(next) > levelOf(row); next = next.nextElementSibling) found.push(next);
  return found;
}

function toggle(row) {
  return isOpen(row) ? close(row) : open(row);
}

function close(row) {
  row.setAttribute("aria-expanded", "false");
  for (const each of below(row)) each.hidden = true;
}

async function open(row) {
  row.setAttribute("aria-expanded", "true");
  const rows = below(row);
  if (!rows.length) return fetchInto(row, row, "");
  // A branch opens as it was left: what is closed within it stays closed.
  const levels = [levelOf(row)];
  for (const each of rows) {
    const level = levelOf(each);
    while (levels.at(-1) >= level) levels.pop();
    each.hidden = levels.at(-1) < level - 1;
    if (!each.hidden && (isOpen(each) || !each.hasAttribute("aria-expanded"))) levels.push(level);
  }
}

/** Put rows right below one, behind `last`, from the place of the cursor on. */
async function fetchInto(row, last, after) {
  const address = addressOf(row.dataset.id, "branch");
  const asked = after ? `${address}${address.includes("?") ? "&" : "?"}after=${encodeURIComponent(after)}` : address;
  row.setAttribute("aria-busy", "true");
  const answer = await fetch(asked, { headers: { Accept: "application/json" } }).catch(() => null);
  row.removeAttribute("aria-busy");
  if (!answer?.ok || answer.redirected) {
    row.setAttribute("aria-expanded", "false");
    return toast(answer ? (await answer.json().catch(() => null))?.detail ?? say("failed") : say("offline"), { bad: true });
  }
  const template = document.createElement("template");
  template.innerHTML = await answer.text();
  const rows = [...template.content.querySelectorAll("tr")];
  const next = answer.headers.get("X-Next");
  if (next) rows.push(restOf(row, next));
  for (const each of rows) place(each, levelOf(row) + 1);
  last.after(...rows);
  for (const each of rows) {
    htmx.process(each);
    htmx.trigger(each, "htmx:load");
  }
  if (document.querySelector("#bulk-bar")) showChosen();
}

function place(row, level) {
  row.setAttribute("aria-level", level);
  row.style.setProperty("--level", level - 1);
}

/** The row that brings the rest of a branch. */
function restOf(row, next) {
  const button = make("button", { type: "button", class: "btn btn-quiet btn-small", "data-do": "more-branch" }, say("more_below"));
  return make("tr", { class: "branch-more", "data-next": next, "data-above": row.dataset.id }, make("td", { colspan: row.cells.length, class: "first" }, button));
}

async function more(rest) {
  const row = document.querySelector(`#rows > tr[data-id="${rest.dataset.above}"]`);
  const last = rest.previousElementSibling;
  await fetchInto(row, last, rest.dataset.next);
  rest.remove();
}

/** The row that one stands below. */
function aboveOf(row) {
  let found = row.previousElementSibling;
  while (found && levelOf(found) >= levelOf(row)) found = found.previousElementSibling;
  return found;
}

/** To the right opens a branch; to the left closes it, or leads to what it stands below. */
function across(row, by) {
  if (by > 0) {
    if (row.getAttribute("aria-expanded") !== "false") return false;
    open(row);
    return true;
  }
  if (isOpen(row)) {
    close(row);
    return true;
  }
  const above = aboveOf(row);
  if (above) focusCell(above.querySelector("td.first"));
  return Boolean(above);
}

whenShown("#list[data-tree]", (list) => {
  list.addEventListener("row:across", (event) => {
    if (across(event.detail.row, event.detail.by)) event.preventDefault();
  });
  // A row that is drawn anew stays where it stands, as open as it was.
  list.addEventListener("row:replaced", ({ target: row, detail: fresh }) => {
    place(fresh, levelOf(row));
    if (fresh.hasAttribute("aria-expanded") && isOpen(row)) fresh.setAttribute("aria-expanded", "true");
  });
});
