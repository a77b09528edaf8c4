// The frame of every designer: three panes, undo, the draft on the server, publishing. A designer of a kind of
// document is an object that registers itself:
//
//   kind            the kind of documents it designs
//   marks           [[selector, element => node]]: which elements of the drawn screen are parts, and what they are
//   left(frame)     what can be added, as elements        right(frame, node)  the settings of a part, or of the whole
//   payload(frame, node)  what dragging a part carries     accepts, axis, root, drop(frame, payload, node, where)
//   move(frame, node, step)  remove(frame, node)           devices  whether it is looked at as on a phone
//   label(frame, node)    start(frame)    drawn(frame, doc, view)    press(frame, view, event)
//   selected(frame, node)  rests(frame, node): what is dragged stays over a part for a while
//   changed(frame)  dressed(frame)  duplicate(frame, node)    aim(frame, payload, point)  unaim(frame): see drag.js

import { confirmed, toast } from "../overlays.js";
import { go, icon, isTyping, make, posted } from "../page.js";
import { Canvas } from "./canvas.js";
import { complain } from "./complaints.js";
import { small } from "./controls.js";
import { follow } from "./publication.js";
import { publish } from "./publish.js";
import { stanceOf, take } from "./stance.js";
import { speak, w } from "./words.js";
import { Work } from "./work.js";

const designers = new Map();
const PHONE = matchMedia("(max-width: 900px)");
const FRESH_MS = 60_000;
let present = null;

/** Let documents of a kind be designed. */
export function register(designer) {
  designers.set(designer.kind, designer);
}

/** Called when the page of a designer is shown. */
export function startDesigner(root) {
  const given = JSON.parse(root.dataset.given);
  root.removeAttribute("data-given");
  speak(given.words);
  // Whoever comes from another designer knows of the draft.
  given.returned = !present && given.drafts.length > 0;
  present?.stop();
  present = new Frame(root, given);
  return present;
}

class Frame {
  constructor(root, given) {
    Object.assign(this, { root, given, lang: given.lang, entities: given.entities, drafts: given.drafts, findings: [], selected: null });
    this.designer = designers.get(given.kind);
    this.work = new Work(given);
    this.left = root.querySelector("#d-left");
    this.right = root.querySelector("#d-right");
    this.tools = root.querySelector("#d-tools");
    this.notice = root.querySelector("#d-notice");
    this.canvas = new Canvas(root.querySelector("#d-middle"), this, root.dataset.style.split(" "));
    this.listen();
    this.drawTools();
    this.drawSwitch();
    this.begin();
  }

  /** The id of the designed document. */
  get id() {
    return `${this.given.kind}:${this.given.key}`;
  }

  /** The designed document. */
  get document() {
    return this.work.get(this.id);
  }

  async begin() {
    this.work.show = { kind: this.given.kind, key: this.given.key, lang: this.lang };
    this.designer.start?.(this);
    this.drawLeft();
    this.drawRight();
    const usual = PHONE.matches ? "phone" : "desktop";
    await this.canvas.see(this.designer.devices ? (sessionStorage.getItem("design-view") ?? usual) : usual);
    await this.work.send();
    const wanted = decodeURIComponent(location.hash.slice(1));
    if (wanted && this.designer.exists?.(this, wanted)) this.select(wanted, { reveal: true });
    this.tellPublications();
    if (this.given.returned && Date.now() - Date.parse(this.given.since) > FRESH_MS) this.tellDraft();
  }

  listen() {
    const { work } = this;
    work.addEventListener("changed", () => this.changed());
    work.addEventListener("turned", () => {
      this.changed();
      if (this.designer.exists && this.selected && !this.designer.exists(this, this.selected)) this.select(null);
      else this.drawRight();
    });
    work.addEventListener("waiting", () => this.say(w("saving")));
    work.addEventListener("failed", ({ detail }) => {
      this.say(w("unsaved"));
      toast(detail.message, { bad: true });
    });
    work.addEventListener("kept", ({ detail }) => this.kept(detail));
    this.onKeyDown = (event) => this.root.isConnected && !event.defaultPrevented && this.onKey(event);
    document.addEventListener("keydown", this.onKeyDown);
  }

  stop() {
    document.removeEventListener("keydown", this.onKeyDown);
    this.canvas.looks.disconnect();
    this.canvas.sizes.disconnect();
  }

  changed() {
    this.designer.changed?.(this);
    this.drawLeft();
    this.drawHistory();
  }

