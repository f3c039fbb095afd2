// Tables: sorted by their headings, searched, shown a part at a time, copied and saved.

import { copyRows, saveCsv } from "./export.js";
import { make } from "./dom.js";
import { compareTexts, formatNumber, say } from "./words.js";

/**
 * A table with its tools.
 *
 * Columns are {title, value, cell, first, number, wide, file}: `value` of a row is
 * what is sorted, searched and saved, `cell` what is shown instead of it; `first` is
 * the way that a first click sorts; a `wide` column is left out on a narrow screen,
 * a `file` column stands in files only, and a `screen` column in none.
 *
 * Options are {name, label, columns, rows, sorted, step}: `name` is that of a saved
 * file, `label` the heading that the table belongs to, `sorted` the column by which
 * the rows come, `step` how many are shown at first.
 */
export function makeTable(options) {
  return new Table(options).element;
}

class Table {
  constructor({ name, label, columns, rows, sorted = null, step = 20 }) {
    this.name = name;
    this.columns = columns.filter((column) => !column.file);
    this.saved = columns.filter((column) => !column.screen);
    this.rows = rows;
    this.found = rows;
    this.step = step;
    this.limit = step;
    this.sorted = sorted;
    this.way = sorted === null ? null : firstWay(this.columns[sorted]);
    this.body = make("tbody");
    this.count = make("output", { "aria-live": "polite" });
    this.more = make("button", { type: "button", class: "more", click: () => this.showMore() });
    this.headings = this.columns.map((column, place) => this.makeHeading(column, place));
    this.element = this.makeElement(label);
    this.markSorted();
    this.show();
  }

  makeElement(label) {
    const table = make("table", {}, make("thead", {}, make("tr", {}, ...this.headings)), this.body);
    const region = { class: "scroll", role: "group", tabindex: "0", "aria-label": label };
    return make("div", { class: "grid" }, this.makeTools(label), make("div", region, table), this.more);
  }

  makeTools(label) {
    const tools = make("div", { class: "tools" });
    if (this.rows.length > 10) {
      const name = `${say("filter")}: ${label}`;
      const input = (event) => this.filter(event.target.value);
      const box = { type: "search", autocomplete: "off", spellcheck: "false", input };
      tools.append(make("input", { ...box, "aria-label": name, placeholder: say("filter") }));
    }
    const copy = { type: "button", title: say("copyTitle"), click: () => this.copy() };
    const save = { type: "button", title: say("saveTitle"), click: () => this.save() };
    tools.append(
      this.count,
      make("span", { class: "buttons" }, make("button", copy, say("copy")), make("button", save, "CSV")),
    );
    return tools;
  }

  makeHeading(column, place) {
    const click = () => this.sort(place);
    const button = make("button", { type: "button", click }, column.title);
    return make("th", { scope: "col", class: classOf(column) }, button);
  }

  show() {
    const shown = this.found.slice(0, this.limit);
    this.body.replaceChildren(...shown.map((row) => this.makeRow(row)));
    const [n, of] = [this.found.length, this.rows.length];
    this.count.value =
      n === of ? say("rows", { n }) : say("rowsOf", { found: formatNumber(n), n: of });
    this.more.hidden = shown.length === n;
    this.more.textContent = say("showMore", { left: n - shown.length });
  }

  makeRow(row) {
    const cells = this.columns.map((column) => {
      const content = column.cell ? column.cell(row) : (column.value(row) ?? "–");
      return make("td", { class: classOf(column) }, content);
    });
    return make("tr", {}, ...cells);
  }

  showMore() {
    const before = this.limit;
    this.limit += 5 * this.step;
    this.show();
    // The button may be gone: the first of the new rows goes on from here.
    this.body.rows[before]?.querySelector("a")?.focus({ preventScroll: true });
  }

  filter(text) {
    this.texts ??= new Map(this.rows.map((row) => [row, this.textOf(row)]));
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    this.found = this.rows.filter((row) => words.every((word) => this.texts.get(row).includes(word)));
    this.limit = this.step;
    this.show();
  }

  textOf(row) {
    return this.saved.map((column) => column.value(row) ?? "").join("\n").toLowerCase();
  }

  sort(place) {
    const column = this.columns[place];
    const first = firstWay(column);
    const other = first === "ascending" ? "descending" : "ascending";
    this.way = this.sorted === place && this.way === first ? other : first;
    this.sorted = place;
    const sign = this.way === "ascending" ? 1 : -1;
    const compare = column.number ? (a, b) => a - b : compareTexts();
    const keys = new Map(this.rows.map((row) => [row, column.key?.(row) ?? column.value(row)]));
    const order = (one, two) => {
      const [a, b] = [keys.get(one), keys.get(two)];
      // What is not known stays at the end either way.
      if (isEmpty(a) || isEmpty(b)) return isEmpty(a) - isEmpty(b);
      return sign * compare(a, b);
    };
    this.rows = [...this.rows].sort(order);
    this.found = [...this.found].sort(order);
    this.markSorted();
    this.show();
  }

  markSorted() {
    this.headings.forEach((heading, place) => {
      if (place === this.sorted) heading.setAttribute("aria-sort", this.way);
      else heading.removeAttribute("aria-sort");
    });
  }

  cells() {
    const rows = this.found.map((row) => this.saved.map((column) => column.value(row)));
    return [this.saved.map((column) => column.title), ...rows];
  }

  async copy() {
    await copyRows(this.cells());
    this.count.value = say("copied", { n: this.found.length });
  }

  save() {
    saveCsv(this.name, this.cells());
    this.count.value = say("saved", { n: this.found.length, name: `${this.name}.csv` });
  }
}

function classOf(column) {
  return [column.number && "num", column.wide && "wide", column.class].filter(Boolean).join(" ") || null;
}

function firstWay(column) {
  return column.first ?? (column.number ? "descending" : "ascending");
}

function isEmpty(value) {
  return value === null || value === undefined || value === "";
}
