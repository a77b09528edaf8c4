// Masked values, looked at whole; the server writes down who did.

import { toast } from "./overlays.js";
import { act, csrf, icon, make, say } from "./page.js";

const STARS = "****";

act("reveal", async (button, event) => {
  event.preventDefault();
  button.disabled = true;
  const headers = { "X-CSRF-Token": csrf(), Accept: "application/json" };
  const answer = await fetch(button.dataset.at, { method: "POST", headers }).catch(() => null);
  button.disabled = false;
  if (!answer?.ok) return toast((await answer?.json().catch(() => null))?.detail ?? say("failed"), { bad: true });
  const { value } = await answer.json();
  const cell = button.closest("td.veiled");
  const place = button.closest(".masked")?.querySelector(".masked-value") ?? cell;
  button.remove();
  place.textContent = value;
  cell?.classList.remove("veiled");
});

// In lists the button comes to the cell that is pointed at or has the focus; only heads say which columns have one.
for (const moment of ["pointerover", "focusin"]) document.addEventListener(moment, ({ target }) => offer(target.closest?.("table.records > tbody > tr[data-id] > td")));

function offer(cell) {
  if (!cell || cell.classList.contains("veiled")) return;
  const head = cell.closest("table").tHead?.rows[0]?.cells[cell.cellIndex];
  if (!head?.dataset.reveal || !cell.textContent.includes(STARS)) return;
  const [entity, key] = head.dataset.reveal.split(".");
  const at = `/e/${entity}/${cell.parentElement.dataset.id}/reveal/${key}`;
  cell.classList.add("veiled");
  cell.append(make("button", { class: "btn btn-quiet btn-icon btn-small veil", type: "button", "data-do": "reveal", "data-at": at, title: say("reveal"), "aria-label": `${say("reveal")} ${head.textContent.trim()}` }, icon("eye")));
}
