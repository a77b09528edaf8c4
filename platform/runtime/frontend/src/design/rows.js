// The records that stand in the way of a publication, listed with ways to them.

import { toast } from "../overlays.js";
import { icon, make, posted } from "../page.js";
import { ask } from "./dialogs.js";
import { w } from "./words.js";

/** A button that lists the records behind an effect that refuses; null where it is not about records. */
export function rowsBehind({ entity, field, code, count }) {
  if (!entity || !field) return null;
  return make("div", { class: "line d-rows-line" }, make("button", { type: "button", class: "btn btn-small", "data-name": "show-rows", click: () => show({ entity, field, code, count }) }, icon("list"), w("show_rows")));
}

async function show({ entity, field, code, count }) {
  const list = make("ul", { class: "d-lines d-rows-list" });
  const open = make("a", { class: "btn btn-small", target: "_blank", rel: "noopener" }, icon("external-link"), w("open_as_list"));
  const more = make("button", { type: "button", class: "btn btn-quiet", hidden: true }, w("more_rows"));
  const load = async (after) => {
    const found = await posted("/admin/design/rows", { entity, field, code, after });
    list.append(...found.items.map((row) => make("li", {}, make("a", { class: "grow", href: row.address, target: "_blank", rel: "noopener" }, row.title || `#${row.id}`), make("span", { class: "soft" }, row.value))));
    if (!after) open.href = found.list;
    more.hidden = found.next === null;
    more.onclick = () => load(found.next).catch((error) => toast(error.message, { bad: true }));
  };
  try {
    await load(0);
    await ask({ title: `${w("rows_in_the_way")} (${count})`, body: [make("div", { class: "line" }, make("span", { class: "grow soft" }, w("rows_mend")), open), list, more], verb: null });
  } catch (error) {
    toast(error.message, { bad: true });
  }
}
