// The formula editor: fields and functions at hand and completed while one types, what is wrong and where, what it
// gives for real records, and why a value is what it is.

import { asked, icon, make, posted } from "../page.js";
import { row } from "./controls.js";
import { ask } from "./dialogs.js";
import { w } from "./words.js";

const WAIT_MS = 250;
const WORD = /[\p{L}\p{N}_.]+$/u;
const MOST = 8;

/** A row with a formula and the way into its editor. */
export function formulaRow(frame, label, { entity, field = null, value, change, clear = null, note = "" }) {
  const shown = make("code", { class: "d-formula" }, value || "–");
  const open = make("button", { type: "button", class: "btn btn-small", "data-name": "formula", click: () => editFormula(frame, { title: label, entity, field, value: shown.dataset.text ?? value, change: (text) => {
    shown.textContent = shown.dataset.text = text;
    change(text);
  } }) }, icon("bolt"), w("formula_edit"));
  const drop = clear && value ? make("button", { type: "button", class: "btn btn-quiet btn-icon btn-small", title: w("remove"), "aria-label": w("remove"), click: clear }, icon("x")) : null;
  return row(label, make("div", { class: "d-condition" }, shown, make("div", { class: "line" }, open, drop)), { note });
}

/** Edit a formula of an entity in a dialog. */
export function editFormula(frame, { title, entity, field = null, value, change }) {
  const editor = new Editor(frame, entity, field, value);
  return ask({
    title,
    body: [editor.element],
    verb: w("ok"),
    wide: true,
    start: editor.area,
    act: () => {
      if (!editor.area.value.trim()) return false;
      change(editor.area.value.trim());
      return true;
    },
  });
}

class Editor {
  constructor(frame, entity, field, value) {
    Object.assign(this, { frame, entity, field, at: 0, hits: [], timer: 0, asking: 0 });
    this.area = make("textarea", { class: "form-control d-mono", rows: 3, spellcheck: "false", autocomplete: "off", "aria-label": w("formula"), placeholder: w("formula_hint"), role: "combobox", "aria-expanded": "false", "aria-controls": "d-hits", "aria-autocomplete": "list" });
    this.area.value = value ?? "";
    this.list = make("ul", { class: "d-hits", id: "d-hits", role: "listbox", hidden: true });
    this.told = make("div", { class: "d-told", role: "status", "aria-live": "polite" });
    this.trace = make("div", { class: "d-trace" });
    this.element = make("div", { class: "d-formula-editor" }, make("div", { class: "d-formula-main" }, make("div", { class: "d-area" }, this.area, this.list), this.told, this.trace), this.shelf());
    this.area.addEventListener("input", () => this.onInput());
    this.area.addEventListener("keydown", (event) => this.onKey(event));
    this.area.addEventListener("blur", () => setTimeout(() => this.close(), 150));
    this.check();
  }

  // --- what can be used ---

  fieldsOf(key) {
    return (this.frame.entity(key)?.fields ?? []).map((field) => ({ insert: field.key, label: field.label, note: field.key, field }));
  }

  functions() {
    return this.frame.given.functions.map(({ name, use, help }) => ({ insert: `${name}(`, label: name, note: use, help }));
  }

  shelf() {
    const find = make("input", { class: "form-control", type: "search", placeholder: w("search"), "aria-label": w("search") });
    const holder = make("div", { class: "d-shelf-rows" });
    const draw = () => {
      const wanted = find.value.trim().toLowerCase();
      const fits = (item) => `${item.label} ${item.note} ${item.help ?? ""}`.toLowerCase().includes(wanted);
      const part = (title, items) => {
        const rows = items.filter(fits).map((item) => make("button", { type: "button", class: "d-shelf-row", title: item.help ?? item.note, click: () => this.insert(item.insert) }, make("span", {}, item.label), make("small", { class: "soft" }, item.help ?? item.note)));
        return rows.length ? [make("h3", {}, title), ...rows] : [];
      };
      holder.replaceChildren(...part(w("formula_fields"), this.reachable()), ...part(w("formula_functions"), this.functions()));
    };
    find.addEventListener("input", draw);
    draw();
    return make("div", { class: "d-shelf" }, find, holder);
  }

  /** The entity's fields, and one step through links and lines. */
  reachable() {
    const own = this.fieldsOf(this.entity).filter(({ field }) => field.key !== this.field);
    const behind = own.flatMap(({ field }) => {
      if (!field.target || field.system) return [];
      return this.fieldsOf(field.target).filter((item) => !item.field.system).map((item) => ({ insert: `${field.key}.${item.insert}`, label: `${field.label} · ${item.label}`, note: `${field.key}.${item.insert}` }));
    });
    return [...own, ...behind];
  }

  insert(text) {
    const { selectionStart: start, selectionEnd: end, value } = this.area;
    this.put(value.slice(0, start) + text + value.slice(end), start + text.length);
  }

  put(value, caret) {
    this.area.value = value;
    this.area.focus();
    this.area.setSelectionRange(caret, caret);
    this.close();
    this.later();
  }

  // --- completion ---

  onInput() {
    const before = this.area.value.slice(0, this.area.selectionStart);
    const word = before.match(WORD)?.[0] ?? "";
    this.word = word;
    this.hits = word ? this.matching(word) : [];
    this.at = 0;
    this.draw();
    this.later();
  }

