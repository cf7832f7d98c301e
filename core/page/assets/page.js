"use strict";
(() => {
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const said = document.getElementById("said");
  const say = (text) => { said.textContent = text; };

  // Sorting: a click sorts a column, the highest number or the first name first; another one turns the order round.
  const valueOf = (cell) => cell.dataset.sort ?? cell.textContent.trim();
  const sortBy = (table, column) => {
    const heads = all("thead th", table), head = heads[column], body = table.tBodies[0];
    const text = head.hasAttribute("data-text"), before = head.getAttribute("aria-sort");
    const down = before ? before === "ascending" : !text;
    heads.forEach((h) => h.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const number = (v) => Number(v.replace(/[^0-9.eE+-]/g, ""));
    const rows = [...body.rows].map((row) => ({ row, value: valueOf(row.cells[column]) }));
    rows.sort((a, b) => {
      if (text) return (down ? -1 : 1) * a.value.localeCompare(b.value, "en", { numeric: true });
      if (!/[0-9]/.test(a.value) || !/[0-9]/.test(b.value)) return /[0-9]/.test(b.value) - /[0-9]/.test(a.value);
      return (down ? -1 : 1) * (number(a.value) - number(b.value));
    });
    body.append(...rows.map((r) => r.row));
    say("Sorted by " + head.textContent.trim() + (down ? ", descending." : ", ascending."));
  };
  for (const table of all("table.sortable")) {
    all("thead th", table).forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => sortBy(table, column));
    });
  }

  // Filtering: rows of all tables by a part of their name.
  const filter = document.getElementById("filter");
  filter.addEventListener("input", () => {
    const part = filter.value.trim().toLowerCase();
    const rows = all("tr[data-row]");
    rows.forEach((row) => { row.hidden = !row.dataset.row.toLowerCase().includes(part); });
    const shown = rows.filter((row) => !row.hidden).length;
    say(part ? shown + " of " + rows.length + " rows of all tables are shown." : "");
  });

  // Switching: of the figures of a section one is shown, that of the chosen metric and kind.
  const metric = document.getElementById("metric");
  const groups = new Map();
  for (const f of all("figure.switched")) {
    if (!groups.has(f.parentElement)) groups.set(f.parentElement, new Map());
    const heading = (() => { let e = f; while (e && e.tagName !== "H4" && e.tagName !== "H3") e = e.previousElementSibling; return e; })();
    const group = groups.get(f.parentElement);
    if (!group.has(heading)) group.set(heading, []);
    group.get(heading).push(f);
  }
  const show = () => {
    for (const [section, byHeading] of groups) {
      const pressed = section.querySelector(".kinds [aria-pressed=true]");
      for (const figures of byHeading.values()) {
        const ofKind = figures.filter((f) => !pressed || f.dataset.kind === pressed.textContent);
        const chosen = ofKind.find((f) => f.dataset.metric === metric.value) ?? ofKind[0];
        figures.forEach((f) => { f.hidden = f !== chosen; });
      }
    }
  };
  for (const section of groups.keys()) {
    const bar = section.querySelector(".kinds");
    const kinds = [...new Set(all("figure[data-kind]", section).map((f) => f.dataset.kind))];
    if (!bar || kinds.length < 2) continue;
    bar.hidden = false;
    kinds.forEach((kind, i) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = kind;
      button.setAttribute("aria-pressed", String(i === 0));
      button.addEventListener("click", () => {
        all("button", bar).forEach((b) => b.setAttribute("aria-pressed", String(b === button)));
        show();
      });
      bar.append(button);
    });
  }
  metric.addEventListener("change", () => { show(); say("Figures show " + metric.value + "."); });
  document.querySelector(".controls").hidden = false;
  show();

  // On paper nothing is folded.
  let folded = [];
  window.addEventListener("beforeprint", () => { folded = all("details:not([open])"); folded.forEach((d) => { d.open = true; }); });
  window.addEventListener("afterprint", () => folded.forEach((d) => { d.open = false; }));
  if (window.matchMedia("(max-width: 60rem)").matches) document.querySelector(".contents").open = false;
})();
