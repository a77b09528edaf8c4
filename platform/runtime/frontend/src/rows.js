// Rows of a list that are drawn anew by the server while the list stands: one of them, or what is worked out of all.

import htmx from "htmx.org";
import { stateQuery } from "./list.js";
import { showChosen } from "./rowmarks.js";

/** The address of something of a row, with the list's state: the row is answered as this list shows it. */
export function addressOf(id, what) {
  const query = stateQuery();
  return `/e/${document.getElementById("list").dataset.entity}/${id}/${what}${query ? `?${query}` : ""}`;
}

/** Put a row as the server drew it into the place of one; nothing drawn takes it away. The row that stands there. */
export function replaceRow(row, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const fresh = template.content.querySelector("tr");
  if (!fresh) {
    row.remove();
    return null;
  }
  for (const mark of ["at", "selected"]) fresh.classList.toggle(mark, row.classList.contains(mark));
  const [before, after] = [row, fresh].map((each) => each.querySelector(".pick input"));
  if (before && after) after.checked = before.checked;
  const column = row.contains(document.activeElement) ? document.activeElement.closest("td")?.cellIndex : undefined;
  row.dispatchEvent(new CustomEvent("row:replaced", { bubbles: true, detail: fresh }));
  row.replaceWith(fresh);
  htmx.process(fresh);
  htmx.trigger(fresh, "htmx:load");
  if (column !== undefined) {
    fresh.cells[column].tabIndex = -1;
    fresh.cells[column].focus({ preventScroll: true });
  }
  return fresh;
}

/** Draw a row anew, as somebody changed its record. */
export async function refreshRow(id) {
  const answer = await fetch(addressOf(id, "row"), { headers: { Accept: "application/json" } }).catch(() => null);
  const html = answer?.ok ? await answer.text() : null;
  // Only now: while that was asked the row may have been drawn anew by something else.
  const row = document.querySelector(`#rows > tr[data-id="${id}"]`);
  if (!row) return;
  if (html !== null) replaceRow(row, html);
  else if (answer?.status === 404) row.remove();
  showChosen();
  refreshAround();
}

/** Draw anew what is worked out of many rows: the numbers below the list, its groups. */
export function refreshAround() {
  const foot = document.querySelector(".records tfoot[hx-get]");
  if (foot) htmx.ajax("GET", foot.getAttribute("hx-get"), { source: foot, target: foot, swap: "innerHTML" });
  if (document.querySelector("#rows > .group-head")) refreshGroups();
}

/** In groups a changed row may belong elsewhere: all rows as they are now, with what was marked and folded. */
async function refreshGroups() {
  const answer = await fetch(location.pathname + location.search, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const [now, then] = [document.getElementById("rows"), page.getElementById("rows")];
  if (!now || !then) return;
  const titles = (rows) => new Map([...rows.querySelectorAll(".group-head button")].map((button) => [button.textContent, button]));
  const folded = [...titles(now)].filter(([, button]) => button.getAttribute("aria-expanded") === "false").map(([title]) => title);
  const chosen = new Set([...now.querySelectorAll(".pick input:checked")].map((box) => box.closest("tr").dataset.id));
  const at = now.querySelector(".at")?.dataset.id;
  const column = document.activeElement?.closest?.("#rows td")?.cellIndex;
  now.replaceChildren(...then.children);
  htmx.process(now);
  for (const child of now.children) htmx.trigger(child, "htmx:load");
  for (const title of folded) titles(now).get(title)?.click();
  for (const row of now.querySelectorAll("tr[data-id]")) {
    const box = row.querySelector(".pick input");
    if (box) box.checked = chosen.has(row.dataset.id);
    row.classList.toggle("at", row.dataset.id === at);
  }
  const cell = column === undefined ? null : now.querySelector(".at")?.cells[column];
  if (cell) {
    cell.tabIndex = -1;
    cell.focus({ preventScroll: true });
  }
  showChosen();
}
