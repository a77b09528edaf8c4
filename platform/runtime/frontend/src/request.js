// How htmx asks and what happens around its answers: token, errors, title, scroll position, the menu's mark.

import htmx from "htmx.org";
import { toast } from "./overlays.js";
import { csrf, say } from "./page.js";

// The content security policy forbids inline styles, scripts and eval: nothing here may need them.
htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;
htmx.config.allowScriptTags = false;
htmx.config.selfRequestsOnly = true;
// Only the body's attributes are inherited: a link within a part that loads itself still leads to another screen.
htmx.config.disableInheritance = true;
// The policy forbids style attributes; htmx need not carry them over.
htmx.config.attributesToSettle = ["class", "width", "height"];
htmx.config.historyCacheSize = 0;
htmx.config.scrollIntoViewOnBoost = false;
// A refused form (422) comes back with its messages and is shown; so is a conflict (409).
htmx.config.responseHandling = [
  { code: "204", swap: false },
  { code: "[23]..", swap: true },
  { code: "409|422", swap: true },
  { code: "[45]..", swap: false, error: true },
];

window.htmx = htmx;

const places = new Map();

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRF-Token"] = csrf();
});

// A page that says "not found" or "not allowed" is a page too; an error of a small part is a toast.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const isPage = detail.xhr.getResponseHeader("Content-Type")?.startsWith("text/html");
  if (detail.xhr.status >= 400 && isPage && detail.target.id === "main") {
    detail.shouldSwap = true;
    detail.isError = false;
  }
});

document.addEventListener("htmx:responseError", ({ detail }) => toast(detailOf(detail.xhr), { bad: true }));
document.addEventListener("htmx:sendError", () => toast(say("offline"), { bad: true }));
document.addEventListener("htmx:timeout", () => toast(say("offline"), { bad: true }));

function detailOf(xhr) {
  if (!xhr.getResponseHeader("Content-Type")?.includes("json")) return say("failed");
  return JSON.parse(xhr.responseText).detail ?? say("failed");
}

// Going back finds the page where it was left.
document.addEventListener("htmx:beforeHistorySave", ({ detail }) => places.set(detail.path, scrolled()));
document.addEventListener("htmx:historyRestore", ({ detail }) => {
  const found = places.get(detail.path) ?? [];
  for (const [selector, left, top] of found) document.querySelector(selector)?.scrollTo(left, top);
  arrived();
});

function scrolled() {
  const parts = ["#main", "#table-frame"].map((selector) => [selector, document.querySelector(selector)]);
  return parts.filter(([, part]) => part).map(([selector, part]) => [selector, part.scrollLeft, part.scrollTop]);
}

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target?.id !== "main") return;
  detail.target.scrollTo(0, 0);
  arrived();
});

function arrived() {
  document.body.classList.remove("drawer-open");
  for (const open of document.querySelectorAll("body > dialog[open]")) open.close();
  markMenu();
}

/** Mark the menu's entry of this screen: the one with the same query, else the one whose path leads here. */
export function markMenu() {
  const here = location.pathname;
  const list = new URLSearchParams(location.search).get("list");
  let best = null;
  for (const link of document.querySelectorAll(".side-item")) {
    link.removeAttribute("aria-current");
    const target = new URL(link.href);
    const asked = target.searchParams.get("list");
    if (here !== target.pathname && !here.startsWith(`${target.pathname}/`)) continue;
    if (asked && asked !== list) continue;
    if (!best || asked) best = link;
  }
  best?.setAttribute("aria-current", "page");
}

// A toast the server asks for: HX-Trigger: {"toast": {"text": "…"}}.
document.addEventListener("toast", ({ detail }) => toast(detail.text, { bad: detail.bad }));
