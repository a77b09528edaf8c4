// The colours of rows: conditions in order, each with the tint of rows for which it is the first to hold.

import { make } from "../page.js";
import { build, worded } from "./condition.js";
import { button, group, small } from "./controls.js";
import { shift } from "./frame.js";
import { colorButton } from "./options.js";
import { w } from "./words.js";

const MOST = 20;
const NEXT = ["red", "orange", "yellow", "green", "blue", "purple", "gray"];

/** The colours of a list. `set(name, value)` puts one of its keys, or takes it away for nothing. */
export function colorSettings(frame, set) {
  const { entity } = frame.document;
  const holder = make("div", { class: "d-tints" });
  const present = () => frame.document.colors ?? [];
  const put = (colors) => {
    set("colors", colors);
    draw();
  };
  const line = (tint, at, all) => {
    const words = make("button", { type: "button", class: "btn btn-quiet d-tint", title: w("edit_condition") }, make("span", { class: "cut" }, "…"));
    // Without a condition there is nothing to colour.
    words.addEventListener("click", () => build(frame, words, entity, tint.when, (when) => put(when ? all.with(at, { ...tint, when }) : all.toSpliced(at, 1))));
    worded(frame, entity, tint.when).then((text) => {
      words.firstChild.textContent = text;
      words.title = text;
    }).catch(() => {});
    const move = (step) => {
      const next = [...all];
      if (shift(next, at, step)) put(next);
    };
    return make(
      "div",
      { class: "line", "data-tint": at },
      colorButton(tint.color, (color) => put(all.with(at, { ...tint, color }))),
      words,
      small(w("move_up"), "arrow-up", () => move(-1), { disabled: at === 0 }),
      small(w("move_down"), "arrow-down", () => move(1), { disabled: at === all.length - 1 }),
      small(w("remove"), "x", () => put(all.toSpliced(at, 1))),
    );
  };
  const draw = () => {
    const all = present();
    const more = button(w("add_row_color"), "plus", () => build(frame, more, entity, null, (when) => when && put([...present(), { when, color: NEXT[present().length % NEXT.length] }])), { kind: "quiet" });
    more.dataset.name = "add-color";
    holder.replaceChildren(...all.map(line), all.length > 1 ? make("p", { class: "soft small" }, w("row_colors_note")) : "", all.length < MOST ? more : "");
  };
  draw();
  return group(w("row_colors"), holder);
}
