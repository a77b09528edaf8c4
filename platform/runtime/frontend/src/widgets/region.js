// A region: type to search, or go down from province to city to district.

import { icon, make, say } from "../page.js";
import { combobox } from "../picker.js";
import { enter, widget } from "./base.js";
import { below, chain, regions, search, wholeName } from "./regions.js";

widget("region", (holder) => regionInput(holder, holder.querySelector("input")));

/** Make `input`, which holds the whole name, a picker of regions. `picked(code, name)` is told besides. */
export function regionInput(holder, input, picked = () => {}) {
  let all = null;
  combobox(input, {
    find: async (text) => {
      all = await regions();
      return text ? search(all, text) : [];
    },
    pick: (hit) => take(hit?.id ?? null),
    // What nobody picked stays: the server knows more ways to write a place than are listed here.
    free: true,
  });
  const open = make("button", { type: "button", class: "btn btn-quiet btn-icon btn-small region-open", tabindex: "-1", "aria-label": input.getAttribute("aria-label") ?? input.placeholder }, icon("chevron-down"));
  const panel = make("div", { class: "flyout region-panel", popover: "auto" });
  open.addEventListener("click", async () => {
    all = await regions();
    draw(codeOf(input.value));
    panel.anchor = input;
    panel.showPopover();
    panel.querySelector("button")?.focus();
  });
  holder.append(open, panel);

  function codeOf(text) {
    return text ? (search(all, text, 1).find((hit) => hit.title === text)?.id ?? null) : null;
  }

  function take(code) {
    const name = code ? wholeName(all.names, code) : "";
    enter(input, name);
    picked(code, name);
  }

  /** Show what is below a region, the way to it, and the region itself. */
  function draw(code) {
    const lower = below(all, code);
    const at = lower.length || !code ? code : (chain(all.names, code).at(-2) ?? null);
    const path = at ? chain(all.names, at) : [];
    const up = path.map((each) => step(all.names.get(each), () => draw(each === at ? (path.at(-2) ?? null) : each), "region-step"));
    const whole = at ? [step(say("widget.region_within", { name: all.names.get(at) }), () => finish(at), "region-whole")] : [];
    const rows = below(all, at).map((each) => step(all.names.get(each), () => (below(all, each).length ? draw(each) : finish(each)), each === code ? "on" : ""));
    panel.replaceChildren(make("div", { class: "region-path" }, ...up), make("div", { class: "region-list" }, ...whole, ...rows));
    if (panel.matches(":popover-open")) panel.querySelector(".region-list button")?.focus();
  }

  function finish(code) {
    take(code);
    panel.hidePopover();
    input.focus();
  }
}

function step(text, run, css) {
  return make("button", { type: "button", class: `btn btn-quiet btn-small ${css}`.trim(), click: run }, text);
}
