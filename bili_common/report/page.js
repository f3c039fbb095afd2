"use strict";

(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;

  // Tables: every row stands in the page; what is sorted away is only taken out of it.

  const collator = new Intl.Collator(["zh-Hans", "en"], { numeric: true });

  function enhance(grid) {
    const body = grid.querySelector("tbody");
    const search = grid.querySelector("input");
    const output = grid.querySelector("output");
    const more = grid.querySelector(".more");
    const step = Number(grid.dataset.step) || Infinity;
    const rows = Array.from(body.rows, (row) => ({
      row,
      text: row.textContent.toLowerCase(),
      keys: Array.from(row.cells, (cell) => cell.dataset.value ?? cell.textContent.trim()),
    }));
    let found = rows;
    let limit = step;

    function show() {
      const shown = found.slice(0, limit);
      body.replaceChildren(...shown.map((each) => each.row));
      const of = shown.length < rows.length ? ` of ${rows.length.toLocaleString("en")}` : "";
      const noun = output.dataset.what + (rows.length === 1 ? "" : "s");
      output.value = `${shown.length.toLocaleString("en")}${of} ${noun}`;
      if (more) more.hidden = shown.length === found.length;
    }

    function filter() {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      found = rows.filter((each) => words.every((word) => each.text.includes(word)));
      limit = step;
      show();
    }

    function sort(header) {
      const column = header.cellIndex;
      const first = header.dataset.first ?? "ascending";
      const other = first === "ascending" ? "descending" : "ascending";
      const way = header.getAttribute("aria-sort") === first ? other : first;
      for (const each of header.parentNode.cells) each.removeAttribute("aria-sort");
      header.setAttribute("aria-sort", way);
      const sign = way === "ascending" ? 1 : -1;
      const compare =
        header.dataset.kind === "number" ? (a, b) => Number(a) - Number(b) : collator.compare;
      rows.sort((one, two) => {
        const a = one.keys[column];
        const b = two.keys[column];
        // What is not known stays at the end either way.
        if (a === "" || b === "") return (a === "") - (b === "");
        return sign * compare(a, b);
      });
      filter();
    }

    for (const header of grid.querySelectorAll("th")) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...header.childNodes);
      button.addEventListener("click", () => sort(header));
      header.append(button);
    }
    search.addEventListener("input", filter);
    more?.addEventListener("click", () => {
      limit += 5 * step;
      show();
    });
    grid.querySelector(".tools").hidden = false;
    show();
  }

  document.querySelectorAll(".grid").forEach(enhance);

  // Charts: drawn anew whenever the width or the colours change.

  const config = {
    displayModeBar: false,
    displaylogo: false,
    plotlyServerURL: "",
    responsive: false,
    scrollZoom: false,
    sendData: false,
    showSendToCloud: false,
    typesetMath: false,
  };
  // Plotly reads some HTML in a text: names must not be taken for it.
  const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
  const literal = (text) => text.replace(/[&<>]/g, (sign) => entities[sign]);
  const segmenter = new Intl.Segmenter("zh-Hans");

  function short(text, length) {
    const signs = Array.from(segmenter.segment(text), (each) => each.segment);
    return literal(signs.length > length ? `${signs.slice(0, length - 1).join("")}…` : text);
  }

  function draw(id, figure) {
    const place = document.getElementById(id);
    if (!place) return;
    const style = getComputedStyle(root);
    const color = (name) => style.getPropertyValue(`--${name}`).trim();
    const width = root.dataset.print === undefined ? place.clientWidth : 660;
    const { traces, layout } = figure(color, width);
    const axis = { color: color("muted"), fixedrange: true, gridcolor: color("line") };
    const base = {
      width,
      autosize: false,
      dragmode: false,
      font: { family: color("font"), size: 12, color: color("ink") },
      hoverlabel: { bgcolor: color("card"), bordercolor: color("line"), font: { color: color("ink") } },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      showlegend: false,
      ...layout,
      xaxis: { ...axis, ...layout.xaxis },
      yaxis: { ...axis, ...layout.yaxis },
    };
    Plotly.react(place, traces, base, config);
  }

  // Lists are counted: no axis shows a half.
  const whole = (counts) => (Math.max(0, ...counts) < 6 ? { dtick: 1 } : { nticks: 6 });

  const lists = (count) => `${count.toLocaleString("en")} ${count === 1 ? "list" : "lists"}`;

  function shared(color, width) {
    const { mids, names, counts } = data.shared;
    const length = width < 460 ? 9 : 18;
    return {
      traces: [
        {
          type: "bar",
          orientation: "h",
          x: counts,
          y: mids,
          text: counts,
          textposition: "outside",
          textfont: { color: color("muted") },
          cliponaxis: false,
          customdata: names.map((name, place) => `${literal(name)}<br>seen in ${lists(counts[place])}`),
          hovertemplate: "%{customdata}<extra></extra>",
          marker: { color: color("bar") },
        },
      ],
      layout: {
        height: 26 * mids.length + 34,
        bargap: 0.3,
        margin: { l: 10, r: 34, t: 4, b: 28 },
        xaxis: { rangemode: "tozero", tickformat: ",d", zeroline: false, ...whole(counts) },
        yaxis: {
          type: "category",
          autorange: "reversed",
          automargin: true,
          color: color("ink"),
          showgrid: false,
          ticklabelstandoff: 6,
          tickvals: mids,
          ticktext: names.map((name) => short(name, length)),
        },
      },
    };
  }

  function similar(color, width) {
    const { vmids, scores, highest } = data.similar;
    const count = vmids.length;
    const below = width > 520 && count <= 40;
    const beside = width > 520 || count <= 24;
    const size = count > 40 ? 8 : count > 24 || width < 520 ? 9 : 11;
    const side = Math.min(width, 680);
    // The labels at the left narrow the square; without those below it would float.
    const label = beside && !below ? 0.62 * size * Math.max(...vmids.map((vmid) => vmid.length)) : 0;
    const axis = {
      type: "category",
      automargin: true,
      constrain: "domain",
      showgrid: false,
      ticks: "",
      tickfont: { size },
      tickvals: vmids,
    };
    return {
      traces: [
        {
          type: "heatmap",
          x: vmids,
          y: vmids,
          z: scores,
          zmin: 0,
          zmax: highest || 1,
          xgap: 1,
          ygap: 1,
          showscale: false,
          hoverongaps: false,
          hovertemplate: "%{y} and %{x}: %{z:.3f}<extra></extra>",
          colorscale: [
            [0, color("heat-0")],
            [0.5, color("heat-1")],
            [1, color("heat-2")],
          ],
        },
      ],
      layout: {
        height: side - label,
        margin: { l: 8, r: 8, t: 8, b: 8 },
        plot_bgcolor: color("heat-none"),
        xaxis: { ...axis, showticklabels: below, tickangle: -90 },
        yaxis: { ...axis, showticklabels: beside, autorange: "reversed", scaleanchor: "x" },
      },
    };
  }

  function sizes(color) {
    const { labels, counts } = data.sizes;
    return {
      traces: [
        {
          type: "bar",
          x: labels,
          y: counts,
          text: counts.map((count) => count || ""),
          textposition: "outside",
          textfont: { color: color("muted") },
          cliponaxis: false,
          customdata: counts.map(lists),
          hovertemplate: "%{customdata} of %{x} accounts<extra></extra>",
          marker: { color: color("bar") },
        },
      ],
      layout: {
        height: 260,
        // A single column need not be as wide as the page.
        bargap: Math.max(0.12, 1 - labels.length / 8),
        margin: { l: 40, r: 8, t: 22, b: 44 },
        xaxis: { type: "category", showgrid: false, title: { text: "accounts in the list" } },
        yaxis: { rangemode: "tozero", tickformat: ",d", zeroline: false, ...whole(counts) },
      },
    };
  }

  function drawAll() {
    draw("chart-shared", shared);
    draw("chart-similar", similar);
    draw("chart-sizes", sizes);
  }

  function print(on) {
    root.toggleAttribute("data-print", on);
    drawAll();
  }

  let waiting = 0;
  addEventListener("resize", () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(drawAll);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));
  drawAll();
})();
