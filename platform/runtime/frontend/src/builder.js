// The filter builder: conditions as sentences, "amount · is at least · 10,000". Lists read and write the Condition in
// the address; designers open it over conditions of their own. What it cannot show as a line (deeper groups) it keeps
// untouched.

import { list, withState } from "./list.js";
import { openAt, toast } from "./overlays.js";
import { act, asked, go, icon, make, say } from "./page.js";
import { combobox } from "./picker.js";
import { choices, valueControl } from "./values.js";

const known = new Map();

/** The fields of an entity that may be filtered, with their operators; asked once per page. */
async function fieldsOf(entity) {
  if (!known.has(entity)) known.set(entity, (await asked(`/e/${entity}/fields`)).fields.filter((field) => field.operators.length));
  return known.get(entity);
}

act("open-builder", (button) => open(button, Number(button.dataset.line ?? -1), null));
act("open-choices", (button) => offer(button));

async function open(anchor, at, added) {
  try {
    const fields = await fieldsOf(list().dataset.entity);
    const builder = new Builder(fields, condition(), { host: list(), done: show });
    if (added) builder.group.lines.push(builder.newLine(added));
    builder.open(anchor, at);
  } catch (error) {
    toast(error.message, { bad: true });
  }
}

/** A quick filter: for options a list to tick, for other fields the builder with a line for them. */
async function offer(button) {
  const fields = await fieldsOf(list().dataset.entity);
  const field = fields.find((each) => each.key === button.dataset.field);
  if (!field?.choices || !field.operators.some((each) => each.name === "in")) {
    await open(button, -1, field);
    return;
  }
  const line = { value: [] };
  const apply = make("button", { type: "button", class: "btn btn-primary btn-wide" }, say("apply"));
  const flyout = flyoutFor("quick", list());
  flyout.replaceChildren(choices(field, line), apply);
  apply.addEventListener("click", () => {
    flyout.hidePopover();
    if (line.value.length) show(join(condition(), { field: field.key, op: "in", value: line.value }));
  });
  openAt(flyout, button);
  flyout.querySelector("input")?.focus();
}

/** Build a condition over `fields`, at an element; `done` gets it, null when it says nothing. */
export function buildCondition(anchor, fields, filter, done) {
  const host = anchor.closest("dialog") ?? document.body;
  new Builder(fields.filter((field) => field.operators.length), filter, { host, done }).open(anchor, -1);
}

function flyoutFor(id, host) {
  document.getElementById(id)?.remove();
  const flyout = make("div", { class: "flyout", id, popover: "auto", role: "dialog", "aria-label": say("filter") });
  host.append(flyout);
  return flyout;
}

function condition() {
  const text = list().dataset.filter;
  return text ? JSON.parse(text) : null;
}

function join(present, added) {
  if (!present) return added;
  return present.all && Object.keys(present).length === 1 ? { all: [...present.all, added] } : { all: [present, added] };
}

function show(filter) {
  go(withState({ filter: filter ? JSON.stringify(filter) : null }));
}

class Builder {
  constructor(fields, filter, { host, done }) {
    this.fields = fields;
    this.done = done;
    this.byKey = new Map(fields.map((field) => [field.key, field]));
    this.group = this.read(filter);
    this.flyout = flyoutFor("builder", host);
    this.flyout.classList.add("builder");
    this.flyout.addEventListener("keydown", (event) => this.onKey(event));
  }

  open(anchor, at) {
    if (!this.group.lines.length) this.group.lines.push(this.newLine(this.fields[0]));
    this.draw();
    openAt(this.flyout, anchor);
    this.focus(at < 0 ? this.group.lines.length - 1 : at);
  }

  read(filter) {
    if (!filter) return { mode: "all", lines: [] };
    const mode = filter.any ? "any" : "all";
    const parts = filter[mode] && Object.keys(filter).length === 1 ? filter[mode] : [filter];
    return { mode, lines: parts.map((part) => this.readPart(part, true)) };
  }

  readPart(part, mayNest) {
    const field = this.byKey.get(part.field);
    const operator = field?.operators.find((each) => each.name === part.op);
    if (operator) return { field, operator, value: part.value };
    const mode = part.all ? "all" : part.any ? "any" : null;
    if (mayNest && mode && Object.keys(part).length === 1) {
      const lines = part[mode].map((each) => this.readPart(each, false));
      if (lines.every((line) => line.field)) return { mode, lines };
    }
    return { kept: part };
  }

  newLine(field) {
    return { field, operator: field.operators.find((each) => !each.twin), value: undefined };
  }

  draw() {
    const add = make("button", { type: "button", class: "btn btn-quiet", click: () => this.add(this.group) }, icon("plus"), say("add_condition"));
    const nest = make("button", { type: "button", class: "btn btn-quiet", click: () => this.nest() }, icon("plus"), say("add_group"));
    const clear = make("button", { type: "button", class: "btn btn-quiet", click: () => this.apply({ mode: "all", lines: [] }) }, say("clear_all"));
    const done = make("button", { type: "button", class: "btn btn-primary", click: () => this.apply(this.group) }, say("apply"));
    const foot = make("div", { class: "builder-foot" }, add, nest, make("div", { class: "end" }, clear, done));
    this.flyout.replaceChildren(this.drawLines(this.group, true), foot);
  }

