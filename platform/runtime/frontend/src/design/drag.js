// Dragging: something new out of the left pane, or a part of the screen, to another place of the screen.
//
// The designer says what a part takes: `accepts(payload, node)` gives "around" (before or after it), "inside", or
// nothing, and `axis(node, element)` along which line its neighbours stand. A part that takes "both" takes it beside
// it at its edges. A designer with `aim(payload, point)` shows itself where something would go, until `unaim()`.

import { make } from "../page.js";

const EDGE = 48;
const SPEED = 14;
const RIM = 10;
const REST_MS = 450;

/** Begin to drag. `from` is where the pointer is: in a frame's document, or in the page's. */
export function beginDrag(canvas, payload, event, from) {
  const ghost = make("div", { class: "d-ghost" }, payload.label);
  document.body.append(ghost);
  const bar = new Map(canvas.views.map((view) => [view, view.doc.createElement("div")]));
  for (const [view, line] of bar) {
    line.className = "d-drop";
    line.hidden = true;
    view.doc.body.append(line);
  }
  document.body.classList.add("d-dragging");
  from.element?.classList.add("d-lifted");
  let target = null;
  let over = null;
  let resting = 0;

  const rest = (node) => {
    if (node === over) return;
    over = node;
    clearTimeout(resting);
    if (node) resting = setTimeout(() => canvas.frame.designer.rests?.(canvas.frame, node), REST_MS);
  };
  const onMove = (moved) => {
    const point = from.view ? canvas.outside(from.view, moved.clientX, moved.clientY) : { x: moved.clientX, y: moved.clientY };
    Object.assign(ghost.style, { left: `${point.x + 12}px`, top: `${point.y + 8}px` });
    const place = canvas.at(point.x, point.y);
    rest(place?.view.doc.elementFromPoint(place.x, place.y)?.closest("[data-node]")?.dataset.node);
    const before = target;
    target = place ? aim(canvas, payload, place, from.element) : null;
    if (before && !target) canvas.frame.designer.unaim?.(canvas.frame);
    for (const [view, line] of bar) draw(line, target?.view === view ? target : null);
    if (place) scroll(place);
  };
  const finish = (drop) => {
    for (const [name, run] of Object.entries(listeners)) from.doc.removeEventListener(name, run, true);
    document.removeEventListener("keydown", onKey, true);
    clearTimeout(resting);
    ghost.remove();
    for (const line of bar.values()) line.remove();
    document.body.classList.remove("d-dragging");
    from.element?.classList.remove("d-lifted");
    if (drop && target) canvas.frame.drop(payload, target.node, target.where);
    else canvas.frame.designer.unaim?.(canvas.frame);
  };
  const onKey = (pressed) => {
    if (pressed.key !== "Escape") return;
    pressed.preventDefault();
    pressed.stopPropagation();
    finish(false);
  };
  const listeners = { pointermove: onMove, pointerup: () => finish(true), pointercancel: () => finish(false), keydown: onKey };
  for (const [name, run] of Object.entries(listeners)) from.doc.addEventListener(name, run, true);
  document.addEventListener("keydown", onKey, true);
  onMove(event);
}

/** The place the pointer means: {view, node, where, box, axis}. */
function aim(canvas, payload, { view, x, y }, lifted) {
  const { designer, frame } = { designer: canvas.frame.designer, frame: canvas.frame };
  if (designer.aim) return designer.aim(frame, payload, { view, x, y });
  let element = view.doc.elementFromPoint(x, y)?.closest("[data-node]");
  for (; element; element = element.parentElement?.closest("[data-node]")) {
    const { node } = element.dataset;
    const taken = designer.accepts(frame, payload, node);
    if (taken === "around" || (taken === "both" && isAtEdge(element, y))) return beside(view, designer, frame, element, x, y);
    if (taken === "inside" || taken === "both") return within(view, designer, frame, payload, element, x, y, lifted);
  }
  const root = designer.root?.(frame, payload, view.doc);
  return root ? within(view, designer, frame, payload, root, x, y, lifted) : null;
}

/** In a container: beside the nearest of its parts, or in it as the first. */
function within(view, designer, frame, payload, container, x, y, lifted) {
  const parts = [...container.querySelectorAll("[data-node]")].filter((part) => part !== lifted && designer.accepts(frame, payload, part.dataset.node) === "around");
  const near = parts.map((part) => [part, away(part.getBoundingClientRect(), x, y)]).sort((a, b) => a[1] - b[1])[0];
  if (near) return beside(view, designer, frame, near[0], x, y);
  return { view, node: container.dataset.node ?? null, where: "inside", box: container.getBoundingClientRect(), axis: null };
}

/** Whether a height is that of the upper or lower edge of a part that also holds others. */
function isAtEdge(element, y) {
  const { top, bottom, height } = element.getBoundingClientRect();
  const edge = Math.min(RIM, height / 4);
  return y < top + edge || y > bottom - edge;
}

function away(box, x, y) {
  return Math.hypot(Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom));
}

function beside(view, designer, frame, element, x, y) {
  const box = element.getBoundingClientRect();
  const axis = designer.axis?.(frame, element.dataset.node, element) ?? "y";
  const isAfter = axis === "x" ? x > box.left + box.width / 2 : y > box.top + box.height / 2;
  return { view, node: element.dataset.node, where: isAfter ? "after" : "before", box, axis };
}

function draw(line, target) {
  line.hidden = !target || Boolean(target.isShown);
  if (line.hidden) return;
  const { box, axis, where } = target;
  const { scrollLeft, scrollTop } = line.ownerDocument.scrollingElement;
  line.classList.toggle("d-drop-inside", !axis);
  const left = box.left + scrollLeft;
  const top = box.top + scrollTop;
  const put = (x, y, width, height) => Object.assign(line.style, { left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px` });
  if (!axis) put(left, top, box.width, box.height);
  else if (axis === "x") put((where === "after" ? left + box.width : left) - 2, top, 4, box.height);
  else put(left, (where === "after" ? top + box.height : top) - 2, box.width, 4);
}

function scroll({ view, y }) {
  const root = view.doc.scrollingElement;
  const height = view.iframe.clientHeight;
  if (y < EDGE) root.scrollBy(0, -SPEED);
  else if (y > height - EDGE) root.scrollBy(0, SPEED);
}

/** Something in the left pane that a click adds and a drag places. */
export function draggable(canvas, element, payload) {
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.pointerType === "touch") return;
    const { clientX: x, clientY: y } = event;
    const onMove = (moved) => {
      if (Math.hypot(moved.clientX - x, moved.clientY - y) < 5) return;
      off();
      element.dataset.dragged = "yes";
      beginDrag(canvas, payload(), moved, { doc: document });
    };
    const off = () => {
      document.removeEventListener("pointermove", onMove);
      document.removeEventListener("pointerup", off);
    };
    document.addEventListener("pointermove", onMove);
    document.addEventListener("pointerup", off);
  });
  // The click that ends a drag is none.
  element.addEventListener("click", (event) => {
    if (!element.dataset.dragged) return;
    delete element.dataset.dragged;
    event.stopImmediatePropagation();
    event.preventDefault();
  }, true);
  return element;
}
