// Cards on twelve columns: where they lie, what gives way to what, which place a pointer means.

export const WIDGET = "widget:";
export const COLUMNS = 12;
const SIZES = { metric: [3, 2], table: [6, 5], ranking: [4, 5] };
const USUAL = [6, 4];
const TALLEST = 20;
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const isOver = (a, b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
const byPlace = (a, b) => a.y - b.y || a.x - b.x;
const within = (value, least, most) => Math.max(least, Math.min(most, value));

/** The columns and rows a card of a kind begins with. */
export const sizeOf = (type) => SIZES[type] ?? USUAL;

/** Give a card of an older document what it does not say. */
export function normal(widget) {
  const [w, h] = sizeOf(widget.type);
  widget.x ??= 0;
  widget.y ??= 0;
  widget.w ??= w;
  widget.h ??= h;
}

/** Let nothing lie on the card put first: what is in its way goes down, and all rise as far as they can. */
export function settle(widgets, first = null) {
  const placed = [];
  const rest = widgets.filter((each) => each !== first).sort(byPlace);
  for (const widget of first ? [first, ...rest] : rest) {
    while (placed.some((other) => isOver(widget, other))) widget.y += 1;
    placed.push(widget);
  }
  for (const widget of placed.sort(byPlace)) {
    while (widget.y > 0 && !placed.some((other) => other !== widget && isOver({ ...widget, y: widget.y - 1 }, other))) widget.y -= 1;
  }
  // Members' boards flow in the order of the document.
  widgets.sort(byPlace);
}

/** Move a card by an arrow key: sideways by a column, up and down past its neighbour. */
export function step(widgets, moved, key) {
  const [dx, dy] = STEPS[key];
  moved.x = within(moved.x + dx, 0, COLUMNS - moved.w);
  const sharesColumns = (each) => each !== moved && each.x < moved.x + moved.w && moved.x < each.x + each.w;
  if (dy < 0) {
    const above = widgets.filter((each) => sharesColumns(each) && each.y < moved.y);
    moved.y = above.length ? Math.max(...above.map((each) => each.y)) : Math.max(0, moved.y - 1);
  } else if (dy > 0) {
    const below = widgets.filter((each) => sharesColumns(each) && each.y >= moved.y + moved.h);
    const nearest = below.sort(byPlace)[0];
    if (nearest) moved.y = nearest.y + nearest.h;
  }
  settle(widgets, moved);
}

/** Make a card wider or higher by an arrow key. */
export function stretch(widgets, card, key) {
  const [dx, dy] = STEPS[key];
  resize(widgets, card, { w: card.w + dx, h: card.h + dy });
}

/** Give a card another size, as far as the board has room. */
export function resize(widgets, card, { w = card.w, h = card.h }) {
  card.w = within(w, 1, COLUMNS);
  card.h = within(h, 1, TALLEST);
  card.x = Math.min(card.x, COLUMNS - card.w);
  settle(widgets, card);
}

/** Where cards stand in a view; taller ones have room for their titles, as on members' boards. */
export function arrange(view, widgets) {
  const ordered = [...widgets].sort(byPlace);
  for (const slot of view.doc.querySelectorAll("[data-widget]")) {
    const place = ordered.findIndex((each) => each.key === slot.dataset.widget);
    if (place < 0) continue;
    slot.style.order = String(place);
    if (view.kind === "phone") continue;
    const { x, w, h } = ordered[place];
    Object.assign(slot.style, { gridColumn: `${x + 1} / span ${w}`, gridRow: `span ${h > 3 ? h + 1 : h}` });
  }
}

/** Where the cards of a board lie now, by key, in its document. */
export function boxes(doc) {
  const { scrollTop } = doc.scrollingElement;
  return new Map([...doc.querySelectorAll("[data-widget]")].map((slot) => {
    const { left, top, width, height } = slot.getBoundingClientRect();
    return [slot.dataset.widget, { left, top: top + scrollTop, width, height }];
  }));
}

/** The column and row a pointer means for a card `w` wide that is held `grip` pixels from its left edge. */
export function placeAt(doc, widgets, known, { w, grip, x, y }) {
  const board = doc.querySelector(".board");
  const look = getComputedStyle(board);
  const gap = parseFloat(look.columnGap) || 0;
  const left = board.getBoundingClientRect().left + parseFloat(look.paddingLeft);
  const room = board.clientWidth - parseFloat(look.paddingLeft) - parseFloat(look.paddingRight);
  const column = within(Math.round((x - grip - left) / ((room + gap) / COLUMNS)), 0, COLUMNS - w);
  const near = widgets.filter((each) => each.x < column + w && column < each.x + each.w && known.has(each.key));
  const held = y + doc.scrollingElement.scrollTop;
  let row = 0;
  for (const each of near.sort(byPlace)) {
    const { top, height } = known.get(each.key);
    if (held > top + height / 2) row = Math.max(row, each.y + each.h);
    else if (held > top) row = each.y;
  }
  return { x: column, y: row };
}
