"use strict";
(() => {
  // What is shown tells the order: 1,234 and 12.3% are numbers, "not defined" comes last whichever way.
  const keyOf = (row, place) => {
    const text = row.cells[place].textContent.trim();
    const number = Number(text.replaceAll(",", "").replace(/%$/, "").replace(/^[✓!✕<]\s*/, ""));
    if (text === "" || text === "not defined" || text === "–") return null;
    return Number.isNaN(number) ? text : number;
  };

  const compare = (one, other) => {
    if (typeof one === "number" && typeof other === "number") return one - other;
    if (typeof one !== typeof other) return typeof one === "number" ? -1 : 1;
    return one.localeCompare(other);
  };

  const sortRows = (body, place, sign) => {
    const keyed = [...body.rows].map((row, rank) => ({ row, rank, key: keyOf(row, place) }));
    keyed.sort((a, b) => {
      if (a.key === null || b.key === null) return (a.key === null) - (b.key === null) || a.rank - b.rank;
      return sign * compare(a.key, b.key) || a.rank - b.rank;
    });
    body.append(...keyed.map((item) => item.row));
  };

  const addSorting = (table) => {
    const heads = [...table.tHead.rows[0].cells];
    const body = table.tBodies[0];
    heads.forEach((head, place) => {
      if (body.rows[0]?.cells[place]?.querySelector("svg")) return;
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      button.title = "Sort by this column";
      button.addEventListener("click", () => {
        const isDown = head.getAttribute("aria-sort") === "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", isDown ? "descending" : "ascending");
        sortRows(body, place, isDown ? -1 : 1);
      });
      head.replaceChildren(button);
    });
  };

  const addSearch = (box, table, number) => {
    const rows = [...table.tBodies[0].rows];
    const texts = rows.map((row) => row.textContent.toLowerCase());
    const bar = document.createElement("div");
    const label = document.createElement("label");
    const input = document.createElement("input");
    const count = document.createElement("span");
    bar.className = "search";
    input.type = "search";
    input.id = `search-${number}`;
    label.htmlFor = input.id;
    label.textContent = "Show rows with";
    count.setAttribute("role", "status");
    const show = () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      rows.forEach((row, place) => {
        row.hidden = !words.every((word) => texts[place].includes(word));
        shown += !row.hidden;
      });
      count.textContent = `${shown} of ${rows.length} rows`;
    };
    input.addEventListener("input", show);
    bar.append(label, input, count);
    box.before(bar);
    show();
  };

  document.querySelectorAll(".searchable").forEach((box, number) => {
    const table = box.querySelector("table");
    addSorting(table);
    addSearch(box, table, number);
  });
})();
