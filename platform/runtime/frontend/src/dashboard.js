// Dashboards: charts are loaded when there is one to draw; filters change the address.

import { act, go, reload, say, whenShown } from "./page.js";

whenShown("[data-chart]", async (element) => {
  const given = JSON.parse(element.querySelector("script").textContent);
  const { draw } = await import("./charts.js");
  if (element.isConnected) draw(element, element.dataset.chart, given, { horizontal: element.hasAttribute("data-horizontal"), go, say });
});

whenShown("canvas.spark", (canvas) => spark(canvas, JSON.parse(canvas.dataset.values)));

/** A line without axes, in the accent colour. */
function spark(canvas, values) {
  const box = canvas.getBoundingClientRect();
  const scale = devicePixelRatio || 1;
  canvas.width = box.width * scale;
  canvas.height = box.height * scale;
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  const most = Math.max(...values, 1e-9);
  const least = Math.min(...values, 0);
  const at = (value, index) => [(index / Math.max(values.length - 1, 1)) * (box.width - 4) + 2, box.height - 3 - ((value - least) / (most - least)) * (box.height - 6)];
  pen.strokeStyle = getComputedStyle(canvas).color;
  pen.lineWidth = 1.5;
  pen.lineJoin = "round";
  pen.beginPath();
  values.forEach((value, index) => pen[index ? "lineTo" : "moveTo"](...at(value, index)));
  pen.stroke();
}

act("refresh-board", () => reload());

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
  const { first, last } = Object.fromEntries(new FormData(form));
  if (first && last) go(address({ period: `${first}..${last}` }));
}, true);

document.addEventListener("change", (event) => {
  if (event.target.closest("[data-board-filters]")) go(address({ [event.target.name]: event.target.value }));
});
