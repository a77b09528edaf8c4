// A record's page: tabs of related lists, deleting with a way back, keys.

import htmx from "htmx.org";
import { toast } from "./overlays.js";
import { act, go, isTyping, posted, say, whenShown } from "./page.js";

act("show-related", (tab) => {
  for (const each of tab.parentElement.querySelectorAll("[role=tab]")) {
    const chosen = each === tab;
    each.setAttribute("aria-selected", String(chosen));
    document.getElementById(`related-${each.dataset.number}`).hidden = !chosen;
  }
});

htmx.onLoad((content) => {
  for (const each of content.parentElement?.querySelectorAll("template[data-count-of]") ?? []) {
    const count = document.querySelector(`[data-count="${each.dataset.countOf}"]`);
    if (count) count.textContent = each.innerHTML.trim();
  }
});

act("print-page", () => print());

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
  if (event.key !== "e" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  const edit = document.querySelector("#record [data-edit]");
  if (edit) {
    event.preventDefault();
    edit.click();
  }
});

whenShown(".section-editing", (form) => {
  form.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) go(form.dataset.cancel, { replace: true });
    if ((event.ctrlKey || event.metaKey) && event.key === "s") {
      event.preventDefault();
      form.requestSubmit();
    }
  });
});