  kept({ html, findings, drafts, entities }) {
    if (!this.root.isConnected) return;
    this.findings = findings;
    this.drafts = drafts;
    if (entities) this.entities = entities;
    if (html !== null) this.canvas.show(html);
    this.say(drafts.length ? w("saved") : w("no_draft"));
    this.drawFindings(html === null);
    complain(this);
    this.publishButton.disabled = !drafts.length;
    this.publishButton.querySelector(".count").textContent = drafts.length || "";
    this.dropButton.hidden = !drafts.length;
  }

  say(text) {
    this.state.textContent = text;
  }

  // --- head ---

  drawTools() {
    this.state = make("span", { class: "soft small d-state", role: "status" });
    this.undoButton = small(`${w("undo")} (Ctrl+Z)`, "arrow-back-up", () => this.turn("undo"), { disabled: true });
    this.redoButton = small(`${w("redo")} (Ctrl+Shift+Z)`, "rotate", () => this.turn("redo"), { disabled: true });
    this.undoButton.dataset.name = "undo";
    this.redoButton.dataset.name = "redo";
    this.dropButton = small(w("discard"), "trash", () => this.discard());
    this.dropButton.hidden = !this.drafts.length;
    this.publishButton = make("button", { type: "button", class: "btn btn-primary", "data-name": "publish", disabled: !this.drafts.length, click: () => publish(this) }, icon("send"), w("publish"), make("span", { class: "count" }, this.drafts.length || ""));
    this.tools.replaceChildren(this.state, ...this.looks(), this.undoButton, this.redoButton, this.dropButton, this.publishButton);
  }

  looks() {
    const language = segments(w("language"), [["zh", "中"], ["en", "EN"]], this.lang, (lang) => this.speakIn(lang));
    if (!this.designer.devices) return [language];
    const usual = sessionStorage.getItem("design-view") ?? (PHONE.matches ? "phone" : "desktop");
    const devices = segments(w("view_as"), [["desktop", icon("device-desktop"), w("desktop")], ["phone", icon("device-mobile"), w("phone")], ["both", icon("layout-list"), w("both")]], usual, (view) => {
      sessionStorage.setItem("design-view", view);
      this.canvas.see(view);
    });
    devices.classList.add("d-devices");
    return [devices, language];
  }

  speakIn(lang) {
    this.lang = lang;
    this.work.show.lang = lang;
    this.drawRight();
    this.drawLeft();
    this.work.send();
  }

  drawHistory() {
    this.undoButton.disabled = !this.work.past.length;
    this.redoButton.disabled = !this.work.future.length;
  }

  turn(direction) {
    this.work[direction]();
    this.drawHistory();
  }

  async discard() {
    const sure = await confirmed({ title: w("discard_title"), text: w("discard_text", { count: this.drafts.length }), verb: w("discard"), danger: true });
    if (!sure) return;
    await this.work.settled();
    await posted("/admin/design/drop", { ids: null });
    // What was never published has no designer any more.
    go(this.work.isPublished(this.id) || !this.given.starting.length ? location.pathname : "/admin/design", { replace: true });
  }

  /** Publications under way; when one of the reader's own is done, what is designed goes on from it. */
  tellPublications() {
    for (const one of this.given.publications.filter((each) => ["queued", "running"].includes(each.state))) {
      const holder = make("div", {});
      this.notice.append(holder);
      follow(holder, one).then(async (ended) => {
        if (ended?.state !== "done") return;
        await this.work.settled();
        go(location.pathname, { replace: true });
      });
    }
  }

  tellDraft() {
    const close = make("button", { type: "button", class: "btn btn-quiet btn-icon btn-small", "aria-label": w("close"), click: () => line.remove() }, icon("x"));
    const line = make("div", { class: "notice" }, icon("history"), make("span", { class: "grow" }, w("draft_waits", { count: this.given.drafts.length })), close);
    this.notice.prepend(line);
  }

  drawFindings(isOld) {
    const wrong = this.findings.filter((finding) => finding.severity === "error");
    this.notice.querySelector(".d-findings")?.remove();
    if (!wrong.length) return;
    const lines = wrong.slice(0, 5).map((finding) => make("li", {}, this.namedFinding(finding), " ", make("span", { class: "soft" }, finding.hint)));
    this.notice.append(make("div", { class: "notice notice-bad d-findings" }, icon("alert-circle"), make("div", {}, isOld ? make("strong", {}, w("cannot_show")) : null, make("ul", { class: "complaints" }, ...lines))));
  }

  /** What is wrong; a way to where it is, where the designer knows one. */
  namedFinding(finding) {
    const node = this.designer.locate?.(this, finding);
    if (!node) return finding.message;
    return make("button", { type: "button", class: "d-to-finding", click: () => {
      this.select(node, { reveal: true });
      this.show("right");
    } }, finding.message);
  }

