// Search over everything, and commands: one field, one list, the keyboard alone suffices.

import { toast } from "./overlays.js";
import { act, asked, go, icon, make, say } from "./page.js";

const WAIT_MS = 140;
const MOST_COMMANDS = 8;

let commands = null;
let timer = 0;
let asking = 0;

act("open-palette", openPalette);

/** Open the palette, empty. */
export function openPalette() {
  const dialog = document.getElementById("palette");
  if (!dialog || dialog.open) return;
  commands ??= JSON.parse(document.getElementById("commands").textContent);
  const input = document.getElementById("palette-input");
  input.value = "";
  input.oninput = () => search(input.value);
  input.onkeydown = onKey;
  show(matching(""), []);
  dialog.onclose = () => clearTimeout(timer);
  dialog.showModal();
  input.focus();
}

function matching(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (entry) => words.every((word) => entry.label.toLowerCase().includes(word));
  return commands.filter(fits).slice(0, MOST_COMMANDS);
}

function search(text) {
  clearTimeout(timer);
  const wanted = text.trim();
  show(matching(wanted), []);
  if (!wanted) return;
  timer = setTimeout(() => find(wanted), WAIT_MS);
}

async function find(text) {
  const mine = ++asking;
  let found = { groups: [] };
  try {
    found = await asked(`/search?q=${encodeURIComponent(text)}`);
  } catch (error) {
    toast(error.message, { bad: true });
  }
  const isStill = document.getElementById("palette-input").value.trim() === text;
  if (mine === asking && isStill) show(matching(text), found.groups, text);
}

function show(entries, groups, text = "") {
  const hits = document.getElementById("palette-hits");
  const items = entries.map((entry) => row(entry.icon, entry.label, "", entry.href));
  const found = groups.flatMap((group) => [
    make("div", { class: "menu-head", role: "presentation" }, group.label),
    ...group.hits.map((hit) => row(group.icon, hit.title, hit.note, hit.href)),
  ]);
  if (text && !items.length && !found.length) found.push(make("div", { class: "menu-head" }, say("nothing_found", { text })));
  hits.replaceChildren(...found, ...items);
  choose(hits.querySelector("[role=option]"));
}

function row(symbol, label, note, href) {
  const end = note ? make("span", { class: "end small cut" }, note) : null;
  const link = make(
    "a",
    { class: "menu-item", role: "option", id: `hit-${++counter}`, href, "hx-boost": "false", tabindex: "-1" },
    icon(symbol),
    make("span", { class: "cut" }, label),
    end,
  );
  link.addEventListener("mousemove", () => choose(link));
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(link);
  });
  return link;
}

let counter = 0;

function choose(link) {
  for (const other of document.querySelectorAll("#palette-hits [aria-selected]")) other.removeAttribute("aria-selected");
  const input = document.getElementById("palette-input");
  if (!link) {
    input.removeAttribute("aria-activedescendant");
    return;
  }
  link.setAttribute("aria-selected", "true");
  input.setAttribute("aria-activedescendant", link.id);
}

function onKey(event) {
  if (event.isComposing) return;
  const links = [...document.querySelectorAll("#palette-hits [role=option]")];
  const at = links.findIndex((link) => link.getAttribute("aria-selected") === "true");
  const steps = { ArrowDown: 1, ArrowUp: -1 };
  if (event.key in steps && links.length) {
    const next = links[(at + steps[event.key] + links.length) % links.length];
    choose(next);
    next.scrollIntoView({ block: "nearest" });
    event.preventDefault();
  } else if (event.key === "Enter" && links[at]) {
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) window.open(links[at].href);
    else open(links[at]);
  }
}

function open(link) {
  document.getElementById("palette").close();
  go(link.getAttribute("href"));
}
