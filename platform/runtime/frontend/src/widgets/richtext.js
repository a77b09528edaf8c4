// A small editor of formatted text over a textarea that keeps its HTML. Nothing but the few elements the server keeps
// gets in, whatever is pasted.

import { icon, make, say } from "../page.js";
import { enter, whenSet, widget } from "./base.js";

const KEPT = new Set(["P", "BR", "H2", "H3", "H4", "UL", "OL", "LI", "BLOCKQUOTE", "PRE", "A", "STRONG", "B", "EM", "I", "U", "S", "CODE", "HR"]);
const DROPPED = new Set(["SCRIPT", "STYLE", "TITLE", "TEMPLATE", "IFRAME", "OBJECT", "SVG", "MATH", "HEAD"]);
const BUTTONS = [
  ["bold", "bold", () => run("bold")],
  ["italic", "italic", () => run("italic")],
  ["h-2", "heading", () => run("formatBlock", isIn("H2") ? "p" : "h2")],
  ["list", "bullets", () => run("insertUnorderedList")],
  ["list-numbers", "numbers", () => run("insertOrderedList")],
  ["quote", "quote", () => run("formatBlock", isIn("BLOCKQUOTE") ? "p" : "blockquote")],
  ["link", "link", link],
  ["arrow-back-up", "undo", () => run("undo")],
  ["arrow-forward-up", "redo", () => run("redo")],
];

widget("richtext", (area) => {
  const page = make("div", { class: "form-control rich rich-page", contenteditable: "true", role: "textbox", "aria-multiline": "true", "aria-label": area.dataset.label, id: area.id, "data-placeholder": area.placeholder });
  for (const name of ["aria-describedby", "aria-invalid", "aria-required"]) if (area.hasAttribute(name)) page.setAttribute(name, area.getAttribute(name));
  const bar = make("div", { class: "rich-bar", role: "toolbar", "aria-label": area.dataset.label }, ...BUTTONS.map(([drawing, name, press]) => button(page, drawing, name, press)));
  page.style.minHeight = `${Math.max(2, area.rows) * 1.5}rem`;
  area.removeAttribute("id");
  area.hidden = true;
  area.before(make("div", { class: "rich-editor" }, bar, page));
  const show = () => page.replaceChildren(clean(area.value));
  const keep = () => enter(area, page.textContent.trim() ? page.innerHTML : "");
  page.addEventListener("input", (event) => {
    event.stopPropagation();
    keep();
  });
  page.addEventListener("focus", () => document.execCommand("defaultParagraphSeparator", false, "p"));
  page.addEventListener("paste", (event) => {
    event.preventDefault();
    const html = event.clipboardData.getData("text/html");
    if (html) document.execCommand("insertHTML", false, make("div", {}, clean(html)).innerHTML);
    else document.execCommand("insertText", false, event.clipboardData.getData("text/plain"));
  });
  page.addEventListener("drop", (event) => event.preventDefault());
  page.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      link();
    }
  });
  document.addEventListener("selectionchange", () => page.contains(document.getSelection().anchorNode) && mark(bar));
  whenSet(area, show);
  show();
});

function button(page, drawing, name, press) {
  const title = say(`widget.${name}`);
  const made = make("button", { type: "button", class: "btn btn-quiet btn-icon btn-small", "data-mark": name, title, "aria-label": title }, icon(drawing));
  made.addEventListener("mousedown", (event) => event.preventDefault());
  made.addEventListener("click", () => {
    if (!page.contains(document.getSelection().anchorNode)) page.focus();
    press();
  });
  return made;
}

function run(command, value) {
  document.execCommand(command, false, value);
}

function isIn(tag) {
  const node = document.getSelection().anchorNode;
  return Boolean((node?.nodeType === Node.ELEMENT_NODE ? node : node?.parentElement)?.closest(`.rich-page ${tag}`));
}

function mark(bar) {
  const on = { bold: document.queryCommandState("bold"), italic: document.queryCommandState("italic"), heading: isIn("H2"), bullets: isIn("UL"), numbers: isIn("OL"), quote: isIn("BLOCKQUOTE"), link: isIn("A") };
  for (const each of bar.children) if (each.dataset.mark in on) each.setAttribute("aria-pressed", String(on[each.dataset.mark]));
}

function link() {
  const selection = document.getSelection();
  const range = selection.rangeCount ? selection.getRangeAt(0) : null;
  const present = selection.anchorNode?.parentElement?.closest("a")?.getAttribute("href") ?? "https://";
  const address = prompt(say("widget.link_address"), present);
  if (address === null || !range) return;
  selection.removeAllRanges();
  selection.addRange(range);
  const fine = /^(https?:\/\/|mailto:|tel:)\S+$/i.test(address.trim());
  if (!fine) run("unlink");
  else if (range.collapsed) run("insertHTML", make("div", {}, make("a", { href: address.trim() }, address.trim())).innerHTML);
  else run("createLink", address.trim());
}

/** A fragment of the HTML with the elements that are kept, and of their attributes only addresses of links. */
function clean(html) {
  const parsed = new DOMParser().parseFromString(/</.test(html) ? html : "", "text/html");
  const fragment = document.createDocumentFragment();
  if (!/</.test(html)) fragment.append(...html.split("\n").filter(Boolean).map((line) => make("p", {}, line)));
  copy(parsed.body, fragment);
  return fragment;
}

function copy(from, into) {
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) into.append(node.textContent);
    if (node.nodeType !== Node.ELEMENT_NODE || DROPPED.has(node.tagName)) continue;
    let target = into;
    const tag = node.tagName === "DIV" && !node.querySelector("p, div, ul, ol") ? "P" : node.tagName === "H1" ? "H2" : node.tagName;
    if (KEPT.has(tag)) {
      target = document.createElement(tag);
      const address = node.getAttribute("href");
      if (tag === "A" && /^(https?:|mailto:|tel:)/i.test(address ?? "")) target.setAttribute("href", address);
      into.append(target);
    }
    copy(node, target);
  }
}
