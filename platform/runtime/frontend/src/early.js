// Runs before the first paint, so that nothing jumps: the theme the machine prefers, and what this browser remembers.

const root = document.documentElement;
const night = matchMedia("(prefers-color-scheme: dark)");

function applyTheme() {
  const wanted = root.dataset.theme;
  root.dataset.bsTheme = wanted === "light" || wanted === "dark" ? wanted : night.matches ? "dark" : "light";
}

applyTheme();
night.addEventListener("change", applyTheme);
root.addEventListener("fl-theme", applyTheme);
root.dataset.density = localStorage.getItem("fl.density") ?? "compact";
if (localStorage.getItem("fl.density")) root.dataset.choseDensity = "";
if (localStorage.getItem("fl.menu") === "narrow") root.dataset.menu = "narrow";
