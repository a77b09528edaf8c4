// Menus, dialogs, toasts: what comes over the page. Built on the browser's own popover and dialog.

import { icon, make, say } from "./page.js";

const GAP = 4;

// A flyout opens at the control it belongs to, on the side where there is room.
document.addEventListener(
  "beforetoggle",
  (event) => {
    const flyout = event.target;
    if (event.newState !== "open" || !flyout.matches?.(".flyout")) return;
    const anchor = flyout.anchor ?? document.querySelector(`[popovertarget="${flyout.id}"]`);
    if (anchor) place(flyout, anchor);
  },
  true,
);

document.addEventListener(
  "toggle",
  (event) => {
    const flyout = event.target;
    if (!flyout.matches?.(".flyout")) return;
    const anchor = flyout.anchor ?? document.querySelector(`[popovertarget="${flyout.id}"]`);
    anchor?.setAttribute("aria-expanded", String(event.newState === "open"));
    if (event.newState === "open") keepInside(flyout);
  },
  true,
);

function place(flyout, anchor) {
  const box = anchor.getBoundingClientRect();
  const atEnd = box.left > innerWidth * 0.55;
  const below = box.top < innerHeight * 0.6;
  flyout.style.left = atEnd ? "auto" : `${Math.max(GAP, box.left)}px`;
  flyout.style.right = atEnd ? `${Math.max(GAP, innerWidth - box.right)}px` : "auto";
  flyout.style.top = below ? `${box.bottom + GAP}px` : "auto";
  flyout.style.bottom = below ? "auto" : `${innerHeight - box.top + GAP}px`;
}

function keepInside(flyout) {
  const box = flyout.getBoundingClientRect();
  if (box.right > innerWidth - GAP) Object.assign(flyout.style, { left: "auto", right: `${GAP * 2}px` });
  if (box.left < GAP) Object.assign(flyout.style, { left: `${GAP * 2}px`, right: "auto" });
}

/** Open a flyout at an element that is not its own button. */
export function openAt(flyout, anchor) {
  flyout.anchor = anchor;
  flyout.showPopover();
}

// Arrow keys move within a menu; choosing closes it.
document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(".menu-list") ?? openMenuOf(event.target);
  if (!menu || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
  const items = [...menu.querySelectorAll(".menu-item:not(:disabled)")];
  const at = items.indexOf(document.activeElement);
  const next = event.key === "ArrowDown" ? at + 1 : at < 0 ? items.length - 1 : at - 1;
  items[(next + items.length) % items.length]?.focus();
  event.preventDefault();
});

function openMenuOf(target) {
  const id = target.getAttribute?.("popovertarget");
  const menu = id ? document.getElementById(id) : null;
  return menu?.matches(".menu-list:popover-open") ? menu : null;
}

document.addEventListener("click", (event) => {
  const item = event.target.closest(".menu-item");
  if (item) item.closest("[popover]")?.hidePopover();
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens)?.showModal();
  if (event.target.closest("[data-closes]")) event.target.closest("dialog")?.close();
  if (event.target.matches("dialog[open]")) closeOutside(event);
});

function closeOutside(event) {
  const box = event.target.getBoundingClientRect();
  const inside =
    event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  if (!inside && event.detail > 0) event.target.close();
}

/** Say something in passing. `action` and `label` make a button, such as undo. What takes it away is returned. */
export function toast(text, { bad = false, label = "", action = null, seconds = 5 } = {}) {
  const stack = document.getElementById("toasts");
  if (!stack) return () => {};
  const line = make("div", { class: bad ? "toast-line bad" : "toast-line", role: bad ? "alert" : null }, make("span", {}, text));
  const remove = () => {
    line.remove();
    if (!stack.childElementCount) stack.hidePopover();
  };
  if (action) {
    const run = () => {
      remove();
      action();
    };
    line.append(make("button", { type: "button", click: run }, label));
  }
  line.append(make("button", { type: "button", click: remove, "aria-label": say("close"), class: "plain" }, icon("x")));
  stack.append(line);
  // Shown anew, so that it lies above a dialog that was opened after it.
  if (stack.matches(":popover-open")) stack.hidePopover();
  stack.showPopover();
  setTimeout(remove, seconds * 1000);
  return remove;
}

/** Ask before something is done; resolves to whether it shall be. */
export function confirmed({ title, text, verb, danger = false }) {
  const dialog = document.getElementById("dialog");
  const yes = make("button", { type: "submit", value: "yes", class: danger ? "btn btn-danger" : "btn btn-primary" }, verb);
  const no = make("button", { type: "submit", value: "no", class: "btn" }, say("cancel"));
  const form = make(
    "form",
    { method: "dialog" },
    make("div", { class: "dialog-head" }, make("h2", { id: "dialog-title" }, title)),
    make("div", { class: "dialog-body" }, text),
    make("div", { class: "dialog-foot" }, no, yes),
  );
  dialog.replaceChildren(form);
  dialog.returnValue = "";
  dialog.showModal();
  yes.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
