// Tabs of one page: clicked or walked by arrows; the open one is in the address, so that it can be shared.

import { act, whenShown } from "./page.js";

const STEPS = { ArrowRight: 1, ArrowLeft: -1 };

act("choose-tab", (tab) => choose(tab));

/** Open a tab of its strip. */
export function choose(tab) {
  const strip = tab.closest("[role=tablist]");
  open(strip, tab);
  // Whoever has scrolled down begins at the top of what is opened.
  if (panelOf(tab).getBoundingClientRect().top < strip.getBoundingClientRect().bottom) panelOf(tab).scrollIntoView({ block: "start" });
  keep(strip.dataset.place, tab === seen(strip)[0] ? null : tab.dataset.value);
}

/** Open the tab something stands in, if it stands in one. */
export function openAround(element) {
  const panel = element.closest("[role=tabpanel][hidden]");
  const tab = panel && document.getElementById(panel.getAttribute("aria-labelledby"));
  if (tab) choose(tab);
}

/** Show which tabs of a form hold mistakes, and hide those in which rules hide everything. */
export function markTabs(form) {
  const strip = form.querySelector(".tabs-line");
  if (!strip) return;
  for (const tab of strip.children) {
    const panel = panelOf(tab);
    tab.hidden = [...panel.querySelectorAll(".form-section")].every((section) => section.hidden);
    tab.querySelector(".tab-bad").hidden = !panel.querySelector(".input:not([hidden]) .input-error");
  }
  const present = strip.querySelector("[aria-selected=true]");
  if (present.hidden && seen(strip).length) open(strip, seen(strip)[0]);
}

function open(strip, chosen) {
  for (const tab of strip.querySelectorAll("[role=tab]")) {
    const isChosen = tab === chosen;
    tab.setAttribute("aria-selected", String(isChosen));
    tab.tabIndex = isChosen ? 0 : -1;
    panelOf(tab).hidden = !isChosen;
  }
  chosen.scrollIntoView({ block: "nearest", inline: "center" });
}

function panelOf(tab) {
  return document.getElementById(tab.getAttribute("aria-controls"));
}

function seen(strip) {
  return [...strip.querySelectorAll("[role=tab]:not([hidden])")];
}

/** Let the address name the open tab, and the links that lead on to the same tabs. */
function keep(place, value) {
  history.replaceState(history.state, "", withPlace(location.href, place, value));
  for (const link of document.querySelectorAll("[data-keeps-tab]")) link.setAttribute("href", withPlace(link.href, place, value));
}

function withPlace(href, place, value) {
  const address = new URL(href);
  if (value === null) address.searchParams.delete(place);
  else address.searchParams.set(place, value);
  return address.pathname + address.search;
}

document.addEventListener("keydown", (event) => {
  const tab = event.target.closest?.("[role=tablist][data-place] > [role=tab]");
  if (!tab || event.ctrlKey || event.metaKey || event.altKey) return;
  const tabs = seen(tab.parentElement);
  const to = { Home: 0, End: tabs.length - 1 }[event.key] ?? (event.key in STEPS ? tabs.indexOf(tab) + STEPS[event.key] : null);
  if (to === null) return;
  event.preventDefault();
  const next = tabs[(to + tabs.length) % tabs.length];
  choose(next);
  next.focus();
});

// The tab that is open at first may lie beyond the edge of a phone's screen; links lead on to it.
whenShown("[role=tablist][data-place]", (strip) => {
  const chosen = strip.querySelector("[aria-selected=true]");
  strip.scrollLeft = chosen.offsetLeft - (strip.clientWidth - chosen.clientWidth) / 2;
  const asked = new URLSearchParams(location.search).get(strip.dataset.place);
  if (asked === chosen.dataset.value) keep(strip.dataset.place, asked);
});
