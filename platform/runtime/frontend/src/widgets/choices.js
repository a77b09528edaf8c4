// Choices that depend on another field's, and the choice of something else, written by hand.

import { whenShown } from "../page.js";

const OTHER = "other:";

whenShown("[data-depends]", (place) => {
  if (place.dataset.ready) return;
  place.dataset.ready = "yes";
  const form = place.closest("form");
  const narrow = (quietly) => offer(place, chosenIn(form, place), quietly);
  narrow(true);
  const onChange = ({ target }) => {
    if (!place.isConnected) form.removeEventListener("change", onChange);
    else if (target.name && target.name === nameOf(place)) narrow(false);
  };
  form.addEventListener("change", onChange);
  form.addEventListener("form:computed", () => narrow(false));
});

/** The name of the input that decides: within a row of a sub-table that row's. */
function nameOf(place) {
  const own = place.querySelector("select[name], input[name]").name;
  return (own.match(/^.*\]\./)?.[0] ?? "") + place.dataset.depends;
}

function chosenIn(form, place) {
  const found = form.elements.namedItem(nameOf(place));
  const parts = found === null ? [] : found instanceof RadioNodeList ? [...found] : [found];
  const held = parts.filter((part) => (part.type === "radio" || part.type === "checkbox" ? part.checked : part.value));
  return new Set(held.map((part) => part.value));
}

function offer(place, chosen, quietly) {
  let dropped = null;
  for (const choice of place.querySelectorAll("[data-when]")) {
    const fits = choice.dataset.when.split(" ").some((key) => chosen.has(key));
    const input = choice.matches("option") ? choice : choice.querySelector("input");
    const held = input.selected || input.checked;
    choice.hidden = !fits;
    input.disabled = !fits && !held;
    if (fits || !held || quietly) continue;
    // What no longer goes with the other choice is taken back.
    if (choice.matches("option")) choice.closest("select").value = "";
    else input.checked = false;
    input.disabled = true;
    dropped = choice.closest("select") ?? input;
  }
  dropped?.dispatchEvent(new Event("change", { bubbles: true }));
}

whenShown("[data-other]", (place) => {
  if (place.dataset.otherReady) return;
  place.dataset.otherReady = "yes";
  const text = place.querySelector(".other-text");
  const show = () => {
    const on = [...place.querySelectorAll(`[value="${OTHER}"]`)].some((each) => each.selected || each.checked);
    if (on && text.hidden) requestAnimationFrame(() => text.focus());
    text.hidden = !on;
    text.disabled = !on;
  };
  place.addEventListener("change", ({ target }) => target === text || show());
});
