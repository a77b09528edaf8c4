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

// Another sheet, or another field for a column, is read at once, so that the samples tell what would be stored; the
// page that comes back stands where the old one was left.
const LEFT = "import-left";

document.addEventListener("change", (event) => {
  if (!event.target.matches("#match-form select")) return;
  sessionStorage.setItem(LEFT, JSON.stringify({ top: document.getElementById("main").scrollTop, id: event.target.id }));
  event.target.form.requestSubmit(event.target.form.querySelector("button[value=again]"));
});

whenShown("#match-form", () => {
  const { top, id } = JSON.parse(sessionStorage.getItem(LEFT) ?? "{}");
  sessionStorage.removeItem(LEFT);
  if (!id) return;
  document.getElementById("main").scrollTo(0, top);
  document.getElementById(id)?.focus({ preventScroll: true });
});
