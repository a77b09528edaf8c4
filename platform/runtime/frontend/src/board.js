// A list as a board: cards are dragged, or moved with Alt and the arrow keys, from lane to lane.

import { make, say, whenShown } from "./page.js";
import { toast } from "./overlays.js";
import { inTurn, saved } from "./inplace.js";

whenShown("#board[data-movable]", async (board) => {
  const { default: Sortable } = await import("sortablejs");
  for (const cards of board.querySelectorAll(".lane-cards")) {
    Sortable.create(cards, {
      group: "lanes",
      sort: false,
      animation: 120,
      delay: 150,
      delayOnTouchOnly: true,
      forceFallback: true,
      fallbackTolerance: 4,
      onEnd: ({ item, from, to, oldIndex }) => {
        if (from !== to) move(item, from, to, from.children[oldIndex] ?? null);
      },
    });
  }
});

document.addEventListener("keydown", (event) => {
  const card = event.target.closest?.("#board .card-record");
  if (!card) return;
  const next = event.altKey ? neighbour(card, event.key) : null;
  if (next) {
    event.preventDefault();
    const from = card.parentElement;
    const before = card.nextElementSibling;
    next.prepend(card);
    card.querySelector("a").focus();
    move(card, from, next, before);
  } else if (!event.altKey && ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"].includes(event.key)) {
    event.preventDefault();
    step(card, event.key)?.querySelector("a").focus();
  }
});

/** The lane beside a card's own, for an arrow key. */
function neighbour(card, key) {
  if (card.closest("#board").dataset.movable === undefined) return null;
  const lane = card.closest(".lane");
  const beside = { ArrowLeft: lane.previousElementSibling, ArrowRight: lane.nextElementSibling }[key];
  return beside?.querySelector(".lane-cards") ?? null;
}

function step(card, key) {
  if (key === "ArrowUp") return card.previousElementSibling;
  if (key === "ArrowDown") return card.nextElementSibling;
  const place = [...card.parentElement.children].indexOf(card);
  let lane = card.closest(".lane");
  do lane = key === "ArrowLeft" ? lane.previousElementSibling : lane.nextElementSibling;
  while (lane && !lane.querySelector(".card-record"));
  const cards = lane?.querySelectorAll(".card-record");
  return cards ? cards[Math.min(place, cards.length - 1)] : null;
}

/** Save that a card now stands in another lane; where it is refused, it goes back to where it was. */
function move(card, from, to, before, undoing = false) {
  return inTurn(() => keep(card, from, to, before, undoing));
}

async function keep(card, from, to, before, undoing) {
  const lane = to.closest(".lane");
  const board = card.closest("#board");
  card.classList.add("saving");
  try {
    card.dataset.rev = await saved(card, { [board.dataset.by]: lane.dataset.lane || null });
  } catch (error) {
    from.insertBefore(card, before?.parentElement === from ? before : null);
    toast(error.message, { bad: true });
    return;
  } finally {
    card.classList.remove("saving");
  }
  refresh();
  if (undoing) return;
  const back = () => {
    from.insertBefore(card, before?.parentElement === from ? before : null);
    move(card, to, from, null, true);
  };
  toast(say("moved", { name: lane.getAttribute("aria-label") }), { label: say("undo"), action: back, seconds: 10 });
}

/** Counts and sums at the heads of the lanes, as the server has them now. */
async function refresh() {
  const response = await fetch(location.href, { headers: { "HX-Request": "true" } });
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const lane of document.querySelectorAll("#board .lane")) {
    const now = page.querySelector(`.lane[data-lane="${CSS.escape(lane.dataset.lane)}"] .lane-head`);
    for (const part of ["[data-lane-count]", "[data-lane-total]"]) {
      const shown = lane.querySelector(part);
      const text = now?.querySelector(part)?.textContent ?? (part === "[data-lane-count]" ? "0" : "");
      shown.replaceChildren(make("span", {}, text));
    }
  }
}
