(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const views = new Map(); // by the figure's name
  let picked = "";

  const CONFIG = {
    background: null,
    font: "system-ui, 'Noto Sans', 'Noto Sans CJK SC', sans-serif",
    view: { stroke: null },
    axis: {
      labelColor: "currentColor", titleColor: "currentColor", gridColor: "currentColor",
      domainColor: "currentColor", tickColor: "currentColor", gridOpacity: 0.12, domainOpacity: 0.4,
      tickOpacity: 0.4, labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal",
      labelOverlap: true,
    },
    axisX: { grid: false },
    legend: { labelColor: "currentColor", titleColor: "currentColor", orient: "top" },
    text: { color: "currentColor", fontSize: 12 },
  };

  /* A copy of a specification: its titles in the page's language, and no legend of the models,
     which the page has above. */
  function prepared(value) {
    if (Array.isArray(value)) return value.map(prepared);
    if (value === null || typeof value !== "object") return value;
    const words = data.words[root.lang] || {};
    const copy = {};
    for (const [key, each] of Object.entries(value)) {
      copy[key] = key === "title" && typeof each === "string" ? words[each] || each : prepared(each);
    }
    if (copy.field === "model" && copy.scale && copy.scale.range) copy.legend = null;
    return copy;
  }

  function chosen(figure) {
    const selects = all(`select[data-figure="${figure.name}"]`);
    const key = selects.filter((s) => !s.dataset.signal).map((s) => s.value).join("-");
    const signals = { ...figure.signals };
    for (const s of selects) if (s.dataset.signal) signals[s.dataset.signal] = s.value;
    return { spec: figure.specs[key] || Object.values(figure.specs)[0], signals };
  }

  async function draw(figure) {
    const { spec, signals } = chosen(figure);
    const place = document.querySelector(`#${figure.name} .chart`);
    const copy = prepared(spec);
    copy.datasets = figure.datasets;
    const { view } = await vegaEmbed(place, copy, {
      renderer: "svg", actions: false, ast: true, config: CONFIG,
    });
    views.get(figure.name)?.finalize();
    views.set(figure.name, view);
    view.addEventListener("click", (event, item) => {
      const model = item && item.datum && item.datum.model;
      if (model) toggle(model);
    });
    for (const [name, value] of Object.entries(signals)) view.signal(name, value);
    mark(view);
    await view.runAsync();
  }

  function mark(view) {
    try {
      view.signal("picked", picked);
    } catch {
      return; // a figure of one model at a time
    }
  }

  /* Show everywhere what belongs to a model; "" for all. */
  function pick(model) {
    picked = model;
    for (const button of all(".pick")) {
      button.setAttribute("aria-pressed", String(button.dataset.model === model));
    }
    for (const row of all("tr[data-model]")) {
      row.classList.toggle("picked", row.dataset.model === model);
    }
    for (const each of all("main li[data-model]")) {
      each.classList.toggle("dimmed", model !== "" && each.dataset.model !== model);
    }
    const matrix = document.querySelector('#confusion select[data-signal="shown"]');
    if (matrix && model && all("option", matrix).some((o) => o.value === model)) {
      matrix.value = model;
      matrix.dispatchEvent(new Event("change"));
    }
    for (const view of views.values()) {
      mark(view);
      view.runAsync();
    }
  }

  function toggle(model) {
    pick(model === picked ? "" : model);
  }

  function sort(heading) {
    const row = heading.parentElement;
    const column = [...row.children].indexOf(heading);
    const descending = heading.getAttribute("aria-sort") !== "descending";
    for (const other of row.children) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const body = heading.closest("table").tBodies[0];
    const value = (line) => {
      const cell = line.children[column];
      const raw = cell.dataset.raw ?? cell.textContent;
      const number = parseFloat(raw);
      return raw === "" ? null : Number.isNaN(number) ? raw : number;
    };
    const lines = [...body.rows].map((line) => [value(line), line]);
    lines.sort(([a], [b]) => {
      if (a === null || b === null) return (a === null) - (b === null); // what has none comes last
      const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
      return descending ? -order : order;
    });
    body.append(...lines.map(([, line]) => line));
  }

  function speak(language) {
    root.lang = language;
    for (const option of all("option[data-en]")) option.textContent = option.dataset[language];
    data.figures.forEach(draw);
  }

  function flip() {
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  }

  document.getElementById("language").addEventListener("change", (e) => speak(e.target.value));
  document.getElementById("theme").addEventListener("click", flip);
  document.getElementById("baseline")?.addEventListener("change", (e) => {
    for (const each of all("[data-baseline]")) each.hidden = each.dataset.baseline !== e.target.value;
  });
  document.getElementById("pair")?.addEventListener("change", (e) => {
    for (const each of all(".pair")) each.hidden = each.dataset.pair !== e.target.value;
  });
  for (const button of all(".pick")) {
    button.addEventListener("click", () => toggle(button.dataset.model));
  }
  for (const row of all("tr[data-model]")) {
    row.addEventListener("click", () => toggle(row.dataset.model));
  }
  for (const heading of all(".sorted thead th")) {
    heading.querySelector(".sort").addEventListener("click", () => sort(heading));
  }
  for (const select of all("select[data-figure]")) {
    const figure = data.figures.find((each) => each.name === select.dataset.figure);
    select.addEventListener("change", () => draw(figure));
  }
  addEventListener("keydown", (e) => {
    if (e.key === "Escape" && picked) pick("");
  });
  Promise.all(data.figures.map(draw)).then(() => {
    root.dataset.drawn = "yes";
  });
})();