  drawLines(group, isTop) {
    const lines = make("div", { class: "builder-lines" });
    group.lines.forEach((line, index) => lines.append(this.drawLine(group, line, index, isTop)));
    return lines;
  }

  drawLine(group, line, index, isTop) {
    const drop = make("button", { type: "button", class: "btn btn-quiet btn-icon", "aria-label": say("drop_condition"), click: () => this.drop(group, index) }, icon("x"));
    const row = make("div", { class: "builder-line" }, this.word(group, index));
    if (line.kept) row.append(make("span", { class: "builder-kept" }, say("kept_condition")), drop);
    else if (line.lines) row.append(this.drawGroup(line), drop);
    else row.append(this.fieldControl(line), this.operatorControl(line), this.holder(line), drop);
    if (!isTop) row.classList.add("nested");
    return row;
  }

  drawGroup(group) {
    const add = make("button", { type: "button", class: "btn btn-quiet btn-small", click: () => this.add(group) }, icon("plus"), say("add_condition"));
    return make("div", { class: "builder-group" }, this.drawLines(group, false), add);
  }

  /** "Where" before the first line; from the second on, how the lines hang together, chosen once. */
  word(group, index) {
    if (index === 0) return make("span", { class: "word" }, say("where"));
    if (index > 1) return make("span", { class: "word" }, say(group.mode === "all" ? "and" : "or"));
    const control = make("select", { class: "form-select word-choice", "aria-label": say("how_joined") });
    control.append(make("option", { value: "all" }, say("and")), make("option", { value: "any" }, say("or")));
    control.value = group.mode;
    control.addEventListener("change", () => {
      group.mode = control.value;
      this.draw();
    });
    return control;
  }

  fieldControl(line) {
    const input = make("input", { class: "form-control", value: line.field.label, "aria-label": say("field") });
    const find = async (text) => {
      const wanted = text.toLowerCase();
      const hits = this.fields.filter((field) => field.label.toLowerCase().includes(wanted) || field.key.includes(wanted));
      return hits.map((field) => ({ id: field.key, title: field.label, note: "" }));
    };
    combobox(input, {
      title: line.field.label,
      find,
      pick: (hit) => {
        if (hit) Object.assign(line, this.newLine(this.byKey.get(hit.id)));
        this.draw();
      },
    });
    return make("div", { class: "picker" }, input);
  }

  operatorControl(line) {
    const control = make("select", { class: "form-select", "aria-label": say("operator") });
    for (const operator of line.field.operators.filter((each) => !each.twin || each === line.operator)) control.append(make("option", { value: operator.name }, operator.label));
    control.value = line.operator.name;
    control.addEventListener("change", () => {
      const next = line.field.operators.find((operator) => operator.name === control.value);
      if (next.operand !== line.operator.operand) line.value = undefined;
      line.operator = next;
      this.draw();
    });
    return control;
  }

  holder(line) {
    return make("div", { class: "builder-value" }, valueControl(line.field, line.operator.operand, line));
  }

  add(group) {
    group.lines.push(this.newLine(this.fields[0]));
    this.draw();
    this.focus(this.group.lines.length - 1);
  }

  nest() {
    this.group.lines.push({ mode: this.group.mode === "all" ? "any" : "all", lines: [this.newLine(this.fields[0])] });
    this.draw();
  }

  drop(group, index) {
    group.lines.splice(index, 1);
    this.group.lines = this.group.lines.filter((line) => !line.lines || line.lines.length);
    this.draw();
  }

  focus(index) {
    const row = this.flyout.querySelector(".builder-lines").children[index];
    const control = row?.querySelector(".builder-value :is(input, select)") ?? row?.querySelector("select, input");
    control?.focus();
  }

  onKey(event) {
    if (event.key !== "Enter" || event.isComposing || event.defaultPrevented) return;
    if (event.target.matches("button")) return;
    event.preventDefault();
    this.apply(this.group);
  }

  apply(group) {
    this.flyout.hidePopover();
    this.done(written(group));
  }
}

function written(group) {
  const parts = group.lines.map(writtenLine).filter(Boolean);
  if (!parts.length) return null;
  return parts.length === 1 && group.mode === "all" ? parts[0] : { [group.mode]: parts };
}

function writtenLine(line) {
  if (line.kept) return line.kept;
  if (line.lines) return written(line);
  const { field, operator, value } = line;
  if (operator.operand === "none") return { field: field.key, op: operator.name };
  return isSaid(value) ? { field: field.key, op: operator.name, value } : null;
}

/** A line whose value is still blank says nothing yet and is left out. */
function isSaid(value) {
  if (Array.isArray(value)) return value.some((each) => each !== null && each !== "");
  return value !== undefined && value !== null && value !== "";
}
