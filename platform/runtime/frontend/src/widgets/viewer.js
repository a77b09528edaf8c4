// Pictures of a record seen large, one after the other: arrows, Home, End, Escape; a swipe on a phone.

import { icon, make, say } from "../page.js";

const SWIPE = 50;

document.addEventListener("click", (event) => {
  const link = event.target.closest("a.file-picture, a.file-picture-link");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const group = link.closest(".files, .file-list") ?? link.parentElement;
  const links = [...group.querySelectorAll("a.file-picture, a.file-picture-link")];
  show(links, links.indexOf(link));
});

function show(links, start) {
  let at = start;
  const picture = make("img", { class: "viewer-picture", alt: "" });
  const name = make("h2", {});
  const count = make("span", { class: "soft" });
  const load = make("a", { class: "btn btn-quiet btn-icon", download: "", title: say("files_download"), "aria-label": say("files_download") }, icon("download"));
  const close = make("button", { class: "btn btn-quiet btn-icon", type: "button", "data-closes": "", "aria-label": say("close") }, icon("x"));
  const earlier = make("button", { class: "btn btn-icon viewer-earlier", type: "button", "aria-label": say("files_previous"), click: () => move(at - 1) }, icon("chevron-left"));
  const later = make("button", { class: "btn btn-icon viewer-later", type: "button", "aria-label": say("files_next"), click: () => move(at + 1) }, icon("chevron-right"));
  const dialog = make(
    "dialog",
    { class: "dialog viewer" },
    make("div", { class: "dialog-head" }, name, count, load, close),
    make("div", { class: "viewer-stage" }, picture, earlier, later),
  );

  function move(wanted) {
    at = Math.min(links.length - 1, Math.max(0, wanted));
    const { pathname } = new URL(links[at].href);
    const [, , id] = pathname.split("/");
    picture.src = `/thumbnails/${id}/large`;
    picture.alt = name.textContent = links[at].title.split(" · ")[0];
    load.href = `${pathname}?download=1`;
    count.textContent = links.length > 1 ? `${at + 1} / ${links.length}` : "";
    earlier.hidden = at === 0;
    later.hidden = at === links.length - 1;
  }

  dialog.addEventListener("keydown", (event) => {
    const wanted = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: links.length - 1 }[event.key];
    if (wanted === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    move(wanted);
  });
  let from = null;
  dialog.addEventListener("touchstart", (event) => (from = event.touches[0].clientX), { passive: true });
  dialog.addEventListener("touchend", (event) => {
    const way = event.changedTouches[0].clientX - (from ?? 0);
    if (from !== null && Math.abs(way) > SWIPE) move(way < 0 ? at + 1 : at - 1);
    from = null;
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    links[at].focus();
  });
  document.body.append(dialog);
  move(start);
  dialog.showModal();
}
