// The frame: the menu's width and groups, the drawer on a phone, how things look.

import { act, posted, whenShown } from "./page.js";
import { markMenu } from "./request.js";
import { toast } from "./overlays.js";

const root = document.documentElement;

act("toggle-menu", () => {
  const narrow = root.dataset.menu !== "narrow";
  if (narrow) root.dataset.menu = "narrow";
  else delete root.dataset.menu;
  localStorage.setItem("fl.menu", narrow ? "narrow" : "wide");
});

act("open-drawer", () => {
  document.body.classList.add("drawer-open");
  document.querySelector("#sidebar a")?.focus();
});
act("close-drawer", () => document.body.classList.remove("drawer-open"));
act("open-help", () => document.getElementById("help").showModal());

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.body.classList.remove("drawer-open");
});

// Folded groups of the menu stay folded.
whenShown(".side-group[data-group]", (group) => {
  const name = `fl.group.${group.dataset.group}`;
  if (localStorage.getItem(name) === "folded") group.open = false;
  group.addEventListener("toggle", () => localStorage.setItem(name, group.open ? "open" : "folded"));
});
whenShown("#sidebar", markMenu);

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-look]");
  if (!button) return;
  event.preventDefault();
  const { look } = button.dataset;
  const value = button.value || button.getAttribute("value");
  if (look === "density") setDensity(value);
  else if (look === "lang") await setLanguage(value);
  else await setTheme(value);
  showLook();
});

export function setDensity(value) {
  root.dataset.density = value;
  root.dataset.choseDensity = "";
  localStorage.setItem("fl.density", value);
}

async function setTheme(value) {
  root.dataset.theme = value;
  root.dispatchEvent(new Event("fl-theme"));
  await keep({ theme: value });
}

async function setLanguage(value) {
  const isSecure = location.protocol === "https:" ? ";secure" : "";
  document.cookie = `formloom_lang=${value};path=/;max-age=31536000;samesite=lax${isSecure}`;
  await keep({ lang: value });
  location.reload();
}

/** Remember how things look for the reader, where there is one. */
async function keep(look) {
  if (!document.querySelector(".shell")) return;
  try {
    await posted("/me/look", look);
  } catch (error) {
    toast(error.message, { bad: true });
  }
}

function showLook() {
  for (const button of document.querySelectorAll("[data-look]")) {
    const { look } = button.dataset;
    const now = { density: root.dataset.density, theme: root.dataset.theme, lang: root.lang.slice(0, 2) }[look];
    button.setAttribute("aria-pressed", String((button.value || button.getAttribute("value")) === now));
  }
}

whenShown("[data-look]", showLook);
