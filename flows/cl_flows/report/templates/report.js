"use strict";
// Sorting for tables marked "sortable". The page says everything without it.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  table.querySelectorAll("thead th").forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") !== "descending";
      table.querySelectorAll("thead th").forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
      const compare = (a, b) => {
        const [x, y] = [key(a), key(b)];
        const [p, q] = [parseFloat(x), parseFloat(y)];
        const numeric = head.classList.contains("number");
        if (numeric && (isNaN(p) || isNaN(q))) return isNaN(p) - isNaN(q);
        const order = numeric ? p - q : x.localeCompare(y, undefined, { numeric: true });
        return down ? -order : order;
      };
      body.append(...[...body.rows].sort(compare));
    });
  });
}
for (const choice of document.querySelectorAll("select.filter")) {
  choice.closest(".filters").hidden = false;
  const cards = [...document.querySelectorAll(".suspect")];
  const said = document.getElementById("shown");
  choice.addEventListener("change", () => {
    cards.forEach((card) => { card.hidden = choice.value !== "" && card.dataset.given !== choice.value; });
    said.textContent = `${cards.filter((card) => !card.hidden).length} shown`;
  });
}
