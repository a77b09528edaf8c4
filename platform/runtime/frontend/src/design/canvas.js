// The screen in the middle: what the server drew, in frames of real widths, so that a phone looks like a phone.
//
// Frames hold markup and styles, no scripts; their parts are marked with data-node, selected by click or Tab, moved
// by arrows and by dragging. What a part means is the designer's business.

import { make } from "../page.js";
import { beginDrag } from "./drag.js";
import { w } from "./words.js";

const DESKTOP_WIDTH = 1060;
const PHONE_WIDTH = 390;
const FAR = 5;
const STEPS = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 };

export class Canvas {
  constructor(holder, frame, styles) {
    Object.assign(this, { holder, frame, styles, views: [], html: "", selected: null, awaited: null });
    this.looks = new MutationObserver(() => {
      this.views.forEach((view) => this.dress(view));
      this.frame.designer.dressed?.(this.frame);
    });
    this.looks.observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme", "data-theme", "data-density"] });
    this.sizes = new ResizeObserver(() => this.views.forEach((view) => this.fit(view)));
  }

  /** Show `desktop`, `phone` or `both`. */
  async see(which) {
    const kinds = which === "both" ? ["desktop", "phone"] : [which];
    this.views.forEach((view) => view.box.remove());
    this.holder.dataset.view = which;
    this.views = kinds.map((kind) => this.newView(kind));
    await Promise.all(this.views.map((view) => view.ready));
    this.views.forEach((view) => this.fill(view));
  }

  newView(kind) {
    const iframe = make("iframe", { class: "d-frame", title: `${w("screen")}: ${w(kind)}`, sandbox: "allow-same-origin allow-scripts" });
    const box = make("div", { class: `d-view d-view-${kind}`, "aria-busy": "true" }, iframe);
    const view = { kind, iframe, box, scale: 1, doc: null };
    view.ready = new Promise((resolve) => {
      iframe.addEventListener("load", () => {
        view.doc = iframe.contentDocument;
        view.doc.body.dataset.view = kind;
        this.dress(view);
        this.listen(view);
        resolve();
      }, { once: true });
    });
    const links = this.styles.map((href) => `<link rel="stylesheet" href="${href}">`).join("");
    iframe.srcdoc = `<!doctype html><html lang="${document.documentElement.lang}"><head><meta charset="utf-8">${links}</head><body class="design-canvas"></body></html>`;
    this.holder.append(box);
    this.sizes.observe(box);
    this.fit(view);
    return view;
  }

  dress(view) {
    for (const name of ["data-bs-theme", "data-theme", "data-density"]) {
      const value = document.documentElement.getAttribute(name);
      if (value === null) view.doc?.documentElement.removeAttribute(name);
      else view.doc?.documentElement.setAttribute(name, value);
    }
  }

  /** A frame is as wide as the device it stands for, and drawn smaller where there is less room. */
  fit(view) {
    const { clientWidth: width, clientHeight: height } = view.box;
    if (!width || !height) return;
    const wanted = view.kind === "phone" ? PHONE_WIDTH : Math.max(width, DESKTOP_WIDTH);
    view.scale = Math.min(1, width / wanted);
    Object.assign(view.iframe.style, {
      width: `${wanted}px`,
      height: `${height / view.scale}px`,
      transform: view.scale < 1 ? `scale(${view.scale})` : "none",
    });
  }

  /** Show other markup; what was selected stays so. */
  show(html) {
    this.html = html;
    this.views.forEach((view) => view.doc && this.fill(view));
  }

  fill(view) {
    const { doc } = view;
    const focused = this.awaited ?? (doc.hasFocus() ? doc.activeElement?.dataset?.node : null);
    const { scrollTop, scrollLeft } = doc.scrollingElement;
    doc.body.innerHTML = this.html;
    if (this.html) view.box.removeAttribute("aria-busy");
    this.mark(doc);
    this.frame.designer.drawn?.(this.frame, doc, view);
    doc.scrollingElement.scrollTo(scrollLeft, scrollTop);
    this.outline(doc);
    if (focused) this.elementOf(doc, focused)?.focus({ preventScroll: true });
    this.awaited = null;
  }

