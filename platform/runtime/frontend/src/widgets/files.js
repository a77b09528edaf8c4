// Fields of files: chosen, dropped, pasted or photographed, uploaded at once with progress, put in order, removed.
//
// The widget (macros/files.html) holds a hidden input with the id for each file. What is uploaded is kept on the
// server for a day, so a form that is refused comes back with its files.

import { touched } from "../form.js";
import { toast } from "../overlays.js";
import { act, asked, csrf, icon, make, say, whenShown } from "../page.js";

const AT_ONCE = 3;
const MARK = "application/x-formloom-file";
const waiting = [];
let running = 0;
let dragged = null;

/** The element a file's id stands in, and the list it belongs to, as the form sends them. */
function nameOf(box) {
  return box.querySelector("input[type=hidden]").name;
}

function listOf(box) {
  return box.querySelector(".file-list");
}

function changed(box) {
  box.classList.toggle("is-filled", listOf(box).childElementCount > 0);
  const holder = box.querySelector("input[type=hidden]");
  holder.dataset.touched = "";
  touched(box.closest("form"));
}

whenShown(".file-box", (box) => box.classList.toggle("is-filled", listOf(box).childElementCount > 0));

/** Upload files into a box, as far as it takes them. */
function addFiles(box, files) {
  const most = Number(box.dataset.most);
  let room = most - listOf(box).childElementCount;
  // Where there is room for one, another takes its place.
  if (most === 1 && files.length === 1) {
    listOf(box).firstElementChild?.dispatchEvent(new CustomEvent("file:drop"));
    listOf(box).replaceChildren();
    room = 1;
  }
  if (files.length > room) toast(say("files_too_many", { max: most }), { bad: true });
  for (const file of [...files].slice(0, Math.max(0, room))) {
    const wrong = unfit(box, file);
    if (wrong) toast(wrong, { bad: true });
    else queue(box, file);
  }
  changed(box);
}

function unfit(box, file) {
  const { largest, accept } = box.dataset;
  if (largest && file.size > Number(largest)) return say("files_too_large", { name: file.name, limit: sizeText(Number(largest)) });
  const kinds = accept ? accept.split(",") : [];
  const ending = /\.[^.]+$/.exec(file.name)?.[0].toLowerCase();
  if (kinds.length && ending && !kinds.includes(ending)) {
    return say("files_kind", { name: file.name, kinds: kinds.slice(0, 12).map((each) => each.slice(1)).join(", ") });
  }
  return "";
}

function queue(box, file) {
  const progress = make("progress", { max: "1", value: "0", "aria-label": file.name });
  const note = make("small", {}, say("files_waiting"));
  const tools = make("span", { class: "file-tools" });
  const item = make(
    "li",
    { class: "file-item is-loading" },
    make("span", { class: "file-look" }, make("span", { class: "file-kind", "aria-hidden": "true" }, kindOf(file.name))),
    make("span", { class: "file-facts" }, make("span", { class: "file-name" }, file.name), note, progress),
    tools,
  );
  const job = { box, file, item, progress, note, tools, request: null };
  tools.append(tool("x", say("files_cancel"), () => drop(job)));
  item.addEventListener("file:drop", () => job.request?.abort());
  listOf(box).append(item);
  waiting.push(job);
  next();
}

function drop(job) {
  job.request?.abort();
  const at = waiting.indexOf(job);
  if (at >= 0) waiting.splice(at, 1);
  job.item.remove();
  changed(job.box);
}

function next() {
  while (running < AT_ONCE && waiting.length) {
    const job = waiting.shift();
    if (job.item.isConnected) send(job);
  }
}

function send(job) {
  running += 1;
  const data = new FormData();
  data.set("entity", job.box.dataset.entity);
  data.set("field", job.box.dataset.key);
  data.set("file", job.file, job.file.name);
  const request = (job.request = new XMLHttpRequest());
  request.open("POST", "/api/v1/files");
  request.setRequestHeader("X-CSRF-Token", csrf());
  request.setRequestHeader("Accept", "application/json");
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    job.progress.value = total ? loaded / total : 0;
    job.note.textContent = `${sizeText(loaded)} / ${sizeText(total)}`;
  });
  request.addEventListener("loadend", () => {
    running -= 1;
    next();
  });
  request.addEventListener("load", () => {
    const told = parsed(request.responseText);
    if (request.status === 201 && told) done(job, told);
    else failed(job, told?.errors?.[0]?.message || told?.detail || say("files_failed"), request.status === 422 || request.status === 413);
  });
  request.addEventListener("error", () => failed(job, say("offline"), false));
  request.send(data);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function failed(job, message, forGood) {
  job.item.classList.replace("is-loading", "is-failed");
  job.progress.remove();
  job.note.textContent = message;
  job.note.setAttribute("role", "alert");
  job.tools.replaceChildren(tool("x", say("files_remove"), () => drop(job)));
  if (forGood) return;
  const again = tool("refresh", say("files_retry"), () => {
    job.item.remove();
    queue(job.box, job.file);
  });
  job.tools.prepend(again);
}

function done(job, told) {
  const fresh = itemOf(job.box, told);
  job.item.replaceWith(fresh);
  changed(job.box);
}

