// What the site changed of what a package ships: node by node, each with the way back, looked at before it is gone.

import { toast } from "../overlays.js";
import { asked, go, icon, make, posted } from "../page.js";
import { ask } from "./dialogs.js";
import { w } from "./words.js";

/** List what was changed of a packaged entity, with all that is about it, or of another packaged document. */
export async function showCustomised(kind, key) {
  const query = kind === "entity" ? { entity: key } : { document: `${kind}:${key}` };
  const { items } = await asked(`/admin/design/customised?${new URLSearchParams(query)}`);
  const dialog = ask({ title: w("customised"), body: items.map((item) => changed(item, () => dialog)), verb: null, wide: true });
}

function changed(item, above) {
  const lines = item.differences.map((node) => make("li", {}, make("div", { class: "grow" }, make("strong", {}, node.place), make("div", { class: "d-change" }, make("del", {}, node.before.join(" · ")), icon("arrow-right"), make("ins", {}, node.after.join(" · ")))), backTo(item, [node.path], above, "")));
  const pill = item.deleted ? make("span", { class: "pill pill-red" }, w("removed_here")) : null;
  return make("section", { class: "d-publish-part" }, make("div", { class: "line" }, make("h3", { class: "grow" }, `${item.kind_label} · ${item.label}`, " ", pill), backTo(item, [], above, w(item.deleted ? "bring_back" : "reset_to_package"))), make("ul", { class: "d-lines" }, ...lines));
}

function backTo(item, paths, above, label) {
  const name = w(item.deleted ? "bring_back" : "reset_to_package");
  return make("button", { type: "button", class: `btn btn-small${label ? "" : " btn-quiet btn-icon"}`, title: name, "aria-label": name, click: () => reset(item, paths, above()) }, icon("restore"), label);
}

/** Look at what going back would do, then go back. */
async function reset(item, paths, above) {
  const wanted = { kind: item.kind, key: item.key, paths };
  try {
    const told = await posted("/admin/design/reset", { ...wanted, dry_run: true });
    const wrong = told.findings.filter((finding) => finding.severity === "error").map((finding) => make("li", { class: "input-error" }, finding.message));
    const effects = told.effects.map((effect) => make("li", {}, effect.message));
    const done = await ask({
      title: w("reset_to_package"),
      body: [make("p", {}, make("strong", {}, `${item.kind_label} · ${item.label}`)), wrong.length || effects.length ? make("ul", { class: "d-plain" }, ...wrong, ...effects) : make("p", { class: "soft" }, w("no_effects"))],
      verb: told.refused ? null : w("reset_to_package"),
      danger: told.destructive,
      act: () => posted("/admin/design/reset", { ...wanted, allow_destructive: told.destructive }),
    });
    if (!done) return;
    above.dialog.close();
    toast(w("was_reset"));
    go("/admin/design", { replace: true });
  } catch (error) {
    toast(error.message, { bad: true });
  }
}
