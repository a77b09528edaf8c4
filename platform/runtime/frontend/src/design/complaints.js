// What is wrong, said where it can be mended: at the control of the settings pane that writes it.

import { make } from "../page.js";

/** Say what was found wrong with what the settings pane shows. */
export function complain(frame) {
  for (const old of frame.right.querySelectorAll(".d-complains")) old.remove();
  for (const old of frame.right.querySelectorAll("[data-setting] [aria-invalid=true]")) old.removeAttribute("aria-invalid");
  const head = frame.right.querySelector("[data-says]");
  if (!head) return;
  for (const finding of frame.findings) {
    const setting = settingOf(frame, finding, head);
    if (setting !== null) say(frame, finding, setting, head);
  }
}

/** The property of what is shown that a finding is about, "" for the whole; null where it is about something else. */
function settingOf(frame, finding, head) {
  const { says, field } = head.dataset;
  if (`${finding.kind}:${finding.key}` !== says) return null;
  const [part, at, ...rest] = finding.path.split("/").slice(1);
  if (!field) return part === "fields" ? null : (part ?? "");
  const place = frame.work.get(says)?.fields.findIndex((each) => each.key === field);
  return part === "fields" && Number(at) === place && at !== "" ? (rest[0] ?? "") : null;
}

function say(frame, finding, setting, head) {
  const words = make("p", { class: "input-error d-complains", role: "alert" }, finding.message, " ", make("span", { class: "soft" }, finding.hint));
  const row = setting && frame.right.querySelector(`[data-setting="${CSS.escape(setting)}"]`);
  if (!row) return head.after(words);
  for (let outer = row.closest("details"); outer; outer = outer.parentElement.closest("details")) outer.open = true;
  row.querySelector("input, select, textarea")?.setAttribute("aria-invalid", "true");
  return row.append(words);
}

/** The field a finding is about, by its key; null when it is about none of this document. */
export function fieldOfFinding(frame, finding) {
  const [part, at] = finding.path.split("/").slice(1);
  if (`${finding.kind}:${finding.key}` !== frame.id || part !== "fields" || !at) return null;
  return frame.document.fields[Number(at)]?.key ?? null;
}
