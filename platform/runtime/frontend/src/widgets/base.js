// How the widgets of forms start, and how they say that somebody changed something.

import { whenShown } from "../page.js";

/** Run `start(element)` once for every widget of a kind, now and whenever one is swapped in or a line is added. */
export function widget(kind, start) {
  whenShown(`[data-widget="${kind}"]`, (element) => {
    // The row that others are copied from is no widget yet, nor is a copy that says it is ready.
    if (element.widgetReady) return;
    element.widgetReady = true;
    start(element);
  });
}

/** Let an input hold a text as if somebody had typed it. */
export function enter(input, text) {
  if (input.value === text) return;
  input.value = text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

/** Run `show()` when the form puts another value into the input by itself. */
export function whenSet(input, show) {
  input.addEventListener("widget:set", show);
}
