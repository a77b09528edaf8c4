// How a list looks: rows in groups, numbers below, columns that stay, the height of rows.

import { freeze } from "../groups.js";
import { make } from "../page.js";
import { choice, group, segmented, toggle } from "./controls.js";
import { w } from "./words.js";

const pathOf = (column) => (typeof column === "string" ? column : column.field);
const FROZEN = [1, 2, 3, 4];
const MOST_TOTALS = 12;

/** The settings of a list's looks. `set(name, value)` puts one of its keys, or takes it away for null or nothing. */
export function lookSettings(frame, set, choices) {
  const { document } = frame;
  return group(
    w("looks"),
    choice(w("group_by"), groupChoices(frame, document, choices), document.group, (path) => set("group", path || null), { empty: w("none") }),
    ...treeSwitch(frame, set),
    totalRows(frame, set),
    segmented(w("frozen"), FROZEN.map((count) => [count, String(count)]), document.frozen ?? 1, (count) => set("frozen", count > 1 ? count : null)),
    segmented(w("row_height"), [["", w("density.usual")], ["compact", w("density.compact")], ["roomy", w("density.roomy")]], document.density ?? "", (density) => set("density", density || null)),
  );
}

/** Whether records stand below each other; only where they have a field that says so, or the list asks for one. */
function treeSwitch(frame, set) {
  const { document } = frame;
  const fields = frame.entity(document.entity)?.fields ?? [];
  if (!document.tree && !fields.some((field) => field.type === "tree")) return [];
  const control = toggle(w("as_tree"), document.tree, (on) => set("tree", on), { note: w("as_tree_note") });
  control.querySelector("input").dataset.name = "as-tree";
  return [control];
}

/** Fields whose values recur, and what it is grouped by now. */
function groupChoices(frame, { entity, group: present }, choices) {
  const found = (frame.entity(entity)?.fields ?? []).filter((field) => field.recurs).map((field) => [field.key, field.label]);
  if (present && !found.some(([path]) => path === present)) found.push([present, new Map(choices).get(present) ?? present]);
  return found;
}

/** A line for each column of numbers, and for each total there is. */
function totalRows(frame, set) {
  const holder = make("div", { class: "d-totals" });
  const fields = new Map((frame.entity(frame.document.entity)?.fields ?? []).map((field) => [field.key, field]));
  const put = (totals) => {
    set("totals", totals);
    draw();
  };
  const line = (field, total, totals) => {
    const at = totals.indexOf(total);
    const ops = (field?.aggregates ?? []).map((op) => make("option", { value: op }, w(`total.${op}`)));
    const select = make("select", { class: "form-select", "aria-label": `${w("totals")}: ${field?.label ?? total.field}`, "data-total": field?.key ?? total.field }, make("option", { value: "" }, w("none")), ...ops);
    select.value = total?.op ?? "";
    select.disabled = !total && totals.length >= MOST_TOTALS;
    select.addEventListener("change", () => {
      if (!select.value) put(totals.toSpliced(at, 1));
      else if (total) put(totals.with(at, { ...total, op: select.value }));
      else put([...totals, { field: field.key, op: select.value }]);
    });
    return make("div", { class: "line" }, make("span", { class: "cut" }, field?.label ?? total.field), select);
  };
  const draw = () => {
    const totals = frame.document.totals ?? [];
    const shown = frame.document.columns.map(pathOf).filter((path) => fields.get(path)?.numeric && fields.get(path).aggregates.length);
    const keys = new Set([...shown, ...totals.map((total) => total.field)]);
    const lines = [...keys].flatMap((key) => {
      const own = totals.filter((total) => total.field === key);
      return (own.length ? own : [null]).map((total) => line(fields.get(key), total, totals));
    });
    holder.replaceChildren(...(lines.length ? lines : [make("p", { class: "soft small" }, w("totals_none"))]));
  };
  draw();
  return make("div", { class: "d-row" }, make("div", { class: "input-label" }, w("totals")), holder);
}

const sheets = new WeakMap();

/** Let columns of a drawn list stay while the others scroll, as the list itself does. */
export function keepColumns(doc) {
  const screen = doc.querySelector(".list-screen");
  const table = screen?.querySelector("table.records");
  let sheet = sheets.get(doc);
  if (!sheet) {
    sheet = new doc.defaultView.CSSStyleSheet();
    doc.adoptedStyleSheets.push(sheet);
    sheets.set(doc, sheet);
  }
  freeze(sheet, table, Number(screen?.dataset.frozen ?? 1));
}
