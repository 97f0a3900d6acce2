"use strict";
(() => {
  const box = document.getElementById("filter-box"), field = document.getElementById("filter"), said = document.getElementById("filter-said");
  if (field) {
    const lines = [...document.querySelectorAll(".lines tr")].map((row) => [row, row.textContent.toLowerCase()]);
    box.hidden = false;
    field.addEventListener("input", () => {
      const wanted = field.value.trim().toLowerCase();
      let seen = 0;
      for (const [row, text] of lines) {
        row.hidden = wanted !== "" && !text.includes(wanted);
        if (!row.hidden) seen += 1;
      }
      for (const group of document.querySelectorAll("#findings details")) {
        const left = group.querySelector(".lines tr:not([hidden])");
        group.hidden = wanted !== "" && !left;
        if (wanted !== "" && left) group.open = true;
      }
      said.textContent = wanted === "" ? "" : `${seen} of ${lines.length} lines`;
    });
  }
  const reveal = () => {
    const target = location.hash.length > 1 ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
    if (target instanceof HTMLDetailsElement) target.open = true;
  };
  addEventListener("hashchange", reveal);
  reveal();
})();
