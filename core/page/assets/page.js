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
  for (const f of all(".switched")) {
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
    const kinds = [...new Set(all("[data-kind]", section).map((f) => f.dataset.kind))];
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
  // Two rows user by user: drawn here, since any two may be chosen. Equal points are one, with the area of their number.
  const svgNames = "http://www.w3.org/2000/svg";
  const draw = (name, attributes, text) => {
    const e = document.createElementNS(svgNames, name);
    Object.entries(attributes).forEach(([k, v]) => e.setAttribute(k, v));
    if (text !== undefined) e.textContent = text;
    return e;
  };
  const digit = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const unpack = (data, m, row) => {
    let last = 0;
    const levels = data.levels[m].map((step) => (last += step) / 65535 * data.tops[m]);
    const text = data.values[m][row], n = data.digits[m], values = new Float64Array(text.length / n);
    for (let i = 0; i < values.length; i++) {
      let at = 0;
      for (let k = 0; k < n; k++) at = 64 * at + digit.indexOf(text[n * i + k]);
      values[i] = levels[at];
    }
    return values;
  };
  const scatters = all("script.users").map((script) => {
    const section = script.parentElement, data = JSON.parse(script.textContent);
    const a = section.querySelector(".a"), b = section.querySelector(".b"), figure = section.querySelector(".scatter");
    const show = () => {
      const m = Math.max(0, data.metrics.indexOf(metric.value)), top = data.tops[m] || 1, left = 52, size = 340, edge = 12;
      const x = unpack(data, m, a.value), y = unpack(data, m, b.value), names = [data.rows[a.value], data.rows[b.value]];
      const points = new Map(), counts = [0, 0, 0];
      x.forEach((v, i) => {
        counts[Math.abs(v - y[i]) < top / 30000 ? 1 : y[i] > v ? 0 : 2]++;
        const key = Math.round(v / top * 200) + " " + Math.round(y[i] / top * 200), p = points.get(key) ?? { x: v, y: y[i], users: [] };
        p.users.push(data.users[i]);
        points.set(key, p);
      });
      const title = names[1] + " against " + names[0] + " in " + data.metrics[m] + ", user by user";
      const says = "Of " + x.length + " users " + names[1] + " is higher for " + counts[0] + ", equal for " + counts[1] + " and lower for " + counts[2] + ".";
      const svg = draw("svg", { class: "figure", viewBox: "0 0 " + (left + size + edge) + " " + (size + 64), role: "img", "aria-label": title + ". " + says });
      const px = (v) => left + v / top * size, py = (v) => edge + size - v / top * size;
      for (let i = 0; i <= 4; i++) {
        const v = top * i / 4, label = top > 10 ? v.toFixed(0) : v.toFixed(2);
        svg.append(draw("line", { class: "grid", x1: px(v), x2: px(v), y1: edge, y2: edge + size }), draw("line", { class: "grid", x1: left, x2: left + size, y1: py(v), y2: py(v) }),
          draw("text", { class: "tick", x: px(v), y: edge + size + 16, "text-anchor": "middle" }, label), draw("text", { class: "tick", x: left - 6, y: py(v) + 4, "text-anchor": "end" }, label));
      }
      svg.append(draw("line", { class: "zero", x1: px(0), y1: py(0), x2: px(top), y2: py(top) }));
      [...points.values()].sort((p, q) => q.users.length - p.users.length).forEach((p) => {
        const c = draw("circle", { class: "bubble", cx: px(p.x).toFixed(1), cy: py(p.y).toFixed(1), r: Math.min(26, 2.2 * Math.sqrt(p.users.length)).toFixed(1) });
        c.append(draw("title", {}, p.users.length + (p.users.length === 1 ? " user" : " users") + " at " + p.x.toFixed(3) + ", " + p.y.toFixed(3) + ": " + p.users.slice(0, 5).join(", ") + (p.users.length > 5 ? " ..." : "")));
        svg.append(c);
      });
      svg.append(draw("text", { class: "axis-label", x: left + size / 2, y: edge + size + 38, "text-anchor": "middle" }, data.metrics[m] + " with " + names[0]),
        draw("text", { class: "axis-label", transform: "translate(12 " + (edge + size / 2) + ") rotate(-90)", "text-anchor": "middle" }, data.metrics[m] + " with " + names[1]));
      const caption = document.createElement("figcaption");
      caption.textContent = says;
      figure.replaceChildren(svg, caption);
    };
    all(".js", section).forEach((e) => { e.hidden = false; });
    a.addEventListener("change", show);
    b.addEventListener("change", show);
    return show;
  });
  metric.addEventListener("change", () => { show(); scatters.forEach((scatter) => scatter()); say("Figures show " + metric.value + "."); });
  document.querySelector(".controls").hidden = false;
  show();
  scatters.forEach((scatter) => scatter());

  // On paper nothing is folded.
  let folded = [];
  window.addEventListener("beforeprint", () => { folded = all("details:not([open])"); folded.forEach((d) => { d.open = true; }); });
  window.addEventListener("afterprint", () => folded.forEach((d) => { d.open = false; }));
  if (window.matchMedia("(max-width: 60rem)").matches) document.querySelector(".contents").open = false;
})();
