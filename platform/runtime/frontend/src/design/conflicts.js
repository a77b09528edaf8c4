// Where somebody else was faster: what both changed, side by side, and whose holds, part by part.

import { icon, make } from "../page.js";
import { w } from "./words.js";

const SIDES = ["mine", "theirs"];

/** All conflicts; `choose` gets sides by the names of parts. */
export function conflicts(found, choose) {
  const parts = found.flatMap((one) => one.clashes);
  const open = parts.filter((part) => !part.choice).length;
  const all = (side) => make("button", { type: "button", class: "btn btn-small", click: () => choose(Object.fromEntries(parts.map((part) => [part.name, side]))) }, w(`all_${side}`));
  const head = parts.length ? make("div", { class: "line d-sides-all" }, make("span", { class: "grow strong" }, open ? w("conflict_open", { count: open }) : ""), ...(parts.length > 1 ? SIDES.map(all) : [])) : null;
  return make("div", { class: "stack" }, head, ...found.map((one) => conflict(one, choose)));
}

function conflict({ label, by, clashes }, choose) {
  const head = make("p", {}, make("strong", {}, label), " ", make("span", { class: "soft" }, by ? w("conflict_by", { name: by }) : ""));
  if (!clashes.length) return make("div", { class: "notice" }, icon("info-circle"), make("div", {}, head, w("conflict_merged")));
  return make("div", { class: "notice notice-warn" }, icon("users"), make("div", { class: "grow" }, head, ...clashes.map((clash) => sides(clash, choose))));
}

function sides({ name, where, choice, ...values }, choose) {
  const option = (side) => {
    const input = make("input", { type: "radio", name, value: side });
    input.checked = choice === side;
    input.addEventListener("change", () => choose({ [name]: side }));
    const lines = values[side].map((line) => make("span", { class: "d-side-line" }, line));
    return make("label", { class: "d-side" }, input, make("span", {}, make("small", { class: "soft" }, w(side)), ...lines));
  };
  return make("fieldset", { class: "d-sides", "data-clash": name }, make("legend", {}, where || w("whole_part")), make("div", { class: "d-pair" }, ...SIDES.map(option)));
}
