// The widgets of forms beyond plain inputs, one module a kind.

import "./widgets/address.js";
import "./widgets/region.js";
import "./widgets/richtext.js";
import "./widgets/several.js";
import "./widgets/small.js";
import "./widgets/tags.js";
