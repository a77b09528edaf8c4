// What every module needs: words, actions bound to elements by name, asking the server, moving between screens.

import htmx from "htmx.org";

const actions = new Map();
let words = null;

/** The text of a word, with {named} places filled in. */
export function say(key, data = {}) {
  words ??= JSON.parse(document.getElementById("words")?.textContent ?? "{}");
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => String(data[name] ?? ""));
}

/** Let `<… data-do="name">` call `run(element, event)` when it is clicked. */
export function act(name, run) {
  actions.set(name, run);
}

document.addEventListener("click", (event) => {
  const element = event.target.closest("[data-do]");
  const run = element && actions.get(element.dataset.do);
  if (run) run(element, event);
});

/** Run `start(element)` for every element of the page that `selector` finds, now and whenever one is swapped in. */
export function whenShown(selector, start) {
  htmx.onLoad((content) => {
    if (content.matches?.(selector)) start(content);
    for (const element of content.querySelectorAll(selector)) start(element);
  });
}

/** An element with attributes and children; text is never read as HTML. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** An icon of the sprite. */
export function icon(name, css = "") {
  const sprite = document.querySelector("svg.icon use")?.getAttribute("href")?.split("#")[0] ?? "";
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", `icon ${css}`.trim());
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}

/** The JSON answer to a GET. Throws an Error whose message may be shown. */
export async function asked(address) {
  return answered(await fetch(address, { headers: { Accept: "application/json" } }));
}

/** The JSON answer to a POST of JSON, with our token. Throws an Error whose message may be shown. */
export async function posted(address, value) {
  const headers = { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": csrf() };
  return answered(await fetch(address, { method: "POST", headers, body: JSON.stringify(value) }));
}

async function answered(response) {
  if (response.redirected && new URL(response.url).pathname === "/login") location.reload();
  const text = await response.text();
  const isJson = response.headers.get("Content-Type")?.includes("json");
  const value = isJson && text ? JSON.parse(text) : null;
  if (!response.ok) throw new Error(value?.detail ?? say("failed"));
  return value;
}

/** The token that proves a change comes from one of our pages. */
export function csrf() {
  return document.body.dataset.csrf ?? "";
}

let taker = null;

/** Let what lies beside the screen show an address there: `take(address)` says whether it does. */
export function divert(take) {
  taker = take;
}

/** Show another screen, or the same one in another state; `replace` leaves no trace in the history. */
export function go(address, { replace = false } = {}) {
  if (taker?.(address)) return Promise.resolve();
  const how = replace ? { replace: address } : { push: address };
  return htmx.ajax("GET", address, { source: "#main", target: "#main", swap: "innerHTML", ...how });
}

/** Show the present screen again with fresh data. */
export function reload() {
  return go(location.pathname + location.search, { replace: true });
}

/** Whether keys are wanted by what has the focus, or by something over the page. */
export function isTyping(target) {
  return Boolean(
    target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable=true]") ||
      document.querySelector("dialog[open], .flyout:popover-open"),
  );
}
