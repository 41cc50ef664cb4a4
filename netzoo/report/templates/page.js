(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const views = new Map(); // by figure name
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

  /* Copy a specification, with its titles in the page's language and without the legend of the
     models, which the page shows above. */
  function localize(value) {
    if (Array.isArray(value)) return value.map(localize);
    if (value === null || typeof value !== "object") return value;
    const words = data.words[root.lang] || {};
    const copy = {};
    for (const [key, item] of Object.entries(value)) {
      copy[key] = key === "title" && typeof item === "string" ? words[item] || item : localize(item);
    }
    if (copy.field === "model" && copy.scale && copy.scale.range) copy.legend = null;
    return copy;
  }

  /* Return the chart and the signals of a figure's current choices. */
  function currentChart(figure) {
    const selects = all(`select[data-figure="${figure.name}"]`);
    const key = selects.filter((s) => !s.dataset.signal).map((s) => s.value).join("-");
    const signals = { ...figure.signals };
    for (const s of selects) if (s.dataset.signal) signals[s.dataset.signal] = s.value;
    return { spec: figure.specs[key] || Object.values(figure.specs)[0], signals };
  }

  async function draw(figure) {
    const { spec, signals } = currentChart(figure);
    const place = document.querySelector(`#${figure.name} .chart`);
    const copy = localize(spec);
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
    highlight(view);
    await view.runAsync();
  }

  function highlight(view) {
    try {
      view.signal("picked", picked);
    } catch {
      return; // a figure without the signal: one model at a time
    }
  }

  /* Highlight a model in the whole page; "" for all models. */
  function pick(model) {
    picked = model;
    for (const button of all(".pick")) {
      button.setAttribute("aria-pressed", String(button.dataset.model === model));
    }
    for (const row of all("tr[data-model]")) {
      row.classList.toggle("picked", row.dataset.model === model);
    }
    for (const item of all("main li[data-model]")) {
      item.classList.toggle("dimmed", model !== "" && item.dataset.model !== model);
    }
    const matrix = document.querySelector('#confusion select[data-signal="shown"]');
    if (matrix && model && all("option", matrix).some((o) => o.value === model)) {
      matrix.value = model;
      matrix.dispatchEvent(new Event("change"));
    }
    for (const view of views.values()) {
      highlight(view);
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
      if (a === null || b === null) return (a === null) - (b === null); // empty cells last
      const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
      return descending ? -order : order;
    });
    body.append(...lines.map(([, line]) => line));
  }

  function setLanguage(language) {
    root.lang = language;
    for (const option of all("option[data-en]")) option.textContent = option.dataset[language];
    data.figures.forEach(draw);
  }

  function switchTheme() {
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  }

  document.getElementById("language").addEventListener("change", (e) => setLanguage(e.target.value));
  document.getElementById("theme").addEventListener("click", switchTheme);
  document.getElementById("baseline")?.addEventListener("change", (e) => {
    for (const part of all("[data-baseline]")) part.hidden = part.dataset.baseline !== e.target.value;
  });
  document.getElementById("pair")?.addEventListener("change", (e) => {
    for (const pair of all(".pair")) pair.hidden = pair.dataset.pair !== e.target.value;
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
    const figure = data.figures.find((figure) => figure.name === select.dataset.figure);
    select.addEventListener("change", () => draw(figure));
  }
  addEventListener("keydown", (e) => {
    if (e.key === "Escape" && picked) pick("");
  });
  Promise.all(data.figures.map(draw)).then(() => {
    root.dataset.drawn = "yes";
  });
})();