  matching(word) {
    const wanted = word.toLowerCase();
    const items = [...this.reachable(), ...this.functions()];
    const score = (item) => {
      const names = [item.insert, item.label].map((name) => name.toLowerCase());
      return names.some((name) => name === wanted) ? 3 : names.some((name) => name.startsWith(wanted)) ? 2 : names.some((name) => name.includes(wanted)) ? 1 : 0;
    };
    return items.map((item) => [score(item), item]).filter(([points]) => points).sort((a, b) => b[0] - a[0]).slice(0, MOST).map(([, item]) => item);
  }

  draw() {
    this.list.hidden = !this.hits.length;
    this.area.setAttribute("aria-expanded", String(Boolean(this.hits.length)));
    this.list.replaceChildren(...this.hits.map((item, index) => {
      const line = make("li", { role: "option", id: `d-hit-${index}`, "aria-selected": String(index === this.at) }, make("span", {}, item.label), make("small", { class: "soft" }, item.note));
      line.addEventListener("mousedown", (event) => {
        event.preventDefault();
        this.take(item);
      });
      return line;
    }));
    if (this.hits.length) this.area.setAttribute("aria-activedescendant", `d-hit-${this.at}`);
    else this.area.removeAttribute("aria-activedescendant");
  }

  close() {
    this.hits = [];
    this.draw();
  }

  take(item) {
    const caret = this.area.selectionStart;
    const start = caret - this.word.length;
    this.put(this.area.value.slice(0, start) + item.insert + this.area.value.slice(caret), start + item.insert.length);
  }

  onKey(event) {
    if (!this.hits.length || event.isComposing) return;
    const { key } = event;
    if (key === "ArrowDown" || key === "ArrowUp") this.at = (this.at + (key === "ArrowDown" ? 1 : -1) + this.hits.length) % this.hits.length;
    else if (key === "Enter" || key === "Tab") this.take(this.hits[this.at]);
    else if (key === "Escape") this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
    if (this.hits.length) this.draw();
  }

  // --- what it gives ---

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.check(), WAIT_MS);
  }

  async check() {
    const text = this.area.value.trim();
    const mine = ++this.asking;
    this.trace.replaceChildren();
    if (!text) return this.told.replaceChildren();
    await this.frame.work.settled();
    try {
      const found = await posted("/admin/design/formula", { entity: this.entity, text, field: this.field ?? "" });
      if (mine === this.asking) this.tell(found);
    } catch (error) {
      if (mine === this.asking) this.told.replaceChildren(make("p", { class: "input-error" }, error.message));
    }
  }

  tell(found) {
    this.area.setAttribute("aria-invalid", String(Boolean(found.error)));
    if (found.error) return this.told.replaceChildren(this.complaint(found));
    const rows = found.samples.map((sample) => make("tr", {}, make("th", { scope: "row", class: "cut" }, sample.title), make("td", { class: "num" }, this.reason(sample))));
    const parts = [make("p", { class: "d-good" }, icon("circle-check"), w("formula_result", { kind: found.result }))];
    if (found.unknown.length) parts.push(make("p", { class: "soft" }, w("formula_unknown", { fields: found.unknown.join(", ") })));
    parts.push(make("h3", {}, w("formula_preview")));
    parts.push(rows.length ? make("table", { class: "plain" }, make("tbody", {}, ...rows)) : make("p", { class: "soft" }, w("formula_no_rows")));
    return this.told.replaceChildren(...parts);
  }

  /** What is wrong; a click goes to the place. */
  complaint({ error, position }) {
    const line = make("button", { type: "button", class: "d-complaint" }, icon("alert-circle"), error);
    const { value } = this.area;
    if (position) {
      const end = position - 1 + (value.slice(position - 1).match(/^[\p{L}\p{N}_]+|./u)?.[0].length ?? 1);
      line.append(make("code", {}, value.slice(Math.max(0, position - 12), position - 1), make("mark", {}, value.slice(position - 1, end) || "…"), value.slice(end, end + 12)));
      line.addEventListener("click", () => {
        this.area.focus();
        this.area.setSelectionRange(position - 1, end);
      });
    }
    return line;
  }

  reason(sample) {
    const shown = sample.value === "" ? w("formula_empty") : sample.value;
    if (!this.field || !this.frame.work.isPublished(`entity:${this.entity}`)) return shown;
    return make("button", { type: "button", class: "btn btn-quiet btn-small", title: w("trace"), click: () => this.explain(sample.id) }, shown, icon("help-circle"));
  }

  async explain(id) {
    try {
      const found = await asked(`/admin/design/trace/${this.entity}/${id}/${this.field}`);
      this.trace.replaceChildren(make("h3", {}, w("trace")), tree(found));
    } catch (error) {
      this.trace.replaceChildren(make("p", { class: "soft" }, error.message));
    }
  }
}

/** A traced value with what it was made of. */
function tree({ label, value, formula, how, terms }) {
  const head = make("div", { class: "line" }, make("strong", {}, label), make("span", {}, `= ${value || w("formula_empty")}`), formula ? make("code", { class: "soft" }, formula) : how ? make("small", { class: "soft" }, how) : null);
  return make("div", { class: "d-term" }, head, ...terms.map(tree));
}
