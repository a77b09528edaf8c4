// The import wizard: the chosen file's name, dropping a file, choosing another sheet or field.

import { whenShown } from "./page.js";

whenShown(".drop-zone", (zone) => {
  const input = zone.querySelector("input[type=file]");
  const name = zone.querySelector(".file-name");
  input.addEventListener("change", () => {
    name.textContent = input.files[0]?.name ?? "";
    zone.classList.toggle("has-file", input.files.length > 0);
  });
  for (const kind of ["dragover", "dragleave", "drop"]) {
    zone.addEventListener(kind, (event) => {
      event.preventDefault();
      zone.classList.toggle("over", kind === "dragover");
      if (kind === "drop" && event.dataTransfer.files.length) {
        input.files = event.dataTransfer.files;
        input.dispatchEvent(new Event("change"));
      }
    });
  }
});

// Another sheet, or another field for a column, is read at once, so that the samples tell what would be stored.
document.addEventListener("change", (event) => {
  if (!event.target.matches("#match-form select")) return;
  const frame = document.getElementById("main");
  const [top, id] = [frame.scrollTop, event.target.id];
  document.addEventListener("htmx:afterSettle", () => comeBack(frame, top, id), { once: true });
  event.target.form.requestSubmit(event.target.form.querySelector("button[value=again]"));
});

function comeBack(frame, top, id) {
  frame.scrollTo(0, top);
  document.getElementById(id)?.focus({ preventScroll: true });
}
