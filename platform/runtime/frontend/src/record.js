// A record's page: the numbers of its related lists, its neighbours, histories, deleting with a way back, keys.

import htmx from "htmx.org";
import { toast } from "./overlays.js";
import { act, go, isTyping, posted, say, whenShown } from "./page.js";

htmx.onLoad((content) => {
  for (const each of content.parentElement?.querySelectorAll("template[data-count-of]") ?? []) {
    const count = document.querySelector(`[data-count="${each.dataset.countOf}"]`);
    if (count) count.textContent = each.innerHTML.trim();
  }
});

act("print-page", () => print());

act("show-empty", (button) => {
  const facts = document.getElementById(button.getAttribute("aria-controls"));
  const hidden = facts.classList.toggle("facts-short");
  button.setAttribute("aria-expanded", String(!hidden));
});

// The state of the list one came from is kept for this tab, so that records lead to their neighbours in it.
whenShown("#list", (list) => {
  const state = new URLSearchParams(location.search);
  state.delete("after");
  state.delete("open");
  sessionStorage.setItem(`fl.list.${list.dataset.entity}`, state.toString());
});

whenShown("#neighbours", (place) => {
  const state = sessionStorage.getItem(`fl.list.${place.dataset.entity}`);
  if (state !== null) htmx.ajax("GET", `${place.dataset.address}?${state}`, { source: place, target: place, swap: "innerHTML" });
});

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target?.id === "dialog" && detail.target.querySelector(".history") && !detail.target.open) detail.target.showModal();
});

// On a phone the stages are wider than the screen: begin where the record stands.
whenShown(".stage-bar", (bar) => {
  const now = bar.querySelector("[aria-current]");
  if (now) bar.scrollLeft = now.offsetLeft - (bar.clientWidth - now.clientWidth) / 2;
});

act("open-composer", (button) => {
  const form = button.closest(".composer");
  form.dataset.open = "";
  form.querySelector(".composer-body select, .composer-body textarea, .composer-body input:not([type=hidden])")?.focus();
});

act("close-composer", (button) => {
  const form = button.closest(".composer");
  form.reset();
  delete form.dataset.open;
  form.querySelector(".composer-start").focus();
});

act("delete-record", async (button) => {
  const { entity, id, title } = button.dataset;
  if (!confirm(say("delete_record", { title }))) return;
  try {
    await posted(`/e/${entity}/bulk/delete`, { ids: [Number(id)] });
  } catch (error) {
    toast(error.message, { bad: true });
    return;
  }
  await go(`/e/${entity}`);
  toast(say("record_deleted", { title }), {
    label: say("undo"),
    seconds: 10,
    action: async () => {
      await posted(`/e/${entity}/bulk/restore`, { ids: [Number(id)] });
      await go(`/e/${entity}/${id}`);
    },
  });
});

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  const wanted = { e: "#record [data-edit]", j: "[data-neighbour=j][href]", k: "[data-neighbour=k][href]" }[event.key];
  const link = wanted && document.querySelector("#record") && document.querySelector(wanted);
  if (link) {
    event.preventDefault();
    link.click();
  }
});

whenShown(".section-editing", (form) => {
  // Whoever was faster types where he is.
  if (form.contains(document.activeElement)) return;
  const bad = form.querySelector("[aria-invalid=true]");
  (bad ?? form.querySelector(".section-body input:not([type=hidden]), .section-body select, .section-body textarea"))?.focus();
});

// On the document, so that keys mean this from the moment the form is there.
document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.(".section-editing");
  if (!form || event.defaultPrevented) return;
  if (event.key === "Escape") {
    event.preventDefault();
    go(form.dataset.cancel, { replace: true });
  }
  if ((event.ctrlKey || event.metaKey) && event.key === "s") {
    event.preventDefault();
    form.requestSubmit();
  }
});

whenShown(".composer", (form) => {
  form.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") form.requestSubmit();
    if (event.key === "Escape" && !event.defaultPrevented) {
      event.preventDefault();
      form.querySelector("[data-do=close-composer]").click();
    }
  });
});
