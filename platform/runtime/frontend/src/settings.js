// Small things of the settings and user pages.

import { act, say } from "./page.js";
import { toast } from "./overlays.js";

act("copy-secret", async (button) => {
  await navigator.clipboard.writeText(document.getElementById(button.dataset.secret).textContent.trim());
  toast(say("copied"));
});
