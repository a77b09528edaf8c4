// The documents being designed: changed as one, taken back, kept on the server as they change.

import { posted } from "../page.js";

const WAIT_MS = 220;
const SAME_STEP_MS = 1500;
const RETRY_MS = 4000;

export class Work extends EventTarget {
  constructor(given) {
    super();
    this.docs = new Map(Object.entries(given.documents));
    this.base = new Map();
    for (const [id, document] of this.docs) this.base.set(id, id in given.published ? given.published[id] : document);
    for (const [id, document] of Object.entries(given.published)) if (!this.base.has(id)) this.base.set(id, document);
    for (const id of given.starting) this.base.set(id, null);
    this.past = [];
    this.future = [];
    this.waiting = new Set();
    this.timer = 0;
    this.busy = null;
    this.show = null;
    this.followed = new Map();
  }

  /** A document as it is to become; null when it is to go. */
  get(id) {
    return this.docs.get(id) ?? null;
  }

  /** All documents of a kind. */
  of(kind) {
    return [...this.docs].filter(([id, document]) => document && id.startsWith(`${kind}:`)).map(([, document]) => document);
  }

  /** Whether members have the document already. */
  isPublished(id) {
    return Boolean(this.base.get(id));
  }

  /**
   * Change documents as one step: `edit(take, put)` changes what `take(id)` gives it, or puts others. Steps of the
   * same `tag` shortly after each other, as when typing, are taken back together.
   */
  change(edit, { tag = "" } = {}) {
    const touched = new Map();
    const take = (id) => {
      if (!touched.has(id)) touched.set(id, structuredClone(this.get(id)));
      return touched.get(id);
    };
    edit(take, (id, document) => touched.set(id, document));
    if (!touched.size) return;
    const before = new Map([...touched.keys()].map((id) => [id, this.unfollowed(id)]));
    const last = this.past.at(-1);
    const now = Date.now();
    if (tag && last?.tag === tag && now - last.at < SAME_STEP_MS) {
      for (const [id, document] of before) if (!last.before.has(id)) last.before.set(id, document);
      for (const [id, document] of touched) last.after.set(id, document);
      last.at = now;
    } else this.past.push({ before, after: new Map(touched), tag, at: now });
    this.future = [];
    this.apply(touched);
    this.dispatchEvent(new Event("changed"));
  }

  apply(documents) {
    for (const [id, document] of documents) {
      this.docs.set(id, document);
      if (!this.base.has(id)) this.base.set(id, null);
      this.waiting.add(id);
    }
    this.schedule();
  }

  /**
   * Show documents that name a former key as they follow it on the server. What they were is kept, for when the new
   * key is taken back.
   */
  follow(documents) {
    for (const id of [...this.followed.keys()]) this.docs.set(id, this.unfollowed(id));
    this.followed.clear();
    for (const [id, after] of Object.entries(documents)) {
      if (this.waiting.has(id)) continue;
      this.followed.set(id, { before: this.get(id), after });
      this.docs.set(id, after);
    }
  }

  /** A document as it was before it followed a key, unless it was worked on since. */
  unfollowed(id) {
    const known = this.followed.get(id);
    return known && this.get(id) === known.after ? known.before : this.get(id);
  }

  undo() {
    const step = this.past.pop();
    if (!step) return false;
    this.future.push(step);
    this.apply(step.before);
    this.dispatchEvent(new Event("turned"));
    return true;
  }

  redo() {
    const step = this.future.pop();
    if (!step) return false;
    this.past.push(step);
    this.apply(step.after);
    this.dispatchEvent(new Event("turned"));
    return true;
  }

  schedule(wait = WAIT_MS) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), wait);
    this.dispatchEvent(new Event("waiting"));
  }

  /** Resolves when everything is kept. */
  async settled() {
    clearTimeout(this.timer);
    if (this.busy) await this.busy;
    if (this.waiting.size) await this.send();
  }

  /** Keep what changed and ask for the screen; one request at a time. */
  async send() {
    if (this.busy) await this.busy;
    clearTimeout(this.timer);
    this.busy = this.exchange();
    await this.busy;
    this.busy = null;
    if (this.waiting.size) this.schedule(this.failed ? RETRY_MS : 0);
  }

  async exchange() {
    const ids = [...this.waiting];
    this.waiting.clear();
    const put = ids.map((id) => ({ id, document: this.get(id), base: this.base.get(id) ?? null }));
    try {
      const answer = await posted("/admin/design/work", { put, show: this.show });
      this.failed = false;
      this.follow(answer.followed);
      this.dispatchEvent(new CustomEvent("kept", { detail: answer }));
    } catch (error) {
      for (const id of ids) this.waiting.add(id);
      this.failed = true;
      this.dispatchEvent(new CustomEvent("failed", { detail: error }));
    }
  }
}
