// The designer of a set of options that several fields share.

import { icon, make } from "../page.js";
import { button, group, words } from "./controls.js";
import { removeDocument } from "./form.js";
import { register, shift } from "./frame.js";
import { optionsEditor } from "./options.js";
import { textOf, w } from "./words.js";

const OPTION = "option:";
const at = (document, node) => document.options.findIndex((option) => OPTION + option.key === node);

register({
  kind: "option_set",
  marks: [["[data-option]", (option) => OPTION + option.dataset.option]],

  left: (frame) => [make("h2", { class: "d-pane-head" }, w("option_sets")), make("div", { class: "d-types d-types-wide" }, ...frame.given.option_sets.map(([key, label]) => make("a", { class: "d-add", href: `/admin/design/option_set/${key}`, "aria-current": key === frame.given.key ? "page" : null }, icon("list"), make("span", { class: "cut" }, label))))],

  right(frame) {
    const { document } = frame;
    const base = frame.work.base.get(frame.id);
    return [
      make("header", { class: "d-right-head" }, icon("list"), make("div", { class: "grow" }, make("strong", { class: "cut" }, textOf(document.label, frame.lang)), make("small", { class: "soft" }, `${w("tab.option_set")} · ${document.key}`))),
      group("", words(w("name"), document.label, frame.lang, (value) => value && frame.edit((found) => (found.label = value), { tag: "label" }))),
      group(w("options"), optionsEditor({
        options: document.options,
        lang: frame.lang,
        fixed: new Set(base?.options.map((option) => option.key) ?? []),
        staged: true,
        change: (options) => frame.edit((found) => (found.options = options), { tag: "options" }),
      })),
      button(w("delete_document", { name: textOf(document.label, frame.lang) }), "trash", () => removeDocument(frame), { kind: "quiet" }),
    ];
  },

  exists: (frame, node) => at(frame.document, node) >= 0,
  payload: (frame, node) => ({ kind: "option", node, label: textOf(frame.document.options[at(frame.document, node)].label, frame.lang) }),
  accepts: () => "around",
  drop(frame, payload, node, where) {
    frame.edit((document) => {
      const [option] = document.options.splice(at(document, payload.node), 1);
      document.options.splice(at(document, node) + (where === "after"), 0, option);
    });
    return payload.node;
  },
  move(frame, node, step) {
    frame.edit((document) => shift(document.options, at(document, node), step));
    frame.drawRight();
  },
});
