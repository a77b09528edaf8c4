// A pad to sign on, with a mouse, a finger or a pen; strokes can be undone. Loaded when somebody signs.

import { icon, make, say } from "../page.js";

const INK = "#14213d";
const WIDTH = 720;
const HEIGHT = 300;
const SCALE = 2;

/** The drawing as a PNG of what was drawn and no more; null when the pad was closed without it. */
export function sign(title) {
  return new Promise((resolve) => new Pad(title, resolve));
}

class Pad {
  constructor(title, resolve) {
    Object.assign(this, { strokes: [], stroke: null, drawn: null });
    this.canvas = make("canvas", { class: "sign-pad", width: WIDTH * SCALE, height: HEIGHT * SCALE, tabindex: "0", role: "img", "aria-label": say("sign_hint") });
    this.undo = make("button", { class: "btn", type: "button", click: () => this.back() }, icon("arrow-back-up"), say("sign_undo"));
    this.clear = make("button", { class: "btn", type: "button", click: () => this.empty() }, say("sign_clear"));
    this.ready = make("button", { class: "btn btn-primary", type: "button", click: () => this.finish() }, say("sign_done"));
    const close = make("button", { class: "btn btn-quiet btn-icon", type: "button", "data-closes": "", "aria-label": say("close") }, icon("x"));
    this.dialog = make(
      "dialog",
      { class: "dialog dialog-wide sign-dialog", "aria-label": title || say("sign_title") },
      make("div", { class: "dialog-head" }, make("h2", {}, title || say("sign_title")), close),
      make("div", { class: "dialog-body" }, this.canvas, make("p", { class: "input-help" }, say("sign_hint"))),
      make("div", { class: "dialog-foot" }, this.undo, this.clear, this.ready),
    );
    this.dialog.addEventListener("close", () => {
      this.dialog.remove();
      resolve(this.drawn);
    });
    this.listen();
    document.body.append(this.dialog);
    this.dialog.showModal();
    this.show();
  }

  listen() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => {
      if (!event.isPrimary || event.button > 0) return;
      event.preventDefault();
      canvas.setPointerCapture(event.pointerId);
      this.stroke = [this.point(event)];
      this.strokes.push(this.stroke);
      this.show();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!this.stroke) return;
      const passed = event.getCoalescedEvents?.() ?? [];
      for (const each of passed.length ? passed : [event]) this.stroke.push(this.point(each));
      this.show();
    });
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (this.stroke = null));
    this.dialog.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key === "z") {
        event.preventDefault();
        this.back();
      }
    });
  }

  /** Where the pointer is on the drawing, and how hard a pen is pressed. */
  point(event) {
    const box = this.canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * this.canvas.width;
    const y = ((event.clientY - box.top) / box.height) * this.canvas.height;
    return { x, y, width: SCALE * (event.pointerType === "pen" ? 1.5 + 3 * event.pressure : 2.75) };
  }

  back() {
    this.strokes.pop();
    this.show();
  }

  empty() {
    this.strokes = [];
    this.show();
  }

  show() {
    const pen = this.canvas.getContext("2d");
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    draw(pen, this.strokes);
    for (const button of [this.undo, this.clear, this.ready]) button.disabled = !this.strokes.length;
  }

  async finish() {
    this.drawn = await cut(this.strokes);
    this.dialog.close();
  }
}

function draw(pen, strokes) {
  Object.assign(pen, { strokeStyle: INK, fillStyle: INK, lineCap: "round", lineJoin: "round" });
  for (const stroke of strokes) {
    const [first] = stroke;
    pen.beginPath();
    pen.arc(first.x, first.y, first.width / 2, 0, 2 * Math.PI);
    pen.fill();
    // Through the middles of what was passed, so that corners become curves.
    for (let at = 1; at < stroke.length; at += 1) {
      const [before, here] = [stroke[at - 1], stroke[at]];
      const start = at > 1 ? middle(stroke[at - 2], before) : before;
      const end = middle(before, here);
      pen.lineWidth = here.width;
      pen.beginPath();
      pen.moveTo(start.x, start.y);
      pen.quadraticCurveTo(before.x, before.y, end.x, end.y);
      pen.stroke();
    }
  }
}

function middle(left, right) {
  return { x: (left.x + right.x) / 2, y: (left.y + right.y) / 2 };
}

/** The strokes on paper just large enough. White, so that it can be read on a dark screen and in print. */
function cut(strokes) {
  const margin = 12 * SCALE;
  const xs = strokes.flat().map((point) => point.x);
  const ys = strokes.flat().map((point) => point.y);
  const left = Math.max(0, Math.min(...xs) - margin);
  const top = Math.max(0, Math.min(...ys) - margin);
  const paper = document.createElement("canvas");
  paper.width = Math.ceil(Math.min(WIDTH * SCALE, Math.max(...xs) + margin) - left);
  paper.height = Math.ceil(Math.min(HEIGHT * SCALE, Math.max(...ys) + margin) - top);
  const pen = paper.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, paper.width, paper.height);
  pen.translate(-left, -top);
  draw(pen, strokes);
  return new Promise((resolve) => paper.toBlob(resolve, "image/png"));
}
