"use strict";
(() => {
  const box = document.getElementById("filter-box"), field = document.getElementById("filter"), said = document.getElementById("filter-said"), save = document.getElementById("filter-save");
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
    // As the csv report: what a spreadsheet would take for a formula begins with an apostrophe.
    const cell = (part) => {
      const text = part.textContent.trim().replace(/\s+/g, " ").replace(/(; ?)(?=[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/g, "$1'");
      return `"${/^[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]/.test(text) ? "'" : ""}${text.replaceAll('"', '""')}"`;
    };
    save.addEventListener("click", () => {
      const kept = lines.filter(([row]) => !row.hidden).map(([row]) => [...row.children].map((one) => cell(one)).join(","));
      const heads = [...document.querySelector(".lines").closest("table").querySelectorAll("thead th")].map((one) => cell(one)).join(",");
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob(["\uFEFF", [heads, ...kept].join("\r\n"), "\r\n"], {type: "text/csv"}));
      link.download = "findings.csv";
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    });
  }
  const reveal = () => {
    const target = location.hash.length > 1 ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
    if (target instanceof HTMLDetailsElement) target.open = true;
  };
  addEventListener("hashchange", reveal);
  reveal();
})();
