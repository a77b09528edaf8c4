// Widgets that need a few lines each: colours, codes, points, data.

import { act, say } from "../page.js";
import { enter, whenSet, widget } from "./base.js";

const HEX = /^#[0-9a-f]{6}$/i;

widget("color", (holder) => {
  const [swatch, text] = holder.querySelectorAll("input");
  const show = () => {
    swatch.value = HEX.test(text.value) ? text.value.toLowerCase() : "#ffffff";
    holder.classList.toggle("is-empty", !text.value);
  };
  swatch.addEventListener("input", (event) => {
    event.stopPropagation();
    enter(text, swatch.value);
  });
  text.addEventListener("input", show);
  holder.addEventListener("click", (event) => {
    const chosen = event.target.closest("[data-color]")?.dataset.color;
    if (chosen) enter(text, chosen);
  });
  whenSet(text, show);
  show();
});

// A scanner ends with Enter, which must not send the form: it goes on to the next input.
widget("code", (holder) => {
  const input = holder.querySelector("input");
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || input.closest(".subtable")) return;
    event.preventDefault();
    const all = [...input.form.querySelectorAll("input:not([type=hidden]):not([tabindex='-1']), select, textarea")].filter((each) => each.offsetParent);
    all[all.indexOf(input) + 1]?.focus();
  });
});

act("locate", (button) => {
  const input = button.closest("[data-widget]").querySelector("input");
  const refuse = () => {
    input.setCustomValidity(say("widget.no_location"));
    input.reportValidity();
    input.setCustomValidity("");
  };
  if (!navigator.geolocation) return refuse();
  button.disabled = true;
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      button.disabled = false;
      enter(input, `${coords.latitude.toFixed(6)}, ${coords.longitude.toFixed(6)}`);
    },
    () => {
      button.disabled = false;
      refuse();
    },
    { timeout: 10_000 },
  );
});

widget("json", (area) => {
  area.addEventListener("blur", () => {
    if (!area.value.trim()) return area.setCustomValidity("");
    try {
      const pretty = JSON.stringify(JSON.parse(area.value), null, 2);
      area.setCustomValidity("");
      // Numbers that JavaScript would round stay as they were typed.
      if (!/\d{16}/.test(area.value)) enter(area, pretty);
    } catch (error) {
      area.setCustomValidity(say("widget.not_json", { why: error.message }));
      area.reportValidity();
    }
  });
  area.addEventListener("input", () => area.setCustomValidity(""));
});
