// Tabs for which there is no room go into a menu at the end of their row. On a phone the row scrolls instead.

import { openAt } from "./overlays.js";
import { act, icon, make, whenShown } from "./page.js";

const PHONE = matchMedia("(max-width: 640px)");
const BUTTON_WIDTH = 64;

whenShown(".tabs[data-more]", (row) => {
  const fit = () => (row.isConnected ? arrange(row) : watch.disconnect());
  const watch = new ResizeObserver(fit);
  watch.observe(row.parentElement);
  fit();
});

function arrange(row) {
  row.querySelector(".tab-more")?.remove();
  const tabs = [...row.querySelectorAll("a.tab")];
  for (const tab of tabs) tab.hidden = false;
  if (PHONE.matches) {
    row.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
    return;
  }
  if (row.scrollWidth <= row.clientWidth) return;
  const room = row.clientWidth - BUTTON_WIDTH;
  const current = tabs.find((tab) => tab.hasAttribute("aria-current"));
  let used = current?.offsetWidth ?? 0;
  for (const tab of tabs) {
    if (tab === current) continue;
    used += tab.offsetWidth + 4;
    tab.hidden = used > room;
  }
  row.append(make("button", { type: "button", class: "tab tab-more", "data-do": "more-tabs", "aria-haspopup": "menu" }, row.dataset.more, icon("chevron-down")));
}

act("more-tabs", (button) => {
  document.getElementById("more-tabs")?.remove();
  const hidden = [...button.parentElement.querySelectorAll("a.tab[hidden]")];
  const items = hidden.map((tab) => {
    const item = make("a", { class: "menu-item", href: tab.getAttribute("href") }, tab.textContent);
    item.addEventListener("click", (event) => {
      event.preventDefault();
      tab.click();
    });
    return item;
  });
  const menu = make("div", { class: "flyout menu-list", id: "more-tabs", popover: "auto" }, ...items);
  button.closest(".list-screen, .screen, main").append(menu);
  openAt(menu, button);
  items[0]?.focus();
});
