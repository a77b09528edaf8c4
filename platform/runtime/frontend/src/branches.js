// Trees in pickers: what is below a record is asked for when it is opened. And where a linked record stands, said
// when the pointer or the keyboard comes to it: <td data-path="category"> holds links to records of a tree.

import { asked } from "./page.js";
import { found } from "./picker.js";

/**
 * What a picker of a tree finds: with a text hits as ever, without one the tree as far as it is opened. Each hit of
 * the tree has {depth, more, open}; `toggle(hit)` opens or closes it.
 */
export function treeOf(source, context) {
  const below = new Map();
  const open = new Set();
  const level = async (above) => {
    const query = new URLSearchParams({ ...(above ? { above } : {}), ...context() });
    return (await asked(`/pick/${source}/level?${query}`)).items;
  };
  const spread = async (above, depth) => {
    if (!below.has(above)) below.set(above, await level(above));
    const rows = [];
    for (const node of below.get(above)) {
      const shown = open.has(node.id);
      rows.push({ ...node, depth, open: shown });
      if (shown) rows.push(...(await spread(node.id, depth + 1)));
    }
    return rows;
  };
  return {
    find: (text) => (text ? found(source, text, context()) : spread(null, 0)),
    toggle: (hit) => (open.has(hit.id) ? open.delete(hit.id) : open.add(hit.id)),
    forget: () => below.clear(),
  };
}

const told = new Map();

async function tell(cell, link) {
  const id = link.getAttribute("href").match(/\/(\d+)$/)?.[1];
  if (!id || link.title) return;
  const key = `${cell.dataset.path}/${id}`;
  if (!told.has(key)) told.set(key, asked(`/pick/${cell.dataset.path}/path?${new URLSearchParams({ ids: id })}`).catch(() => ({ items: [] })));
  const { items } = await told.get(key);
  if (items.length) link.title = items[0].path.join(" / ");
}

for (const name of ["pointerover", "focusin"]) {
  document.addEventListener(name, ({ target }) => {
    const cell = target.closest?.("[data-path]");
    const link = target.closest?.("a[href]");
    if (cell && link && cell.contains(link)) tell(cell, link);
  });
}