  // --- panes ---

  /** On a phone one pane is seen at a time. */
  drawSwitch() {
    const bar = this.root.querySelector("#d-switch");
    this.panes = segments(w("panes"), [["left", w("add")], ["middle", w("screen")], ["right", w("settings")]], "middle", (pane) => (this.root.dataset.pane = pane));
    this.root.dataset.pane = "middle";
    bar.replaceChildren(this.panes);
  }

  show(pane) {
    if (!PHONE.matches) return;
    this.root.dataset.pane = pane;
    for (const button of this.panes.children) button.setAttribute("aria-pressed", String(button.value === pane));
  }

  drawLeft() {
    const kept = this.left.scrollTop;
    const focus = this.left.contains(document.activeElement) ? document.activeElement.dataset.keep : null;
    const parts = this.designer.left(this);
    this.left.replaceChildren(...[parts].flat(2).filter(Boolean));
    this.left.scrollTop = kept;
    if (focus) this.left.querySelector(`[data-keep="${focus}"]`)?.focus();
  }

  /** The settings; those of the same thing drawn anew are found as they were left. */
  drawRight() {
    const before = this.right.dataset.of === String(this.selected) ? stanceOf(this.right) : null;
    const parts = this.designer.right(this, this.selected);
    this.right.replaceChildren(...[parts].flat(2).filter(Boolean));
    this.right.dataset.of = String(this.selected);
    this.right.scrollTop = 0;
    if (before) take(this.right, before);
    complain(this);
  }

  /** Select a part of the screen, or the whole. */
  select(node, { focus = false, reveal = false } = {}) {
    this.selected = node;
    this.designer.selected?.(this, node);
    this.canvas.select(node, { focus, reveal });
    this.drawRight();
  }

  /** On to the settings of what is selected. */
  enter() {
    this.show("right");
    (this.right.querySelector("input, select, textarea") ?? this.right.querySelector("button"))?.focus();
  }

  // --- what happens to parts ---

  drop(payload, node, where) {
    const made = this.designer.drop(this, payload, node, where);
    Promise.resolve(made).then((found) => found && this.select(found, { focus: true }));
  }

  move(node, step, key, isShifted) {
    this.designer.move?.(this, node, step, key, isShifted);
  }

  remove(node) {
    this.designer.remove?.(this, node);
  }

  /** Whether the key meant something to the frame. */
  onKey(event) {
    if (document.querySelector("dialog[open]")) return false;
    const command = event.ctrlKey || event.metaKey;
    if (command && !isTyping(event.target) && event.key.toLowerCase() === "z") {
      event.preventDefault();
      this.turn(event.shiftKey ? "redo" : "undo");
      return true;
    }
    if (command && event.key.toLowerCase() === "y" && !isTyping(event.target)) {
      event.preventDefault();
      this.turn("redo");
      return true;
    }
    if (command && event.key === "s") {
      event.preventDefault();
      this.work.settled();
      return true;
    }
    return false;
  }

  // --- what designers ask ---

  /** An entity by key, as it may be named. */
  entity(key) {
    return this.entities.find((entity) => entity.key === key) ?? null;
  }

  /** A kind of field by key. */
  type(key) {
    return this.given.types.find((type) => type.key === key) ?? { key, label: key, options: [], needed: [], icon: "forms", aggregates: [] };
  }

  /** Change the designed document. */
  edit(change, { tag = "" } = {}) {
    this.work.change((take) => change(take(this.id)), { tag: tag && `${this.id}/${tag}` });
  }
}

/** Buttons of which one holds: choices are [value, content, title?]. */
function segments(label, choices, chosen, change) {
  const group = make("div", { class: "segmented", role: "group", "aria-label": label });
  for (const [value, content, title] of choices) {
    const button = make("button", { type: "button", value, title, "aria-label": title, "aria-pressed": String(value === chosen) }, content);
    button.addEventListener("click", () => {
      for (const each of group.children) each.setAttribute("aria-pressed", String(each === button));
      change(value);
    });
    group.append(button);
  }
  return group;
}

/** Where a thing of a list is put: before or after another, or at the end. */
export function insertAt(list, item, anchor, where) {
  const at = anchor < 0 ? list.length : where === "after" ? anchor + 1 : anchor;
  list.splice(at, 0, item);
}

/** Move the thing at `from` by `step` places; whether it moved. */
export function shift(list, from, step) {
  const to = from + step;
  if (from < 0 || to < 0 || to >= list.length) return false;
  list.splice(to, 0, ...list.splice(from, 1));
  return true;
}
