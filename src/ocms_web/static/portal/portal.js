// What the pages do beyond their forms; without it everything still works.
"use strict";
document.addEventListener("change", (event) => {
  const all = event.target.closest("[data-select-all]");
  if (all) {
    for (const box of document.querySelectorAll(`input[name="${all.dataset.selectAll}"]`)) box.checked = all.checked;
  }
});
// The first wrong field, or the summary of what is wrong, is where the officer goes on.
document.addEventListener("DOMContentLoaded", () => {
  const wrong = document.querySelector("[aria-invalid=true]");
  if (wrong) wrong.focus();
});
