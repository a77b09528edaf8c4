// A list as a month: an entry is dragged, or moved with Alt and the arrow keys, to another day.

import { reload, say, whenShown } from "./page.js";
import { toast } from "./overlays.js";
import { inTurn, saved } from "./inplace.js";

const DAY = 86_400_000;
const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

whenShown("#month[data-movable]", async (month) => {
  const { default: Sortable } = await import("sortablejs");
  for (const entries of month.querySelectorAll(".day-entries")) {
    Sortable.create(entries, {
      group: "days",
      sort: false,
      animation: 120,
      delay: 200,
      delayOnTouchOnly: true,
      forceFallback: true,
      fallbackTolerance: 4,
      onEnd: ({ item, from, to }) => {
        const days = (dayOf(to) - dayOf(from)) / DAY;
        if (days) move(item, Math.round(days));
      },
    });
  }
});

// On a phone the days are a long list: begin with today.
whenShown("#month", (month) => {
  if (matchMedia("(max-width: 640px)").matches) month.querySelector(".day.today")?.scrollIntoView();
});

document.addEventListener("keydown", (event) => {
  const entry = event.target.closest?.("#month[data-movable] .entry");
  if (!entry || !event.altKey || !STEPS[event.key]) return;
  event.preventDefault();
  move(entry, STEPS[event.key]);
});

function dayOf(entries) {
  return Date.parse(`${entries.closest(".day").dataset.day}T00:00:00Z`);
}

/** A date, or an instant, some days later. Instants keep their time of day in this browser's zone. */
function later(text, days) {
  if (/^\d{4}-\d\d-\d\d$/.test(text)) {
    return new Date(Date.parse(`${text}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);
  }
  const moment = new Date(text);
  moment.setDate(moment.getDate() + days);
  return moment.toISOString();
}

function move(entry, days, undoing = false) {
  const { id } = entry.dataset;
  // The month is drawn anew after each move; what is there then knows its latest revision.
  return inTurn(() => shift(document.querySelector(`#month .entry[data-id="${id}"]`) ?? entry, days, undoing));
}

async function shift(entry, days, undoing) {
  const { start, end } = document.getElementById("month").dataset;
  const values = { [start]: later(entry.dataset.from, days) };
  if (end && entry.dataset.to) values[end] = later(entry.dataset.to, days);
  entry.classList.add("saving");
  try {
    const rev = await saved(entry, values);
    Object.assign(entry.dataset, { rev, from: values[start], to: (end && values[end]) || "" });
  } catch (error) {
    toast(error.message, { bad: true });
    await reload();
    return;
  }
  await reload();
  document.querySelector(`#month .entry[data-id="${entry.dataset.id}"]`)?.focus();
  if (undoing) return;
  toast(say("day_moved"), { label: say("undo"), action: () => move(entry, -days, true), seconds: 10 });
}
