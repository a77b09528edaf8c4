// Which columns a list shows and in which order; kept in the address, and remembered for the next visit.

import { list, withState } from "./list.js";
import { act, asked, go, icon, make, say } from "./page.js";

act("open-columns", async () => {
  const { entity } = list().dataset;
  const { fields } = await asked(`/e/${entity}/fields`);
  const shown = list().dataset.columns.split(",");
  const byKey = new Map(fields.map((field) => [field.key, field]));
  const order = [...shown.filter((key) => byKey.has(key)), ...fields.map((f) => f.key).filter((key) => !shown.includes(key))];
  const choices = make("ul", { class: "plain column-choices" });
  for (const key of order) choices.append(choice(byKey.get(key), shown.includes(key)));
  const dialog = document.getElementById("dialog");
  dialog.replaceChildren(form(choices, dialog));
  dialog.showModal();
  const { default: Sortable } = await import("sortablejs");
  Sortable.create(choices, { handle: ".grip", animation: 120, forceFallback: true });
});

function choice(field, on) {
  const box = make("input", { type: "checkbox", value: field.key, checked: on });
  const grip = make("button", { type: "button", class: "btn btn-quiet btn-icon btn-small grip", "aria-label": say("move", { name: field.label }), keydown: move }, icon("grip-vertical"));
  return make("li", { class: "column-choice" }, make("label", {}, box, make("span", { class: "cut" }, field.label)), grip);
}

function move(event) {
  const item = event.target.closest("li");
  const other = { ArrowUp: item.previousElementSibling, ArrowDown: item.nextElementSibling }[event.key];
  if (!other) return;
  event.preventDefault();
  if (event.key === "ArrowUp") other.before(item);
  else other.after(item);
  event.target.closest("button").focus();
}

function form(choices, dialog) {
  const keep = () => {
    const keys = [...choices.querySelectorAll("input:checked")].map((box) => box.value);
    if (keys.length) show(keys.join(","));
  };
  const usual = () => {
    dialog.close();
    show(null);
  };
  const find = make("input", { type: "search", class: "form-control", placeholder: say("find_field"), "aria-label": say("find_field"), input: () => filter(choices, find.value) });
  return make(
    "form",
    { method: "dialog", submit: keep },
    make("div", { class: "dialog-head" }, make("h2", { id: "dialog-title" }, say("columns")), find),
    make("div", { class: "dialog-body" }, choices),
    make(
      "div",
      { class: "dialog-foot" },
      make("button", { type: "button", class: "btn btn-quiet", click: usual }, say("usual_columns")),
      make("span", { class: "grow" }),
      make("button", { type: "button", class: "btn", "data-closes": true }, say("cancel")),
      make("button", { type: "submit", class: "btn btn-primary" }, say("apply")),
    ),
  );
}

function filter(choices, text) {
  const wanted = text.trim().toLowerCase();
  for (const item of choices.children) item.hidden = !item.textContent.toLowerCase().includes(wanted);
}

function show(columns) {
  const name = `fl.columns.${list().dataset.layout || list().dataset.entity}`;
  if (columns) localStorage.setItem(name, columns);
  else localStorage.removeItem(name);
  go(withState({ columns }));
}
