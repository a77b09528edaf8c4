// Saving a few fields of a record from where it is shown: a card that is moved, an entry that is put on another day.

import { csrf, say } from "./page.js";

let last = Promise.resolve();

/** Run `work` when what was begun before has ended: a second move must know what the first one made of the record. */
export function inTurn(work) {
  last = last.then(work, work);
  return last;
}

/**
 * The revision the record of an element (data-id, data-rev) has once `values` are saved. What a rule warns of is
 * asked first. Throws an Error whose message may be shown.
 */
export async function saved(element, values, confirmed = "") {
  const { entity } = document.getElementById("list").dataset;
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf(), Prefer: "return=minimal" };
  const body = JSON.stringify({ ...values, rev: Number(element.dataset.rev) });
  const response = await fetch(`/api/v1/records/${entity}/${element.dataset.id}${confirmed}`, { method: "PATCH", headers, body });
  if (response.ok) return response.headers.get("ETag").replaceAll('"', "");
  const problem = await response.json();
  const told = (problem.errors ?? []).map((each) => each.message).filter(Boolean).join(" ") || problem.detail || say("failed");
  const rules = (problem.warnings ?? []).map((each) => each.rule).join(",");
  if (problem.code === "confirm_required" && rules && !confirmed && confirm(told)) {
    return saved(element, values, `?confirm=${encodeURIComponent(rules)}`);
  }
  throw new Error(told);
}
