// The keys that work on every screen.

import { isTyping } from "./page.js";
import { openPalette } from "./palette.js";

const press = {
  "/": openPalette,
  "?": () => document.getElementById("help")?.showModal(),
  n: () => document.querySelector('#main [aria-keyshortcuts="n"]')?.click(),
  f: () => document.querySelector('#main [aria-keyshortcuts="f"]')?.click(),
};

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    openPalette();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isTyping(event.target)) return;
  if (press[event.key]) {
    event.preventDefault();
    press[event.key]();
  }
});
