// Dashboards: charts are loaded when there is one to draw; filters change the address; refreshing changes numbers in
// their places.

import htmx from "htmx.org";
import { act, go, reload, whenShown } from "./page.js";
import { drawSpark } from "./spark.js";

whenShown("[data-chart]", drawChart);
whenShown("canvas.spark", (canvas) => {
  const watch = new ResizeObserver(() => (canvas.isConnected ? drawSpark(canvas) : watch.disconnect()));
  watch.observe(canvas);
});

whenShown(".board-tools .tab[aria-current]", (tab) => tab.scrollIntoView({ block: "nearest", inline: "center" }));

async function drawChart(element) {
  const { draw } = await import("./charts.js");
  if (!element.isConnected) return;
  draw(element, element.dataset.chart, JSON.parse(element.dataset.given), { horizontal: element.hasAttribute("data-horizontal"), open });
}

function open(href, event) {
  if (event?.ctrlKey || event?.metaKey) window.open(href);
  else go(href);
}

// Colours follow the theme, and are those of paper where it is printed.
new MutationObserver(async () => {
  drawSparks();
  if (document.querySelector("[data-chart]")) (await import("./charts.js")).redraw();
}).observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
matchMedia("print").addEventListener("change", drawSparks);

function drawSparks() {
  document.querySelectorAll("canvas.spark").forEach(drawSpark);
}

act("refresh-board", async (button) => {
  button.setAttribute("aria-busy", "true");
  const answer = await fetch(location.href, { headers: { "HX-Request": "true" } }).catch(() => null);
  const page = answer?.ok && !answer.redirected && new DOMParser().parseFromString(await answer.text(), "text/html");
  button.removeAttribute("aria-busy");
  if (!button.isConnected) return;
  const fresh = page ? [...page.querySelectorAll(".board-card")] : [];
  const cards = [...document.querySelectorAll(".board-card")];
  const isSame = fresh.length === cards.length && cards.every((card, place) => card.dataset.key === fresh[place].dataset.key);
  if (isSame) cards.forEach((card, place) => renew(card, fresh[place]));
  else reload();
});

/** Take over what is new in a card; its chart moves to the new numbers. */
function renew(card, fresh) {
  const [chart, newer] = [card, fresh].map((each) => each.querySelector("[data-chart]"));
  if (!chart || !newer) {
    if (card.innerHTML === fresh.innerHTML) return;
    card.replaceChildren(...fresh.childNodes);
    htmx.process(card);
    card.querySelectorAll("canvas.spark").forEach(drawSpark);
    card.querySelectorAll("[data-chart]").forEach(drawChart);
    return;
  }
  const [marks, newMarks] = [card, fresh].map((each) => each.querySelector(".marks"));
  marks.replaceWith(newMarks);
  htmx.process(newMarks);
  if (chart.dataset.given === newer.dataset.given) return;
  chart.dataset.given = newer.dataset.given;
  drawChart(chart);
}

function address(changes) {
  const board = document.getElementById("dashboard");
  const query = new URLSearchParams();
  for (const name of ["period", "owner", "department"]) {
    const value = changes[name] ?? board.dataset[name];
    if (value) query.set(name, value);
  }
  return `${board.dataset.path}?${query}`;
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-period-form]");
  if (!form) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const [first, last] = [form.elements.first.value, form.elements.last.value].sort();
  form.closest("[popover]")?.hidePopover();
  go(address({ period: `${first}..${last}` }));
}, true);

document.addEventListener("change", (event) => {
  const { target } = event;
  if (target.type === "hidden" && target.closest("[data-board-filters]")) go(address({ [target.name]: target.value }));
});
