// The designers: loaded where something is designed, never by members. Each kind of document registers its designer.

import "./design/entity.js";
import "./design/form.js";
import "./design/rules.js";
import "./design/list.js";
import "./design/grants.js";
import "./design/detail.js";
import "./design/menu.js";
import "./design/option_set.js";
import "./design/dashboard.js";
import { startDesigner } from "./design/frame.js";
import { startHome } from "./design/home.js";

/** Called by the page for the element that named this file. */
export function start(element) {
  return element.id === "designer" ? startDesigner(element) : startHome(element);
}
