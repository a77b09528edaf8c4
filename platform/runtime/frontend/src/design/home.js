// The home of the designers: finding, beginning something new, publishing or dropping the draft, taking back.

import { confirmed } from "../overlays.js";
import { act, go, make, posted } from "../page.js";
import { iconChoice, text } from "./controls.js";
import { showCustomised } from "./customised.js";
import { ask } from "./dialogs.js";
import { follow } from "./publication.js";
import { publish } from "./publish.js";
import { showRemoved } from "./removed.js";
import { speak, w } from "./words.js";

const GUESS_MS = 180;
let given = null;

/** Called when the home is shown. */
export function startHome(root) {
  given = JSON.parse(root.dataset.given);
  speak(given.words);
  followAll(root);
  const find = root.querySelector("#design-find");
  find.addEventListener("input", () => {
    const wanted = find.value.trim().toLowerCase();
    for (const each of root.querySelectorAll("[data-words]")) each.hidden = !each.dataset.words.toLowerCase().includes(wanted);
  });
}

/** Publications under way are followed to their end. */
function followAll(root) {
  for (const one of given.publications.filter((each) => ["queued", "running"].includes(each.state))) {
    follow(root.querySelector(`[data-publication="${one.id}"]`), one).then((ended) => ended && go("/admin/design", { replace: true }));
  }
}

act("show-customised", (button) => showCustomised(button.dataset.kind, button.dataset.key));
act("removed-entities", () => showRemoved(given.lang));
act("new-entity", () => newEntity(given.icons));
act("publish-drafts", () => publish());
act("new-document", (button) => newDocument(button.dataset.kind));
act("discard-drafts", async (button) => {
  const count = button.dataset.count;
  if (!(await confirmed({ title: w("discard_title"), text: w("discard_text", { count }), verb: w("discard"), danger: true }))) return;
  await posted("/admin/design/drop", { ids: null });
  go("/admin/design", { replace: true });
});

/** Ask for a new entity and begin it; resolves to its key, or null. `parent` makes it lines of another. */
export async function newEntity(icons, { parent = null, suggested = "", stay = false } = {}) {
  const entity = { label: suggested, icon: parent ? "list-details" : "table", key: "" };
  const key = text(w("key"), "", (value) => (entity.key = value.trim()), { mono: true, note: w("key_note") });
  let timer = 0;
  const guess = () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      if (!entity.label.trim()) return;
      key.querySelector("input").placeholder = (await posted("/admin/design/guess", { label: entity.label, taken: [], what: "entity" })).key;
    }, GUESS_MS);
  };
  const label = text(w("entity_name"), suggested, (value) => {
    entity.label = value;
    guess();
  }, { placeholder: w("entity_name_hint") });
  if (suggested) guess();
  let made = null;
  await ask({
    title: parent ? w("new_lines") : w("new_entity"),
    body: [label, iconChoice(w("icon"), entity.icon, icons, (name) => (entity.icon = name)), key],
    verb: w("create"),
    act: async () => {
      if (!entity.label.trim()) return false;
      made = await posted("/admin/design/make", { label: entity.label.trim(), icon: entity.icon, key: entity.key || null, parent });
      return true;
    },
  });
  if (made && !stay) go(made.href);
  return made;
}

const STARTS = { dashboard: { widgets: [] }, option_set: { options: [] }, menu: { items: [] } };

/** Begin a dashboard, an option set or a menu. */
async function newDocument(kind) {
  let label = "";
  await ask({
    title: w(`tab.${kind}`),
    body: [text(w("name"), "", (value) => (label = value))],
    verb: w("create"),
    act: async () => {
      if (!label.trim()) return false;
      const taken = [...document.querySelectorAll(`a[href^="/admin/design/${kind}/"]`)].map((link) => link.pathname.split("/").pop());
      const { key } = await posted("/admin/design/guess", { label, taken, what: "field" });
      const made = { kind, key, label: label.trim(), ...STARTS[kind] };
      await posted("/admin/design/work", { put: [{ id: `${kind}:${key}`, document: made, base: null }], show: null });
      go(`/admin/design/${kind}/${key}`);
      return true;
    },
  });
}
