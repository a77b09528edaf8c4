// A field that searches as one types: for references in forms and filters, and for choosing a field by name.
//
// In a page: <div class="picker" data-source="account"><input type="hidden" name="account" value="12">
// <input class="form-control" value="its title"></div>. More attributes: data-for="order.contact" (whose filter
// applies), data-from="account" (names of inputs of the same form that the filter looks at, separated by blanks).
// A "change" event of the hidden input says that something was picked; its `hit` holds {id, title, note}.

import { treeOf } from "./branches.js";
import { asked, icon, make, say, whenShown } from "./page.js";

const WAIT_MS = 140;
let counter = 0;

/**
 * Make `input` a combobox. `find(text)` gives hits {id, title, note}; `pick(hit)` is called with the chosen one, or
 * with null when the text was cleared. Leaving the field restores the title of what holds. Hits of a tree have
 * {depth, more, open} and are opened and closed by `toggle(hit)`.
 */
export function combobox(input, { find, pick, toggle = null, title = "", free = false, eager = true }) {
  const box = new Combobox(input, { find, pick, toggle, title, free, eager });
  input.addEventListener("input", () => box.search());
  input.addEventListener("focus", () => input.select());
  input.addEventListener("click", () => box.open());
  input.addEventListener("keydown", (event) => box.onKey(event));
  input.addEventListener("blur", () => box.leave());
  return box;
}

class Combobox {
  constructor(input, how) {
    Object.assign(this, how, { input, hits: [], at: -1, asking: 0, timer: 0 });
    const id = `picker-${++counter}`;
    this.list = make("div", { class: "flyout picker-hits", id, role: "listbox", popover: "manual" });
    for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": id, autocomplete: "off", spellcheck: "false" })) {
      input.setAttribute(name, value);
    }
  }

  search() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(this.input.value.trim()), WAIT_MS);
  }

  open() {
    if (!this.isOpen && !this.input.disabled && !this.input.readOnly) this.load("");
  }

  get isOpen() {
    return this.list.matches(":popover-open");
  }

  async load(text) {
    const mine = ++this.asking;
    let hits = [];
    let note = "";
    try {
      hits = await this.find(text);
      note = hits.length || this.free ? "" : say("nothing_found", { text });
    } catch (error) {
      note = error.message;
    }
    if (mine !== this.asking || document.activeElement !== this.input) return;
    this.show(hits, note);
  }

  show(hits, note) {
    this.hits = hits;
    const rows = hits.map((hit, index) => this.row(hit, index));
    this.list.replaceChildren(...rows, ...(note ? [make("div", { class: "menu-head" }, note)] : []));
    const box = this.input.getBoundingClientRect();
    this.list.style.width = `${Math.max(box.width, 220)}px`;
    this.list.anchor = this.input;
    if (!this.list.isConnected) this.input.after(this.list);
    if (!hits.length && !note) return this.close();
    if (!this.isOpen) this.list.showPopover();
    this.input.setAttribute("aria-expanded", "true");
    this.choose(hits.length && this.eager ? 0 : -1);
  }

  row(hit, index) {
    const note = hit.note ? make("small", { class: "cut" }, hit.note) : null;
    const row = make("div", { class: "picker-hit", role: "option", id: `${this.list.id}-${index}` }, make("div", { class: "cut" }, hit.title), note);
    if (hit.depth !== undefined) this.place(row, hit);
    row.addEventListener("mousedown", (event) => {
      event.preventDefault();
      this.take(hit);
    });
    return row;
  }

  /** Show where a hit stands in its tree, and what opens it. */
  place(row, hit) {
    row.classList.add("picker-node");
    row.style.setProperty("--depth", hit.depth);
    if (!hit.more) return;
    const label = say(hit.open ? "close_branch" : "open_branch", { title: hit.title, count: hit.more });
    const opener = make("span", { class: "picker-opener", title: label, "aria-label": label }, icon(hit.open ? "chevron-down" : "chevron-right"));
    opener.addEventListener("mousedown", (event) => {
      event.preventDefault();
      event.stopPropagation();
      this.unfold(hit);
    });
    row.prepend(opener);
  }

  async unfold(hit) {
    this.toggle(hit);
    await this.load("");
    this.choose(this.hits.findIndex((one) => one.id === hit.id));
  }

  /** Whether a key opens or closes the chosen branch, which is then done. */
  walks(key) {
    const hit = this.isOpen ? this.hits[this.at] : undefined;
    if (!hit?.more || (key === "ArrowRight") === hit.open || !["ArrowLeft", "ArrowRight"].includes(key)) return false;
    this.unfold(hit);
    return true;
  }

  choose(index) {
    this.at = index;
    [...this.list.querySelectorAll("[role=option]")].forEach((row, position) => {
      row.setAttribute("aria-selected", String(position === index));
      if (position === index) row.scrollIntoView({ block: "nearest" });
    });
    if (index >= 0) this.input.setAttribute("aria-activedescendant", `${this.list.id}-${index}`);
    else this.input.removeAttribute("aria-activedescendant");
  }

  onKey(event) {
    if (event.isComposing) return;
    const count = this.hits.length;
    if (this.walks(event.key)) event.preventDefault();
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!this.isOpen) this.open();
      else if (count) this.choose(event.key === "ArrowDown" ? (this.at + 1) % count : (Math.max(this.at, 0) - 1 + count) % count);
    } else if (event.key === "Enter" && this.isOpen && (this.at >= 0 || !this.free)) {
      event.preventDefault();
      if (this.at >= 0) this.take(this.hits[this.at]);
    } else if (event.key === "Escape" && this.isOpen) {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    }
  }

  take(hit) {
    this.title = hit.title;
    this.input.value = hit.title;
    this.close();
    this.pick(hit);
  }

  leave() {
    clearTimeout(this.timer);
    this.asking += 1;
    this.close();
    if (this.free) return;
    if (this.input.value.trim() === "" && this.title !== "") {
      this.title = "";
      this.pick(null);
    }
    this.input.value = this.title;
  }

  close() {
    if (this.list.isConnected && this.isOpen) this.list.hidePopover();
    this.input.setAttribute("aria-expanded", "false");
  }
}

