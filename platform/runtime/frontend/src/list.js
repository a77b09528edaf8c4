// The list page: its address, sorting, density, widths, export; the marks on rows are in rowmarks.js.

import { act, go, posted, say, whenShown } from "./page.js";
import { setDensity } from "./shell.js";
import { toast } from "./overlays.js";

const NARROWEST = 48;

/** The list on the screen, or null. */
export function list() {
  return document.getElementById("list");
}

/**
 * The address of the list with some parts of its state changed; null takes a part away. Paging starts anew. The
 * filter is the page's own, because the address may have said it in another way (`city=…`).
 */
export function withState(changes) {
  const asked = new URLSearchParams(location.search);
  const present = Object.fromEntries(["list", "view", "q", "group", "sort", "columns", "month"].map((name) => [name, asked.get(name)]));
  const parts = { ...present, filter: list().dataset.filter, ...changes };
  const query = new URLSearchParams(Object.entries(parts).filter(([, value]) => value));
  return location.pathname + (query.size ? `?${query}` : "");
}

/** What the address says of the list itself, whichever page of it is shown and whatever is open beside it. */
export function stateQuery() {
  const asked = new URLSearchParams(location.search);
  asked.delete("after");
  asked.delete("open");
  return asked.toString();
}

// Shift and a click on a heading sorts within what is sorted already.
document.addEventListener(
  "click",
  (event) => {
    const link = event.shiftKey && event.target.closest("a.sorter");
    if (!link) return;
    event.preventDefault();
    event.stopPropagation();
    const { sort } = link.dataset;
    const keys = (list().dataset.sort || "").split(",").filter(Boolean);
    const at = keys.findIndex((key) => key === sort || key === `-${sort}`);
    if (at < 0) keys.push(sort);
    else if (keys[at] === sort) keys[at] = `-${sort}`;
    else keys.splice(at, 1);
    go(withState({ sort: keys.join(",") }));
  },
  true,
);

act("toggle-density", () => setDensity(document.documentElement.dataset.density === "roomy" ? "compact" : "roomy"));

act("copy-link", async () => {
  await navigator.clipboard.writeText(location.href);
  toast(say("link_copied"));
});

act("export", () => exportRows({}));

/** Ask for a workbook of what the list shows, or of the given rows of it. */
export async function exportRows({ ids }) {
  const shown = list().dataset;
  const state = new URLSearchParams(location.search);
  const request = { entity: shown.entity, fields: shown.columns };
  const filter = ids ? { field: "id", op: "in", value: ids } : shown.filter ? JSON.parse(shown.filter) : null;
  if (filter) request.filter = filter;
  if (!ids && state.get("q")) request.search = state.get("q");
  if (!ids && shown.layout) request.list = shown.layout;
  if (shown.sort) request.sort = shown.sort;
  try {
    const job = await posted("/api/v1/exports", request);
    toast(say("export_started"));
    await fetchWhenDone(job.id);
  } catch (error) {
    toast(error.message, { bad: true });
  }
}

async function fetchWhenDone(id) {
  for (let wait = 300; ; wait = Math.min(wait * 1.5, 3000)) {
    const response = await fetch(`/api/v1/exports/${id}`, { headers: { Accept: "application/json" } });
    const job = await response.json();
    if (!response.ok || job.state === "failed") throw new Error(job.detail ?? job.message ?? say("failed"));
    if (job.state === "done") break;
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
  location.assign(`/api/v1/exports/${id}/file`);
}

// The first column casts a line once the others move beneath it.
whenShown("#table-frame", (frame) => {
  const mark = () => frame.classList.toggle("scrolled", frame.scrollLeft > 0);
  frame.addEventListener("scroll", mark, { passive: true });
  applyWidths(frame);
});

function widthsName() {
  return `fl.widths.${list()?.dataset.layout || list()?.dataset.entity}`;
}

function applyWidths(frame) {
  const kept = JSON.parse(localStorage.getItem(widthsName()) ?? "{}");
  for (const col of frame.querySelectorAll("col[data-col]")) {
    if (kept[col.dataset.col]) col.setAttribute("width", kept[col.dataset.col]);
  }
}

document.addEventListener("pointerdown", (event) => {
  const grip = event.target.closest(".resizer");
  if (!grip) return;
  event.preventDefault();
  const key = grip.dataset.resize;
  const col = document.querySelector(`col[data-col="${CSS.escape(key)}"]`);
  const from = event.clientX;
  const before = grip.parentElement.getBoundingClientRect().width;
  grip.classList.add("dragging");
  grip.setPointerCapture(event.pointerId);
  grip.onpointermove = (move) => col.setAttribute("width", Math.max(NARROWEST, Math.round(before + move.clientX - from)));
  grip.onpointerup = () => {
    grip.onpointermove = null;
    grip.classList.remove("dragging");
    const kept = JSON.parse(localStorage.getItem(widthsName()) ?? "{}");
    localStorage.setItem(widthsName(), JSON.stringify({ ...kept, [key]: Number(col.getAttribute("width")) }));
  };
});