  mark(doc) {
    for (const [selector, id] of this.frame.designer.marks) {
      for (const element of doc.querySelectorAll(selector)) {
        const node = id(element);
        if (!node) continue;
        element.dataset.node = node;
        element.tabIndex = 0;
      }
    }
    for (const part of doc.querySelectorAll("input, select, textarea, button, a")) {
      part.tabIndex = -1;
      if ("disabled" in part && part.matches("select, textarea, input")) part.readOnly = true;
    }
  }

  elementOf(doc, node) {
    return node ? doc.querySelector(`[data-node="${CSS.escape(node)}"]`) : null;
  }

  outline(doc) {
    for (const element of doc.querySelectorAll(".d-on")) element.classList.remove("d-on");
    this.elementOf(doc, this.selected)?.classList.add("d-on");
  }

  /** Mark a part as selected; `reveal` brings it into sight, `focus` gives it the keyboard. */
  select(node, { reveal = false, focus = false } = {}) {
    this.selected = node;
    this.views.forEach(({ doc }, index) => {
      if (!doc) return;
      this.outline(doc);
      const element = this.elementOf(doc, node);
      if (reveal) element?.scrollIntoView({ block: "nearest", inline: "nearest" });
      if (!focus || index > 0) return;
      // What stands elsewhere from now on has the keyboard once it is drawn there.
      if (element) element.focus({ preventScroll: true });
      else this.awaited = node;
    });
  }

  listen(view) {
    const { doc } = view;
    const stop = (event) => event.preventDefault();
    doc.addEventListener("submit", stop);
    doc.addEventListener("click", (event) => {
      event.preventDefault();
      const node = event.target.closest("[data-node]");
      this.frame.select(node?.dataset.node ?? null);
      node?.focus({ preventScroll: true });
    });
    doc.addEventListener("focusin", ({ target }) => {
      if (target.dataset?.node && target.dataset.node !== this.selected) this.frame.select(target.dataset.node);
    });
    doc.addEventListener("mousedown", (event) => {
      if (event.target.closest("input, select, textarea, button, label, summary")) event.preventDefault();
    });
    doc.addEventListener("pointerdown", (event) => this.onPress(view, event));
    doc.addEventListener("keydown", (event) => this.onKey(event));
  }

  onKey(event) {
    if (this.frame.onKey(event)) return;
    const node = event.target.dataset?.node;
    if (!node) return;
    const step = STEPS[event.key];
    if (step && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      this.frame.move(node, step, event.key, event.shiftKey);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      this.frame.remove(node);
    } else if ((event.ctrlKey || event.metaKey) && event.key === "d") {
      event.preventDefault();
      this.frame.designer.duplicate?.(this.frame, node);
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.frame.enter();
    }
  }

  /** A press on a part that is moved far enough drags it; a finger scrolls instead. */
  onPress(view, event) {
    if (event.button !== 0 || event.pointerType === "touch") return;
    if (this.frame.designer.press?.(this.frame, view, event)) return;
    const element = event.target.closest("[data-node]");
    const payload = element && this.frame.designer.payload?.(this.frame, element.dataset.node);
    if (!payload) return;
    const { clientX: x, clientY: y } = event;
    const onMove = (moved) => {
      if (Math.hypot(moved.clientX - x, moved.clientY - y) < FAR) return;
      off();
      beginDrag(this, payload, moved, { doc: view.doc, view, element });
    };
    const off = () => {
      view.doc.removeEventListener("pointermove", onMove);
      view.doc.removeEventListener("pointerup", off);
    };
    view.doc.addEventListener("pointermove", onMove);
    view.doc.addEventListener("pointerup", off);
  }

  /** Where a point of the page lies in one of the frames: {view, x, y}, or null. */
  at(x, y) {
    for (const view of this.views) {
      const box = view.iframe.getBoundingClientRect();
      if (x >= box.left && x < box.right && y >= box.top && y < box.bottom) {
        return { view, x: (x - box.left) / view.scale, y: (y - box.top) / view.scale };
      }
    }
    return null;
  }

  /** The page's point of a frame's point. */
  outside(view, x, y) {
    const box = view.iframe.getBoundingClientRect();
    return { x: box.left + x * view.scale, y: box.top + y * view.scale };
  }
}
