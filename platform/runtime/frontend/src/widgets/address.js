// An address: region, street and postcode, together in one hidden input as JSON.

import { enter, whenSet, widget } from "./base.js";

const NAMES = ["province", "city", "district"];

widget("address", (holder) => {
  const held = holder.querySelector("input[type=hidden]");
  const parts = Object.fromEntries([...holder.querySelectorAll("[data-part]")].map((each) => [each.dataset.part, each]));
  const show = () => {
    const value = read(held.value);
    parts.region.value = value.region ?? [...new Set(NAMES.map((name) => value[name]).filter(Boolean))].join(" ");
    parts.street.value = value.street ?? "";
    parts.postcode.value = value.postcode ?? "";
  };
  const compose = (event) => {
    if (event.target === held) return;
    event.stopPropagation();
    const value = Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part.value.trim()]).filter(([, text]) => text));
    enter(held, Object.keys(value).length ? JSON.stringify(value) : "");
  };
  holder.addEventListener("input", compose);
  holder.addEventListener("change", compose);
  whenSet(held, show);
  show();
});

/** The parts of the text that is held; one that is no JSON is a street. */
function read(text) {
  try {
    return text ? JSON.parse(text) : {};
  } catch {
    return { street: text };
  }
}
