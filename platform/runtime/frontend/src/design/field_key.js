// The key of a field: free to choose while nobody uses it, afterwards changed so that the old one goes on working.

import { make } from "../page.js";
import { button, row, text } from "./controls.js";
import { ask } from "./dialogs.js";
import { textOf, w } from "./words.js";

const KEY = /^[a-z][a-z0-9_]{0,47}$/;

export const KEYS = { key: keyRow };

function keyRow(place, setting) {
  const { frame, entity, field } = place;
  const base = frame.work.base.get(`entity:${entity}`);
  const isKnown = base?.fields.some((each) => each.key === field.key || field.was?.includes(each.key));
  return isKnown ? publishedKey(place, setting) : newKey(place, setting);
}

function newKey({ frame, entity, field }, { label, note }) {
  const input = text(label, field.key, () => {}, { mono: true, note });
  input.querySelector("input").addEventListener("change", ({ target }) => {
    const next = target.value.trim();
    if (refusal(frame, entity, next)) target.value = field.key;
    else rekey(frame, entity, field.key, next);
  });
  return input;
}

function publishedKey({ frame, entity, field }, { label }) {
  const open = button(w("rename_key"), "edit", () => renameField(frame, entity, field), { kind: "small" });
  open.dataset.name = "rename";
  const former = field.was?.length ? make("small", { class: "soft d-former" }, w("former_keys", { keys: field.was.join(", ") })) : null;
  return row(label, make("div", { class: "d-key-row" }, make("code", { class: "d-mono grow cut" }, field.key), open, former));
}

/** What is wrong with a key for a field; "" when nothing is. */
function refusal(frame, entity, key) {
  if (!KEY.test(key)) return w("key_wrong");
  return frame.work.get(`entity:${entity}`).fields.some((each) => each.key === key) ? w("key_taken", { key }) : "";
}

/** Ask for another key. `check` says what is wrong with one, `act` takes it over. */
export function askKey({ name, key, note, check, act }) {
  let next = key;
  const input = text(w("new_key"), key, (value) => (next = value.trim()), { mono: true, note });
  return ask({
    title: w("rename_title", { name }),
    body: [make("p", { class: "soft" }, w("rename_note", { key })), input],
    verb: w("rename_do"),
    act: async () => {
      const problem = next === key ? "" : check(next);
      if (problem) throw new Error(problem);
      return next === key || act(next);
    },
  });
}

function renameField(frame, entity, field) {
  return askKey({
    name: textOf(field.label, frame.lang),
    key: field.key,
    note: w("key_note"),
    check: (next) => (field.was?.includes(next) ? "" : refusal(frame, entity, next)),
    act: (next) => rekey(frame, entity, field.key, next, { remember: true }),
  });
}

/**
 * Give a field another key wherever the entity and what belongs to it name it. To `remember` is to answer to the old
 * one too: what else names that follows on the server.
 */
function rekey(frame, entity, old, next, { remember = false } = {}) {
  const swap = (value) => {
    if (value === old) return next;
    if (Array.isArray(value)) return value.map(swap);
    return value && typeof value === "object" && value.field === old ? { ...value, field: next } : value;
  };
  frame.work.change((take) => {
    const document = take(`entity:${entity}`);
    if (document.title === old) document.title = next;
    for (const field of document.fields) settle(field, old, next);
    const found = document.fields.find((each) => each.key === old);
    found.key = next;
    if (remember) found.was = [...new Set([...(found.was ?? []), old])].filter((key) => key !== next);
    if (remember) return;
    for (const kind of ["form", "detail"]) {
      for (const each of frame.work.of(kind)) {
        if (each.entity !== entity || !each.sections) continue;
        const taken = take(`${kind}:${each.key}`);
        for (const section of taken.sections) section.fields = section.fields.map(swap);
      }
    }
    for (const each of frame.work.of("list")) if (each.entity === entity) take(`list:${each.key}`).columns = each.columns.map(swap);
  });
  frame.select(frame.selected?.replace(/:.*/, `:${next}`));
}

/** What the settings of another field name by its key. */
function settle(field, old, next) {
  if (field.depends === old) field.depends = next;
  for (const fill of field.fill ?? []) if (fill.to === old) fill.to = next;
  if (field.unique?.within === old) field.unique.within = next;
  if (field.unique?.with) field.unique.with = field.unique.with.map((key) => (key === old ? next : key));
}
