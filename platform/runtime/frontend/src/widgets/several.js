// Several records in one field, chosen one after another: a chip for each, taken off by its cross or by Backspace,
// moved by Alt with an arrow. What is chosen already is not offered again.

import { make, say, whenShown } from "../page.js";
import { treeOf } from "../branches.js";
import { combobox, contextOf, found } from "../picker.js";

whenShown('[data-widget="multi_picker"]', (holder) => {
  if (holder.widgetReady || holder.closest("template")) return;
  holder.widgetReady = true;
  const input = holder.querySelector(".chips-typed");
  const chips = () => [...holder.querySelectorAll(":scope > [data-id]")];
  const changed = () => holder.querySelector("input[type=hidden]").dispatchEvent(new Event("change", { bubbles: true }));
  const arm = (chip) => {
    const name = say("widget.drop", { name: chip.textContent.trim() });
    const drop = make("button", { type: "button", class: "btn btn-quiet btn-icon btn-tiny", "aria-label": name, title: name }, "×");
    drop.addEventListener("click", () => {
      chip.remove();
      changed();
      input.focus();
    });
    drop.addEventListener("keydown", (event) => move(event, chip));
    chip.append(drop);
    return chip;
  };
  const move = (event, chip) => {
    if (!event.altKey || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    const other = event.key === "ArrowLeft" ? chip.previousElementSibling : chip.nextElementSibling;
    if (!other?.dataset.id) return;
    event.preventDefault();
    if (event.key === "ArrowLeft") other.before(chip);
    else other.after(chip);
    chip.querySelector("button").focus();
    changed();
  };
  const add = ({ id, title }) => {
    if (chips().some((chip) => chip.dataset.id === String(id))) return;
    const held = make("input", { type: "hidden", name: holder.dataset.name, value: String(id) });
    input.before(arm(make("span", { class: "chip-word tag", "data-id": String(id) }, held, make("span", { class: "cut" }, title))));
    changed();
  };
  const context = () => contextOf(holder);
  const tree = holder.dataset.tree === undefined ? null : treeOf(holder.dataset.source, context);
  const free = (hits) => {
    const held = new Set(chips().map((chip) => chip.dataset.id));
    return hits.filter((hit) => hit.more || !held.has(String(hit.id)));
  };
  const box = combobox(input, {
    find: async (text) => free(await (tree ? tree.find(text) : found(holder.dataset.source, text, context()))),
    toggle: tree?.toggle,
    pick: (hit) => {
      if (hit) add(hit);
      box.title = input.value = "";
    },
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Backspace" || input.value || !chips().length) return;
    chips().at(-1).remove();
    changed();
  });
  // What is typed here is only a name on its way.
  for (const name of ["input", "change"]) input.addEventListener(name, (event) => event.stopPropagation());
  holder.addEventListener("click", (event) => event.target === holder && input.focus());
  chips().forEach(arm);
});
