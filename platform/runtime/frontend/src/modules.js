// What few people need is loaded where it is: an element names the file whose `start` it wants.

import { toast } from "./overlays.js";
import { act, go, say, whenShown } from "./page.js";

whenShown("[data-module]", async (element) => {
  try {
    const module = await import(element.dataset.module);
    if (element.isConnected) module.start(element);
  } catch {
    toast(say("failed"), { bad: true });
  }
});

// "Design this screen" leads to the designer of exactly what is shown.
act("design-screen", () => go(`/admin/design/at?screen=${encodeURIComponent(location.pathname + location.search)}`));
