// Publishing: first in words what it would do, where somebody else was faster, what would be lost; then doing it.

import { toast } from "../overlays.js";
import { go, icon, make, posted } from "../page.js";
import { conflicts } from "./conflicts.js";
import { ask } from "./dialogs.js";
import { follow } from "./publication.js";
import { rowsBehind } from "./rows.js";
import { w } from "./words.js";

const SHOWN = 6;

/** Show what publishing the draft would do and, if wanted, publish it. `frame` is the designer, null at home. */
export async function publish(frame = null) {
  await frame?.work.settled();
  await new Publishing(frame).run();
}

class Publishing {
  constructor(frame) {
    Object.assign(this, { frame, choices: {}, told: null, changed: false, begun: null });
    this.holder = make("div", { class: "d-publish" }, make("p", { class: "soft" }, w("looking")));
    this.note = make("input", { class: "form-control", maxlength: 500, placeholder: w("note_hint"), "aria-label": w("note") });
    this.sure = make("input", { type: "checkbox" });
    this.sure.addEventListener("change", () => this.allow());
    this.consent = make("label", { class: "choice d-consent", hidden: true }, this.sure, make("span", {}, make("strong", {}, w("confirm_loss")), make("small", { class: "soft" }, w("loss_note"))));
    this.noteRow = make("label", { class: "d-row d-block" }, make("span", { class: "input-label" }, w("note")), this.note);
  }

  async run() {
    this.dialog = ask({ title: w("publish_title"), body: [this.holder, this.consent, this.noteRow], verb: w("publish"), wide: true, start: this.note, act: () => this.act() });
    this.dialog.done.disabled = true;
    this.dialog.done.dataset.name = "publish-now";
    await this.look();
    const done = await this.dialog;
    const here = this.frame ? location.pathname : "/admin/design";
    if (done) {
      const live = this.frame?.root.dataset.live;
      toast(w("published"), live ? { label: w("see_it"), action: () => go(live), seconds: 12 } : {});
    }
    if (done || this.begun || this.changed) await go(here, { replace: true });
  }

  /** What it would do now. */
  async look() {
    try {
      this.told = await posted("/admin/design/publish", { dry_run: true, choices: this.choices });
      if (!this.told.changes.length) return this.dialog.dialog.close();
      this.consent.hidden = !this.told.preview?.destructive;
      this.draw();
    } catch (error) {
      this.told = null;
      this.holder.replaceChildren(make("p", { class: "input-error" }, error.message));
    }
    return this.allow();
  }

  allow() {
    const preview = this.told?.preview;
    this.dialog.done.disabled = !preview || preview.refused || (preview.destructive && !this.sure.checked);
  }

  /** Publish; what somebody published since the look has to be looked at first. */
  async act() {
    this.dialog.done.textContent = w("publishing");
    try {
      const { choices, told } = this;
      const { publication } = await posted("/admin/design/publish", { choices, base: told.base, note: this.note.value, allow_destructive: this.sure.checked });
      return publication ? await this.wait(publication) : true;
    } catch (error) {
      await this.look();
      throw error;
    } finally {
      this.dialog.done.textContent = w("publish");
      // The dialog opens its button again when this is over; whether it may be pressed is ours to say.
      setTimeout(() => this.allow());
    }
  }

  /** A long one goes on by itself: the dialog may be left, and is done when it is. */
  async wait(publication) {
    this.begun = publication;
    const bar = make("div", {});
    this.consent.hidden = this.noteRow.hidden = true;
    this.dialog.done.hidden = true;
    this.dialog.done.previousElementSibling.textContent = w("close");
    this.holder.replaceChildren(make("p", { class: "soft" }, w("publication_leave")), bar);
    const ended = await follow(bar, publication, { quiet: true });
    return ended?.state === "done";
  }

  draw() {
    const { changes, conflicts: found, preview, long } = this.told;
    const parts = [];
    if (found.length) parts.push(part(w("conflicts"), [conflicts(found, (chosen) => this.choose(chosen))]));
    const wrong = preview?.findings.filter((finding) => finding.severity === "error") ?? [];
    if (wrong.length) parts.push(part(w("problems"), [make("ul", { class: "d-problems" }, ...wrong.map((finding) => make("li", {}, finding.message, " ", make("span", { class: "soft" }, finding.hint))))]));
    parts.push(part(w("will_change"), [make("ul", { class: "d-changes" }, ...changes.map((one) => change(one, (id) => this.leaveOut(id))))]));
    if (long) parts.push(make("div", { class: "notice" }, icon("clock"), make("span", {}, w("publish_long"))));
    if (preview && (!preview.refused || preview.effects.length)) parts.push(part(w("effects"), effects(preview)));
    if (preview?.uses.length) parts.push(part(w("uses"), [make("ul", {}, ...uses(preview.uses))]));
    this.holder.replaceChildren(...parts);
  }

  choose(chosen) {
    Object.assign(this.choices, chosen);
    return this.look();
  }

  async leaveOut(id) {
    await posted("/admin/design/drop", { ids: [id] });
    this.changed = true;
    await this.look();
  }
}

function part(title, children) {
  return make("section", { class: "d-publish-part" }, make("h3", {}, title), ...children);
}

function change({ id, label, what, details }, leaveOut) {
  const colors = { new: "green", changed: "blue", removed: "red", renamed: "purple" };
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
    return make("div", { class: css }, icon(symbols[effect.level] ?? "info-circle"), make("div", { class: "grow" }, effect.message, effect.level === "refuse" ? rowsBehind(effect) : null));
  });
}

/** Where what changes is named, and what becomes of it there. */
function uses(found) {
  return found.map(({ kind_label: kind, label, places }) => make("li", {}, make("span", { class: "soft" }, kind), " ", label, " ", make("span", { class: "soft" }, [...new Set(places.map((place) => place.message).filter(Boolean))].join(" · "))));
}
