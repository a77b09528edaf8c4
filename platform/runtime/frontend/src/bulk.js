// One field of the chosen rows, changed in a dialog and taken back for ten seconds.

import htmx from "htmx.org";
import { list } from "./list.js";
import { toast } from "./overlays.js";
import { act, csrf, posted, reload, say } from "./page.js";
import { chosenIds } from "./rowmarks.js";

const UNDO_SECONDS = 10;

act("edit-selected", () => open(chosenIds()));

function dialog() {
  return document.getElementById("dialog");
}

async function open(ids, field = "") {
  const answer = await fetch(`/e/${list().dataset.entity}/bulk/edit${field ? `?field=${field}` : ""}`, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return toast(await told(answer), { bad: true });
  show(await answer.text(), ids);
}

function show(html, ids) {
  const box = dialog();
  box.innerHTML = html;
  const form = box.querySelector("form");
  form.querySelector("h2").textContent = say("bulk_title", { count: ids.length });
  htmx.process(form);
  htmx.trigger(form, "htmx:load");
  form.querySelector("[data-bulk-field]").addEventListener("change", ({ target }) => open(ids, target.value));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    save(form, ids, event.submitter);
  });
  if (!box.open) box.showModal();
  const input = form.querySelector(`[aria-invalid=true], [id^="in-"]:not([data-bulk-field])`);
  (input ?? form.querySelector("[data-bulk-field]")).focus();
}

async function save(form, ids, submitter) {
  if (form.hasAttribute("aria-busy")) return;
  form.setAttribute("aria-busy", "true");
  const field = form.querySelector("[data-bulk-field]").value;
  const body = new URLSearchParams([...new FormData(form, submitter)].filter(([, value]) => typeof value === "string"));
  body.set("_ids", ids.join(","));
  const headers = { "X-CSRF-Token": csrf(), Accept: "application/json" };
  const answer = await fetch(`${form.dataset.address}/${field}`, { method: "POST", headers, body }).catch(() => null);
  form.removeAttribute("aria-busy");
  if (answer?.headers.get("Content-Type")?.startsWith("text/html") && !answer.redirected) return show(await answer.text(), ids);
  if (!answer?.ok) return toast(await told(answer), { bad: true });
  dialog().close();
  const { changed, label, back } = await answer.json();
  await reload();
  if (!changed) return toast(say("bulk_same"));
  const undo = back?.length ? { action: () => takeBack(field, back), label: say("undo"), seconds: UNDO_SECONDS } : {};
  toast(say("bulk_done", { name: label, count: changed }), undo);
}

async function takeBack(field, rows) {
  try {
    await posted(`/e/${list().dataset.entity}/bulk/back/${field}`, { rows });
    await reload();
    toast(say("undone"));
  } catch (error) {
    toast(error.message, { bad: true });
  }
}

async function told(answer) {
  if (!answer) return say("offline");
  const problem = await answer.json().catch(() => null);
  return problem?.detail ?? say("failed");
}