/** Hits of `/pick/{source}`. */
export async function found(source, text, more = {}) {
  const query = new URLSearchParams({ q: text, ...more });
  return (await asked(`/pick/${source}?${query}`)).items;
}

/** Titles of references by id; those that may not be seen are missing. */
export async function titles(source, ids) {
  if (!ids.length) return new Map();
  const { items } = await asked(`/pick/${source}?${new URLSearchParams({ ids: ids.join(",") })}`);
  return new Map(items.map((item) => [item.id, item.title]));
}

/** What a relation's filter looks at in the form around its picker. */
export function contextOf(picker) {
  const more = picker.dataset.for ? { for: picker.dataset.for } : {};
  const form = picker.closest("form");
  // Within a row of a sub-table the filter looks at the fields of that row.
  const row = picker.querySelector("input[type=hidden]").name.match(/^.*\]\./)?.[0] ?? "";
  for (const name of (picker.dataset.from ?? "").split(" ").filter(Boolean)) {
    more[`from.${name}`] = form?.elements.namedItem(row + name)?.value ?? "";
  }
  return more;
}

const sought = new Map();

/** The hit that is called exactly `text`, by title or by one of its notes; null when there is none or are several. */
async function exactHit(picker, text) {
  const { source } = picker.dataset;
  const more = contextOf(picker);
  const key = JSON.stringify([source, text, more]);
  // Pasted columns name the same few records again and again.
  if (!sought.has(key)) {
    sought.set(key, found(source, text, more));
    setTimeout(() => sought.delete(key), 10_000);
  }
  const hits = await sought.get(key).catch(() => []);
  const same = (one) => one?.trim().toLowerCase() === text.toLowerCase();
  return hits.find((hit) => same(hit.title)) ?? hits.find((hit) => hit.note?.split(" · ").some(same)) ?? null;
}

whenShown(".picker[data-source]", (picker) => {
  if (picker.dataset.ready) return;
  picker.dataset.ready = "yes";
  const hidden = picker.querySelector("input[type=hidden]");
  const input = picker.querySelector("input:not([type=hidden])");
  const clear = make("button", { type: "button", class: "btn btn-quiet btn-icon btn-small picker-clear", "aria-label": say("clear"), tabindex: "-1" }, icon("x"));
  const set = (hit) => {
    hidden.value = hit?.id ?? "";
    clear.hidden = !hidden.value;
    hidden.hit = hit;
    hidden.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const tree = picker.dataset.tree === undefined ? null : treeOf(picker.dataset.source, () => contextOf(picker));
  const box = combobox(input, {
    title: input.value,
    find: (text) => (tree ? tree.find(text) : found(picker.dataset.source, text, contextOf(picker))),
    toggle: tree?.toggle,
    pick: set,
  });
  clear.hidden = !hidden.value || input.disabled || input.required;
  clear.addEventListener("click", () => {
    box.title = input.value = "";
    set(null);
    input.focus();
  });
  picker.append(clear);
  const show = (hit) => {
    box.title = input.value = hit?.title ?? "";
    input.removeAttribute("aria-invalid");
  };
  // Others may say what holds: `picker:set` {id, title}; or only what it is called, `picker:find`, as when pasting.
  picker.addEventListener("picker:set", ({ detail }) => {
    show(detail.id ? detail : null);
    hidden.value = detail.id ?? "";
    clear.hidden = !hidden.value || input.required;
  });
  picker.addEventListener("picker:find", async ({ detail: text }) => {
    const hit = text ? await exactHit(picker, text) : null;
    show(hit);
    if (text && !hit) {
      // What names nothing stays to be seen, and is refused when the form is saved.
      box.title = input.value = text;
      input.setAttribute("aria-invalid", "true");
    }
    set(hit);
  });
});
