// A publication that takes long: how far it is, wherever somebody looks, until it has ended.

import { toast } from "../overlays.js";
import { asked, icon, make, posted } from "../page.js";
import { w } from "./words.js";

const LOOK_MS = 700;

/** Show how far a publication is in an element until it has ended; resolves to it as it ended, null when left. */
export async function follow(holder, publication, { quiet = false } = {}) {
  const shown = new Progress(publication);
  holder.replaceChildren(shown.element);
  let present = publication;
  while (["queued", "running"].includes(present.state)) {
    shown.tell(present);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    if (!holder.isConnected) return null;
    try {
      present = await asked(`/admin/design/publications/${present.id}`);
    } catch {
      // Nobody is worse off for a look that did not come through; the next one will.
    }
  }
  shown.end(present);
  if (present.state === "done" && present.mine && !quiet) toast(w("published"));
  return present;
}

class Progress {
  constructor({ id, mine, by, note }) {
    this.words = make("strong", {}, mine ? w("publication") : w("publication_by", { name: by }));
    this.bar = make("progress", { class: "d-progress", "aria-label": w("publication") });
    this.count = make("small", { class: "soft num", role: "status" });
    this.stop = make("button", { type: "button", class: "btn btn-small", click: () => this.cancel(id) }, w("publication_stop"));
    this.line = make("div", { class: "grow" }, make("div", { class: "line" }, this.words, note ? make("span", { class: "soft" }, note) : null), this.bar, this.count);
    this.element = make("div", { class: "notice d-publication" }, icon("send"), this.line, this.stop);
  }

  tell({ state, done, total }) {
    const isKnown = state === "running" && total > 0;
    if (isKnown) Object.assign(this.bar, { max: total, value: done });
    else this.bar.removeAttribute("value");
    const number = (value) => new Intl.NumberFormat(document.documentElement.lang).format(value);
    this.count.textContent = isKnown ? w("publication_progress", { done: number(done), total: number(total) }) : w("publication_waits");
  }

  end({ state, error }) {
    this.bar.remove();
    this.stop.remove();
    this.count.remove();
    if (state === "failed") this.element.classList.add("notice-bad");
    const ended = { done: w("published"), failed: w("publication_failed", { reason: error }), cancelled: w("publication_cancelled") };
    this.words.textContent = ended[state] ?? state;
  }

  async cancel(id) {
    this.stop.disabled = true;
    try {
      await posted(`/admin/design/publications/${id}/stop`, {});
    } catch (error) {
      toast(error.message, { bad: true });
    }
  }
}
