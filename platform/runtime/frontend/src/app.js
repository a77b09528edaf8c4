// Loaded by every page. htmx swaps the parts; what a page does beyond that lives in a module imported here.

import htmx from "htmx.org";

// The content security policy forbids inline styles, scripts and eval: nothing here may need them.
htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;
htmx.config.allowScriptTags = false;
htmx.config.selfRequestsOnly = true;
htmx.config.historyCacheSize = 0;
// A refused form (422) comes back with its messages and is shown; so is a conflict (409).
htmx.config.responseHandling = [
  { code: "204", swap: false },
  { code: "[23]..", swap: true },
  { code: "409|422", swap: true },
  { code: "[45]..", swap: false, error: true },
];

window.htmx = htmx;
