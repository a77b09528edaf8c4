// How somebody stands in a pane, kept when it is drawn anew: scrolled, unfolded, in the hands of the keyboard.

const HANDLES = "input, select, textarea, button, summary";

/** The stance in a pane. */
export function stanceOf(pane) {
  const held = pane.contains(document.activeElement) ? document.activeElement : null;
  const open = [...pane.querySelectorAll("details[open] > summary")].map((summary) => summary.textContent);
  return { scroll: pane.scrollTop, open, tag: held?.tagName, place: [...pane.querySelectorAll(HANDLES)].indexOf(held) };
}

/** Take a stance up again. */
export function take(pane, { scroll, open, tag, place }) {
  for (const summary of pane.querySelectorAll("details > summary")) if (open.includes(summary.textContent)) summary.parentElement.open = true;
  const held = pane.querySelectorAll(HANDLES)[place];
  if (held && held.tagName === tag) held.focus({ preventScroll: true });
  pane.scrollTop = scroll;
}
