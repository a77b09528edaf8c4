// The ways a list can be shown besides a table: a board, a month, a gallery, and as which of them it opens.

import { make } from "../page.js";
import { choice, group, several, toggle } from "./controls.js";
import { w } from "./words.js";

const MOST_FACTS = 8;
const pairs = (fields) => fields.map((field) => [field.key, field.label]);

/** The settings of the ways of a list; `paths` are what cards can show. */
export function viewSettings(frame, paths) {
  const holder = make("div", { class: "d-views" });
  const fields = frame.entity(frame.document.entity)?.fields ?? [];
  const put = (change, way, { redraw = true } = {}) => {
    frame.edit(change);
    frame.way = way;
    if (redraw) draw();
  };
  const draw = () => {
    const { document } = frame;
    const known = ["table", ...WAYS.map(({ key }) => key).filter((key) => document[key])];
    const opens = choice(w("opens_as"), known.map((key) => [key, w(`view.${key}`)]), document.view ?? "table", (view) => put((found) => {
      if (view === "table") delete found.view;
      else found.view = view;
    }, view));
    opens.querySelector("select").dataset.name = "opens-as";
    const parts = WAYS.flatMap((way) => wayParts(frame, way, fields, paths, put));
    const focused = holder.contains(globalThis.document.activeElement) ? globalThis.document.activeElement.dataset.name : null;
    holder.replaceChildren(opens, ...parts);
    if (focused) holder.querySelector(`[data-name="${focused}"]`)?.focus();
  };
  draw();
  return group(w("views"), holder);
}

const WAYS = [
  {
    key: "kanban",
    fits: (field) => field.choices.length > 0 && field.sortable,
    begin: (fitting) => ({ by: (fitting.find((field) => !field.system) ?? fitting[0]).key }),
    parts: [["by", "fits"], ["fields"], ["total", (field) => field.numeric && field.aggregates.includes("sum")]],
  },
  {
    key: "calendar",
    fits: (field) => field.dated && field.sortable,
    begin: (fitting) => ({ start: (fitting.find((field) => !field.system) ?? fitting[0]).key }),
    parts: [["start", "fits"], ["end", (field) => field.dated && field.sortable], ["color", (field) => field.choices.length > 0 && field.sortable]],
  },
  {
    key: "gallery",
    fits: null,
    begin: (_, fields) => {
      const cover = fields.find((field) => field.pictured);
      return cover ? { cover: cover.key } : {};
    },
    parts: [["cover", (field) => field.pictured], ["fields"]],
  },
];

/** The switch of a way and, while it is on, what it asks. */
function wayParts(frame, way, fields, paths, put) {
  const present = frame.document[way.key];
  const fitting = way.fits ? fields.filter(way.fits) : fields;
  const turn = (on) => put((found) => {
    if (on) {
      found[way.key] = way.begin(fitting, fields);
      return;
    }
    delete found[way.key];
    if (found.view === way.key) delete found.view;
  }, on ? way.key : null);
  const lacks = !fitting.length && !present;
  const control = toggle(w(`view.${way.key}`), Boolean(present), turn, { note: lacks ? w(`view.${way.key}.needs`) : "" });
  const input = control.querySelector("input");
  input.dataset.name = `view-${way.key}`;
  input.disabled = lacks;
  if (!present) return [control];
  const set = (name, value) => put((found) => {
    const next = { ...found[way.key], [name]: value };
    if (!value || !value.length) delete next[name];
    found[way.key] = next;
    // A list that is being picked from keeps the cursor.
  }, way.key, { redraw: !Array.isArray(value) });
  return [control, make("div", { class: "d-way-parts" }, ...way.parts.map(([name, fits]) => part(way, name, fits, { present, fields, paths, set })))];
}

function part(way, name, fits, { present, fields, paths, set }) {
  if (!fits) return several(w("view.fields"), paths, present.fields ?? [], (keys) => set("fields", keys.slice(0, MOST_FACTS)), { note: w("view.fields_note") });
  const needed = fits === "fits";
  const found = choice(w(`view.${name}`), pairs(fields.filter(needed ? way.fits : fits)), present[name], (key) => set(name, key), { empty: needed ? null : w("none") });
  found.querySelector("select").dataset.name = `${way.key}-${name}`;
  return found;
}

/** Show one of the ways that were drawn: the one looked at last, else as the list opens. */
export function showWay(frame, doc) {
  const ways = [...doc.querySelectorAll("[data-shown]")];
  const show = (key) => {
    for (const way of ways) way.hidden = way.dataset.shown !== key;
    for (const link of doc.querySelectorAll("[data-way]")) {
      if (link.dataset.way === key) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };
  for (const link of doc.querySelectorAll("[data-way]")) {
    link.addEventListener("click", (event) => {
      event.stopPropagation();
      event.preventDefault();
      frame.way = link.dataset.way;
      show(frame.way);
    });
  }
  if (frame.way && ways.some((way) => way.dataset.shown === frame.way)) show(frame.way);
}