/** The element of an uploaded file, as the server draws it. */
function itemOf(box, told) {
  const several = Number(box.dataset.most) > 1;
  const look = told.thumbnail
    ? make("img", { src: told.thumbnail, alt: told.name })
    : make("span", { class: "file-kind", "aria-hidden": "true" }, kindOf(told.name));
  const tools = make("span", { class: "file-tools" });
  if (several) tools.append(named("arrow-up", "file-earlier", say("files_earlier")), named("arrow-down", "file-later", say("files_later")));
  tools.append(named("x", "file-remove", say("files_remove")));
  return make(
    "li",
    { class: "file-item", draggable: String(several) },
    make("input", { type: "hidden", name: nameOf(box), value: told.id }),
    make("a", { class: told.thumbnail ? "file-look file-picture-link" : "file-look", href: told.url, target: "_blank", rel: "noopener", title: told.name }, look),
    make("span", { class: "file-facts" }, make("span", { class: "file-name" }, told.name), make("small", {}, sizeText(told.size))),
    tools,
  );
}

function tool(name, label, click) {
  return make("button", { class: "btn btn-quiet btn-icon btn-small", type: "button", title: label, "aria-label": label, click }, icon(name));
}

function named(name, action, label) {
  return make("button", { class: "btn btn-quiet btn-icon btn-small", type: "button", title: label, "aria-label": label, "data-do": action }, icon(name));
}

function kindOf(name) {
  return (/\.([^.]{1,12})$/.exec(name)?.[1] ?? "?").slice(0, 4).toUpperCase();
}

function sizeText(size) {
  if (size < 1000) return `${size} B`;
  if (size < 1e6) return `${Math.round(size / 1e3)} kB`;
  return `${(size / 1e6).toFixed(size < 1e7 ? 1 : 0)} MB`;
}

/** Whether something of this form is still on its way. */
function isBusy(form) {
  return Boolean(form.querySelector(".file-item.is-loading"));
}

// A form whose files are on their way waits for them: sent now, it would be saved without.
document.addEventListener(
  "submit",
  (event) => {
    if (!isBusy(event.target)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    toast(say("files_uploading"), { bad: true });
  },
  true,
);
document.addEventListener("htmx:confirm", (event) => {
  const form = event.detail.elt.closest?.("form[data-entity]");
  if (form && event.detail.verb === "post" && isBusy(form)) event.preventDefault();
});

document.addEventListener("change", ({ target }) => {
  const box = target.type === "file" && target.closest(".file-box");
  if (!box) return;
  addFiles(box, target.files);
  target.value = "";
});

document.addEventListener("paste", (event) => {
  const files = event.clipboardData?.files;
  const box = files?.length && (event.target.closest?.(".file-box, [data-field]:has(.file-box)") ?? onlyBox());
  const found = box?.matches?.(".file-box") ? box : box?.querySelector?.(".file-box");
  if (!found) return;
  event.preventDefault();
  addFiles(found, files);
});

/** The field a picture is pasted into when none has the focus. */
function onlyBox() {
  const boxes = document.querySelectorAll("#main form .file-box:not(.file-box-signature)");
  return boxes.length === 1 && !document.querySelector("dialog[open]") ? boxes[0] : null;
}

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.(".file-item[draggable=true]") ?? null;
  if (dragged) event.dataTransfer.setData(MARK, "");
});
document.addEventListener("dragend", () => {
  if (dragged) changed(dragged.closest(".file-box"));
  dragged = null;
});

document.addEventListener("dragover", (event) => {
  const box = event.target.closest?.(".file-box:not(.file-box-signature)");
  for (const each of document.querySelectorAll(".file-box.is-over")) each.classList.toggle("is-over", each === box && !dragged);
  if (dragged && box === dragged.closest(".file-box")) {
    event.preventDefault();
    const over = event.target.closest(".file-item");
    if (over && over !== dragged) {
      const after = over.compareDocumentPosition(dragged) & Node.DOCUMENT_POSITION_PRECEDING;
      over[after ? "after" : "before"](dragged);
    }
  } else if (event.dataTransfer.types.includes("Files") && document.querySelector(".file-box")) {
    // Let go beside a field a file would otherwise be opened, and everything typed be gone.
    event.preventDefault();
    event.dataTransfer.dropEffect = box ? "copy" : "none";
    box?.classList.add("is-over");
  }
});

document.addEventListener("drop", (event) => {
  for (const each of document.querySelectorAll(".file-box.is-over")) each.classList.remove("is-over");
  if (dragged) event.preventDefault();
  const box = event.target.closest?.(".file-box:not(.file-box-signature)");
  if (dragged || !event.dataTransfer.files.length || !document.querySelector(".file-box")) return;
  event.preventDefault();
  if (box) addFiles(box, event.dataTransfer.files);
});

act("file-remove", (button) => {
  const box = button.closest(".file-box");
  const item = button.closest(".file-item");
  const near = item.nextElementSibling ?? item.previousElementSibling;
  item.remove();
  changed(box);
  (near?.querySelector("[data-do=file-remove]") ?? box.querySelector(".file-add input, .file-sign"))?.focus();
});

act("file-earlier", (button) => shift(button, "previousElementSibling", "before"));
act("file-later", (button) => shift(button, "nextElementSibling", "after"));

function shift(button, where, how) {
  const item = button.closest(".file-item");
  item[where]?.[how](item);
  button.focus();
  changed(button.closest(".file-box"));
}

// Somebody else's version of a record is taken over: its files are known by their ids only.
document.addEventListener("files:set", ({ target, detail }) => setFiles(target.closest(".file-box"), detail));

async function setFiles(box, ids) {
  const facts = await Promise.all(ids.map((id) => asked(`/api/v1/files/${id}`).catch(() => null)));
  listOf(box).replaceChildren(...facts.filter(Boolean).map((told) => itemOf(box, told)));
  changed(box);
}

// The pad is loaded when somebody signs.
act("sign", async (button) => {
  const box = button.closest(".file-box");
  const { sign } = await import("./signature.js");
  const drawing = await sign(box.dataset.name);
  if (drawing) addFiles(box, [new File([drawing], "signature.png", { type: "image/png" })]);
  button.focus();
});
