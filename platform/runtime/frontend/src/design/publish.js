// Publishing: first in words what it would do, where somebody else was faster, what would be lost; then doing it.

import { toast } from "../overlays.js";
import { go, icon, make, posted } from "../page.js";
import { ask } from "./dialogs.js";
import { w } from "./words.js";

const SHOWN = 6;

/** Show what publishing the draft would do and, if wanted, publish it. `frame` is the designer, null at home. */
export async function publish(frame = null) {
  await frame?.work.settled();
  const choices = {};
  const holder = make("div", { class: "d-publish" }, make("p", { class: "soft" }, w("looking")));
  const note = make("input", { class: "form-control", maxlength: 500, placeholder: w("note_hint"), "aria-label": w("note") });
  const sure = make("input", { type: "checkbox" });
  const consent = make("label", { class: "choice d-consent", hidden: true }, sure, make("span", {}, make("strong", {}, w("confirm_loss")), make("small", { class: "soft" }, w("loss_note"))));
  let told = null;

  const mayPublish = () => {
    const preview = told?.preview;
    dialog.done.disabled = !preview || preview.refused || (preview.destructive && !sure.checked);
  };
  const look = async () => {
    try {
      told = await posted("/admin/design/publish", { dry_run: true, choices });
      if (!told.changes.length) return dialog.dialog.close();
      consent.hidden = !told.preview?.destructive;
      holder.replaceChildren(...drawn(told, { choose, leaveOut }));
    } catch (error) {
      holder.replaceChildren(make("p", { class: "input-error" }, error.message));
    }
    return mayPublish();
  };
  const choose = (id, side) => {
    choices[id] = side;
    look();
  };
  const leaveOut = async (id) => {
    await posted("/admin/design/drop", { ids: [id] });
    changed = true;
    look();
  };
  let changed = false;
  const dialog = ask({
    title: w("publish_title"),
    body: [holder, consent, make("label", { class: "d-row" }, make("span", { class: "input-label" }, w("note")), note)],
    verb: w("publish"),
    wide: true,
    start: note,
    act: async () => {
      dialog.done.textContent = w("publishing");
      try {
        await posted("/admin/design/publish", { choices, note: note.value, allow_destructive: sure.checked });
      } finally {
        dialog.done.textContent = w("publish");
      }
      return true;
    },
  });
  dialog.done.disabled = true;
  dialog.done.dataset.name = "publish-now";
  sure.addEventListener("change", mayPublish);
  await look();
  if (await dialog) {
    const live = frame?.root.dataset.live;
    toast(w("published"), live ? { label: w("see_it"), action: () => go(live), seconds: 12 } : {});
    if (frame) await go(location.pathname, { replace: true });
    else go("/admin/design", { replace: true });
  } else if (changed) go(location.pathname, { replace: true });
}

function drawn({ changes, conflicts, preview }, { choose, leaveOut }) {
  const parts = [];
  if (conflicts.length) parts.push(part(w("conflicts"), conflicts.map((one) => conflict(one, choose))));
  if (preview?.findings.some((finding) => finding.severity === "error")) {
    const lines = preview.findings.filter((finding) => finding.severity === "error").map((finding) => make("li", {}, finding.message, " ", make("span", { class: "soft" }, finding.hint)));
    parts.push(part(w("problems"), [make("ul", { class: "d-problems" }, ...lines)]));
  }
  parts.push(part(w("will_change"), [make("ul", { class: "d-changes" }, ...changes.map((one) => change(one, leaveOut)))]));
  if (preview && !preview.refused) parts.push(part(w("effects"), effects(preview)));
  else if (preview?.effects.length) parts.push(part(w("effects"), effects(preview)));
  if (preview?.places.length) parts.push(part(w("uses"), [make("ul", {}, ...uses(preview.places))]));
  return parts;
}

function part(title, children) {
  return make("section", { class: "d-publish-part" }, make("h3", {}, title), ...children);
}

function change({ id, label, what, details }, leaveOut) {
  const colors = { new: "green", changed: "blue", removed: "red" };
  const drop = make("button", { type: "button", class: "btn btn-quiet btn-icon btn-tiny", title: w("drop_one"), "aria-label": `${w("drop_one")}: ${label}`, click: () => leaveOut(id) }, icon("restore"));
  const more = details.map((one) => make("li", {}, make("span", { class: `pill pill-${colors[one.what]}` }, w(`what.${one.what}`)), " ", one.label));
  const shown = more.length > SHOWN ? [...more.slice(0, SHOWN), make("li", { class: "soft" }, `+${more.length - SHOWN}`)] : more;
  return make("li", {}, make("div", { class: "line" }, make("span", { class: `pill pill-${colors[what]}` }, w(`what.${what}`)), make("span", { class: "grow" }, label), drop), shown.length ? make("ul", { class: "d-details" }, ...shown) : null);
}

function effects({ effects: found }) {
  if (!found.length) return [make("p", { class: "soft" }, w("no_effects"))];
  const kinds = { refuse: "bad", confirm: "warn", info: "" };
  const symbols = { refuse: "alert-circle", confirm: "alert-triangle", info: "info-circle" };
  return found.map((effect) => {
    const css = kinds[effect.level] ? `notice notice-${kinds[effect.level]}` : "notice";
    return make("div", { class: css }, icon(symbols[effect.level] ?? "info-circle"), make("span", {}, effect.message));
  });
}

function uses(places) {
  const counted = new Map();
  for (const place of places) counted.set(place.label, (counted.get(place.label) ?? 0) + 1);
  return [...counted].map(([label, count]) => make("li", {}, count > 1 ? `${label} (${count})` : label));
}

function conflict({ id, label, by, clashes, choice }, choose) {
  const head = make("p", {}, make("strong", {}, label), " ", make("span", { class: "soft" }, by ? w("conflict_by", { name: by }) : ""));
  if (!clashes.length) return make("div", { class: "notice" }, icon("info-circle"), make("div", {}, head, w("conflict_merged")));
  const rows = clashes.map((clash) => make("tr", {}, make("th", { scope: "row" }, clash.where), make("td", {}, clash.mine), make("td", {}, clash.theirs)));
  const table = make("table", { class: "plain d-clashes" }, make("thead", {}, make("tr", {}, make("th", {}, w("where")), make("th", {}, w("my_value")), make("th", {}, w("their_value")))), make("tbody", {}, ...rows));
  const side = (value) => make("button", { type: "button", class: "btn btn-small", "aria-pressed": String(choice === value), click: () => choose(id, value) }, w(value));
  return make("div", { class: "notice notice-warn" }, icon("users"), make("div", { class: "grow" }, head, table, make("div", { class: "line" }, side("mine"), side("theirs"))));
}
