// What was removed: listed with who and when, brought back with its values, deleted for good.

import { toast } from "../overlays.js";
import { asked, go, make, posted } from "../page.js";
import { text } from "./controls.js";
import { ask } from "./dialogs.js";
import { w } from "./words.js";

/** List the removed fields of an entity, or the removed entities; `frame` is the designer one comes from. */
export async function showRemoved(lang, { entity = null, frame = null } = {}) {
  await frame?.work.settled();
  const { items, purges } = await asked(`/admin/design/removed${entity ? `?${new URLSearchParams({ entity })}` : ""}`);
  const rows = items.map((item) => removedLine(item, { lang, entity, purges, frame, above: () => dialog }));
  const list = make("ul", { class: "d-lines" }, ...(rows.length ? rows : [make("li", { class: "soft" }, w("removed_none"))]));
  const dialog = ask({ title: w(entity ? "removed_fields" : "removed_entities"), body: [make("p", { class: "soft" }, w("removed_note")), list], verb: null, wide: true });
  return dialog;
}

function removedLine(item, { lang, entity, purges, frame, above }) {
  const when = item.at ? new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "short" }).format(new Date(item.at)) : "";
  const told = w(entity ? "removed_line" : "removed_line_entity", { type: item.type, rows: item.rows.toLocaleString(lang), name: item.by, at: when });
  const back = make("button", { type: "button", class: "btn btn-small", "data-name": `back-${item.key}`, click: () => bringBack(item, { frame, above: above() }) }, w("bring_back"));
  const purge = purges ? make("button", { type: "button", class: "btn btn-small btn-quiet", click: () => purgeFor(item, { lang, above: above() }) }, w("purge")) : null;
  return make("li", { "data-removed": item.key }, make("div", { class: "grow" }, make("strong", {}, item.label, " ", make("code", { class: "soft" }, item.key)), make("small", { class: "soft" }, told)), purge, back);
}

async function bringBack(item, { frame, above }) {
  try {
    const address = `/admin/design/removed/${item.id}/restore`;
    const told = await posted(address, { dry_run: true });
    const done = await ask({
      title: w("bring_back_title", { name: item.label }),
      body: body(told),
      verb: told.refused ? null : w("bring_back"),
      danger: told.destructive,
      act: () => posted(address, { allow_destructive: told.destructive }),
    });
    if (!done) return;
    above.dialog.close();
    toast(w("brought_back", { name: item.label }));
    go(frame ? location.pathname : "/admin/design", { replace: true });
  } catch (error) {
    toast(error.message, { bad: true });
  }
}

function body({ documents, effects, findings, refused }) {
  const wrong = refused ? findings.map((finding) => make("li", { class: "input-error" }, finding.message, " ", make("span", { class: "soft" }, finding.hint))) : [];
  const lines = effects.map((effect) => make("li", {}, effect.message));
  const colors = { new: "green", changed: "blue", removed: "red" };
  const touched = documents.map(({ label, what }) => make("li", {}, make("span", { class: `pill pill-${colors[what]}` }, w(`what.${what}`)), " ", label));
  return [
    make("p", { class: "soft" }, w("bring_back_touches")),
    make("ul", { class: "d-plain" }, ...touched),
    wrong.length || lines.length ? make("ul", { class: "d-plain" }, ...wrong, ...lines) : null,
  ].filter(Boolean);
}

async function purgeFor(item, { lang, above }) {
  let typed = "";
  const done = await ask({
    title: w("purge_title", { name: item.label }),
    body: [make("p", {}, w("purge_note", { rows: item.rows.toLocaleString(lang) })), text(w("purge_type", { key: item.key }), "", (value) => (typed = value.trim()), { mono: true })],
    verb: w("purge"),
    danger: true,
    act: () => posted(`/admin/design/removed/${item.id}/purge`, { confirm: typed }),
  });
  if (!done) return;
  above.dialog.querySelector(`[data-removed="${item.key}"]`)?.remove();
  toast(w("purged"));
}
