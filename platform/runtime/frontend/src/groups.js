// Lists in groups, and columns that stay while the others scroll.

import { act, whenShown } from "./page.js";

// A heading folds the rows below it, up to the next heading.
act("fold-group", (button) => {
  const open = button.getAttribute("aria-expanded") !== "true";
  button.setAttribute("aria-expanded", String(open));
  for (let row = button.closest("tr").nextElementSibling; row && !row.matches(".group-head"); row = row.nextElementSibling) {
    row.hidden = !open;
  }
});

const frozen = new CSSStyleSheet();
document.adoptedStyleSheets.push(frozen);

// The first column always stays; a list may keep more. Where they stand depends on widths only the page knows.
whenShown(".list-screen", (screen) => {
  const count = Number(screen.dataset.frozen ?? 1);
  const table = screen.querySelector("table.records");
  freeze(frozen, table, matchMedia("(max-width: 640px)").matches ? 1 : count);
});

/** Let a style sheet keep the first `count` columns of a table in sight. */
export function freeze(sheet, table, count) {
  sheet.replaceSync("");
  if (count < 2 || !table) return;
  const place = () => sheet.replaceSync(rulesFor(table, count));
  new ResizeObserver(place).observe(table);
  place();
}

function rulesFor(table, count) {
  const heads = [...table.tHead.rows[0].cells];
  const first = heads.findIndex((head) => head.matches(".first"));
  const rules = [];
  let left = first > 0 ? heads[first - 1].offsetWidth : 0;
  for (let place = first; place < first + count && place < heads.length - 1; place += 1) {
    const cell = `.records :is(thead, tbody, tfoot) > tr > :nth-child(${place + 1}):not([colspan])`;
    rules.push(`${cell} { position: sticky; left: ${left}px; z-index: 2; background: var(--row-fill, var(--fl-surface)); }`);
    rules.push(`.records thead > tr > :nth-child(${place + 1}) { z-index: 4; }`);
    left += heads[place].offsetWidth;
  }
  return rules.join("\n");
}
