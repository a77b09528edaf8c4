// Which columns a list shows and in which order; kept in the address, and remembered for the next visit.

import { list, withState } from "./list.js";
import { act, asked, go, icon, make, say, whenShown } from "./page.js";

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
  for (const name of namesOf(list().dataset)) {
    if (columns) localStorage.setItem(name, columns);
    else localStorage.removeItem(name);
  }
  go(withState({ columns }));
}

// What was chosen is remembered for each saved list. The first one is also what the entity's plain address shows.
function namesOf({ entity, layout, first }) {
  return [layout ? `fl.columns.${layout}` : null, !layout || first !== undefined ? `fl.columns.${entity}` : null].filter(Boolean);
}

/** The address of a list with the remembered columns, or null when none are remembered or it names its own. */
function remembered(address) {
  const target = new URL(address, location.href);
  const entity = target.pathname.match(/^\/e\/([a-z0-9_]+)$/)?.[1];
  if (!entity || target.searchParams.has("columns")) return null;
  const columns = localStorage.getItem(`fl.columns.${target.searchParams.get("list") ?? entity}`);
  if (!columns) return null;
  target.searchParams.set("columns", columns);
  return target.pathname + target.search;
}

document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.verb !== "get" || detail.formData.has("columns")) return;
  detail.path = remembered(detail.path) ?? detail.path;
});

whenShown("#list", (screen) => {
  const address = remembered(location.href);
  if (address && new URL(address, location.href).searchParams.get("columns") !== screen.dataset.columns) {
    go(address, { replace: true });
  }
});

// A column that was remembered may be gone, or no longer ours to see: then all that was remembered of it is forgotten.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const target = new URL(detail.pathInfo?.finalRequestPath ?? location.href, location.href);
  const columns = target.searchParams.get("columns");
  if (detail.xhr.status !== 422 || !columns) return;
  const kept = Object.keys(localStorage).filter((name) => name.startsWith("fl.columns.") && localStorage.getItem(name) === columns);
  if (!kept.length) return;
  for (const name of kept) localStorage.removeItem(name);
  detail.shouldSwap = false;
  target.searchParams.delete("columns");
  go(target.pathname + target.search, { replace: true });
});
