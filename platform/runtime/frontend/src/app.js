// Loaded by every page. htmx swaps the parts; what a page does beyond that lives in the modules imported here.

import "./request.js";
import "./overlays.js";
import "./shell.js";
import "./palette.js";
import "./keys.js";
import "./tabs.js";
import "./list.js";
import "./rowmarks.js";
import "./groups.js";
import "./board.js";
import "./month.js";
import "./columns.js";
import "./builder.js";
import "./picker.js";
import "./settings.js";
import "./form.js";
import "./rules.js";
import "./widgets/choices.js";
import "./subtable.js";
import "./widgets.js";
import "./widgets/files.js";
import "./widgets/viewer.js";
import "./record.js";
import "./dashboard.js";
import "./import.js";
import "./modules.js";
