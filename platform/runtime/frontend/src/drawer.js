// A record opened beside its list: the main region of its page, in a drawer. The address says which one, so that
// Back closes it and the address can be passed on. A phone shows the page.

import htmx from "htmx.org";
import { list } from "./list.js";
import { toast } from "./overlays.js";
import { act, divert, go, icon, isTyping, make, say, whenShown } from "./page.js";
import { focusCell } from "./rowmarks.js";
import { refreshRow } from "./rows.js";

const PHONE = "(max-width: 640px)";
let drawer = null;

function pathOf(id) {
  return `/e/${list().dataset.entity}/${id}`;
}

function rowOf(id) {
  return document.querySelector(`#rows > tr[data-id="${id}"]`);
}

/** The address of the list with another record, or none, open beside it. */
function addressWith(id) {
  const query = new URLSearchParams(location.search);
  query.delete("open");
  if (id) query.set("open", id);
  return location.pathname + (query.size ? `?${query}` : "");
}

/** Open the record of a row beside the list; on a phone, its page. */
export function openRecord(row) {
  if (matchMedia(PHONE).matches) return row.querySelector("a.title")?.click();
  if (drawer) history.replaceState(history.state, "", addressWith(row.dataset.id));
  else history.pushState({ htmx: true, drawer: true }, "", addressWith(row.dataset.id));
  return show(row.dataset.id);
}

/** Close what is open beside the list; whether anything was. */
export function closeRecord() {
  if (!drawer) return false;
  if (history.state?.drawer) history.back();
  else {
    history.replaceState(history.state, "", addressWith(null));
    shut();
  }
  return true;
}

function shut() {
  if (!drawer) return;
  const { element, id, title } = drawer;
  drawer = null;
  const had = element.contains(document.activeElement) || document.activeElement === document.body;
  element.remove();
  document.title = title;
  const row = rowOf(id);
  row?.removeAttribute("aria-current");
  if (had && row) focusCell(row.querySelector("td.first"));
}

async function show(id) {
  if (!drawer) drawer = { element: build(), title: document.title, id };
  const same = drawer.id === id;
  rowOf(drawer.id)?.removeAttribute("aria-current");
  drawer.id = id;
  const row = rowOf(id);
  row?.setAttribute("aria-current", "true");
  row?.scrollIntoView({ block: "nearest" });
  const mine = drawer;
  const { element } = drawer;
  element.querySelector("[data-page]").href = pathOf(id);
  htmx.process(element);
  const body = element.querySelector(".drawer-body");
  body.setAttribute("aria-busy", "true");
  await htmx.ajax("GET", pathOf(id), { source: body, target: body, swap: "innerHTML" });
  if (drawer !== mine || drawer.id !== id) return;
  body.removeAttribute("aria-busy");
  if (!same) body.scrollTop = 0;
  // What is not there, or no longer, has said so; the list stays.
  if (body.querySelector("#record")?.dataset.record !== String(id)) return void closeRecord();
  arrived(element);
}

/** Ready what was loaded: its name, the way to its form and back here, the focus. */
function arrived(element) {
  element.setAttribute("aria-label", element.querySelector("h1")?.innerText.trim() ?? "");
  const edit = element.querySelector("[data-edit]");
  if (edit) edit.href = `${edit.getAttribute("href")}?back=${encodeURIComponent(addressWith(drawer.id))}`;
  if (!element.contains(document.activeElement)) element.focus({ preventScroll: true });
}

function build() {
  const page = make("a", { class: "btn btn-quiet btn-icon", "data-page": true, title: `${say("open_page")} (Shift-Enter)`, "aria-label": say("open_page") }, icon("external-link"));
  const close = make("button", { type: "button", class: "btn btn-quiet btn-icon", title: `${say("close")} (Esc)`, "aria-label": say("close"), click: closeRecord }, icon("x"));
  const element = make("aside", { class: "record-drawer", role: "dialog", tabindex: "-1" }, make("div", { class: "drawer-bar" }, page, close), make("div", { class: "drawer-body" }));
  list().append(element);
  return element;
}

/** Whether an address is of the record beside the list, which is then shown there, or of its list after it is gone. */
function take(address) {
  if (!drawer?.element.isConnected) return false;
  const { pathname, search } = new URL(address, location.href);
  const { entity } = list().dataset;
  if (pathname === pathOf(drawer.id)) {
    document.getElementById("dialog")?.close();
    show(drawer.id);
    refreshRow(drawer.id);
    return true;
  }
  if (pathname !== `/e/${entity}` || search) return false;
  history.replaceState({ htmx: true }, "", addressWith(null));
  shut();
  go(location.pathname + location.search, { replace: true });
  return true;
}

divert(take);

// A save answers with where to go next. Where that is the record itself, it is shown here, and its row anew.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { xhr } = event.detail;
  const where = drawer && xhr.getResponseHeader("HX-Location");
  if (!where || !take(JSON.parse(where).path)) return;
  event.preventDefault();
  const said = JSON.parse(xhr.getResponseHeader("HX-Trigger") ?? "{}").toast;
  if (said) toast(said.text, { bad: said.bad });
});

document.addEventListener(
  "click",
  (event) => {
    const link = event.target.closest?.(".drawer-body a[href]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const own = link.origin === location.origin && link.pathname === pathOf(drawer.id) && !link.search;
    if (!own && !link.matches("[data-neighbour]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const id = link.pathname.split("/").at(-1);
    history.replaceState(history.state, "", addressWith(id));
    show(id);
  },
  true,
);

document.addEventListener("keydown", (event) => {
  if (!drawer || event.defaultPrevented || event.isComposing || !event.target.closest?.(".record-drawer, body")) return;
  const inside = event.target === document.body || event.target.closest(".record-drawer");
  if (!inside || isTyping(event.target)) return;
  if (event.key === "Escape") closeRecord();
  else if (event.key === "Enter" && event.shiftKey) drawer.element.querySelector("[data-page]").click();
  else return;
  event.preventDefault();
});

let base = "";

// Back and forward between the list and what is open beside it need no other page.
addEventListener("popstate", (event) => {
  if (!list() || addressWith(null) !== base) return;
  event.stopImmediatePropagation();
  const id = new URLSearchParams(location.search).get("open");
  if (id) show(id);
  else shut();
});

whenShown("#list", () => {
  drawer = null;
  base = addressWith(null);
  const id = new URLSearchParams(location.search).get("open");
  if (!id) return;
  if (!/^[1-9]\d{0,17}$/.test(id)) history.replaceState(history.state, "", base);
  else if (matchMedia(PHONE).matches) go(pathOf(id), { replace: true });
  else show(id);
});

// Whoever goes back at once, before the next page of the list has settled, goes back from that page.
for (const kind of ["htmx:pushedIntoHistory", "htmx:replacedInHistory"]) {
  document.addEventListener(kind, () => (base = addressWith(null)));
}

// One button, in whichever row the hand or the keyboard is.
const opener = make("button", { type: "button", class: "row-open", tabindex: "-1", "data-do": "open-record" });
act("open-record", (button) => openRecord(button.closest("tr")));

for (const kind of ["pointerover", "focusin"]) {
  document.addEventListener(kind, (event) => {
    const cell = event.target.closest?.("#rows > tr[data-id]")?.querySelector("td.first");
    if (!cell || opener.parentElement === cell) return;
    if (!opener.childElementCount) {
      opener.append(icon("layout-sidebar-right-expand"));
      opener.title = `${say("open_beside")} (Enter)`;
      opener.setAttribute("aria-label", say("open_beside"));
    }
    cell.append(opener);
  });
}
