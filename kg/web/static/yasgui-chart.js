// A result as a chart: bars, lines or a pie of a column of names and columns of numbers.

/** At most so many rows are drawn, and of these so many as parts of a pie. */
const MOST = 200;
const MOST_PARTS = 16;
const COLOURS = ["--model", "--benchmark", "--dataset", "--task", "--method", "--metric"];
const ARXIV = /^\d{4}\.\d{4,5}$/;
const TIME = /^\d{4}(?:-\d{2}){0,2}(?:T.*)?$/;

export function install(Yasgui, { words, result, terms, fill, numberOf, areNumbers, isNumber, library }) {
  class ChartView {
    label = words.chart;
    priority = 5;

    constructor(yasr) { this.yasr = yasr; }

    canHandleResults() {
      const found = result.resultOf(this.yasr);
      return found?.kind === "rows" && found.rows.length > 0 && columnsOf(found).some((column) => column.isNumber);
    }

    getIcon() { return null; }

    async initialize() { await library("chart"); }

    destroy() {
      this.chart?.destroy();
      this.chart = null;
      this.watcher?.disconnect();
    }

    async draw() {
      this.destroy();
      this.found = result.resultOf(this.yasr);
      this.columns = columnsOf(this.found);
      this.names = await namesOf(this.found);
      this.choice = firstChoice(this.columns);
      const place = Object.assign(document.createElement("div"), { className: "chart-place" });
      this.canvas = document.createElement("canvas");
      this.canvas.setAttribute("role", "img");
      place.append(this.canvas);
      this.note = Object.assign(document.createElement("p"), { className: "about" });
      this.yasr.resultsEl.replaceChildren(this.form(), place, this.note);
      this.watcher = new MutationObserver(() => this.redraw());
      this.watcher.observe(document.documentElement, { attributeFilter: ["data-theme"] });
      this.redraw();
    }

    /** Make the form that chooses what is drawn. */
    form() {
      const form = Object.assign(document.createElement("form"), { className: "chart-choice" });
      const kinds = [["bar", words.bars], ["line", words.lines], ["pie", words.pie]];
      form.append(
        select("kind", words.kind, kinds, this.choice.kind),
        select("label", words.names, this.columns.map(({ name }, at) => [at, name]), this.choice.label),
        this.numberBoxes(),
      );
      form.addEventListener("submit", (event) => event.preventDefault());
      form.addEventListener("change", () => {
        const told = new FormData(form);
        this.choice = { kind: told.get("kind"), label: Number(told.get("label")), values: told.getAll("value").map(Number) };
        this.redraw();
      });
      return form;
    }

    numberBoxes() {
      const group = document.createElement("fieldset");
      group.append(Object.assign(document.createElement("legend"), { textContent: words.numbers }));
      this.columns.forEach(({ name, isNumber }, at) => {
        if (!isNumber) return;
        const label = document.createElement("label");
        const box = Object.assign(document.createElement("input"), { type: "checkbox", name: "value", value: String(at), checked: this.choice.values.includes(at) });
        label.append(box, ` ${name}`);
        group.append(label);
      });
      return group;
    }

    redraw() {
      this.chart?.destroy();
      const { kind, label, values } = this.choice;
      const most = kind === "pie" ? MOST_PARTS : MOST;
      const rows = this.found.rows.slice(0, most);
      const labels = rows.map((row) => shorten(this.names.get(row[label]?.value) ?? row[label]?.value ?? ""));
      const upright = kind !== "bar" || this.columns[label].isTime || labels.every((text) => text.length < 4) || labels.length <= 4;
      const style = getComputedStyle(document.documentElement);
      const colour = (at) => style.getPropertyValue(COLOURS[at % COLOURS.length]).trim();
      const datasets = (kind === "pie" ? values.slice(0, 1) : values).map((column, at) => ({
        label: this.columns[column].name,
        data: rows.map((row) => { const found = numberOf(row[column]?.value ?? ""); return Number.isNaN(found) ? null : found; }),
        backgroundColor: kind === "pie" ? rows.map((_, part) => colour(part)) : colour(at),
        borderColor: kind === "pie" ? style.getPropertyValue("--card").trim() : colour(at),
        borderWidth: kind === "bar" ? 0 : 2,
        pointRadius: labels.length > 60 ? 0 : 3,
        spanGaps: true,
      }));
      this.canvas.parentNode.style.height = `${upright ? 380 : Math.max(200, 60 + 22 * labels.length * Math.max(1, datasets.length * 0.7))}px`;
      const names = datasets.map((set) => set.label).join(", ");
      this.canvas.setAttribute("aria-label", fill(words.chartOf, { names, label: this.columns[label].name, count: result.number(rows.length) }));
      this.note.textContent = rows.length < this.found.rows.length
        ? fill(words.cutChart, { shown: result.number(rows.length), count: result.number(this.found.rows.length) }) : "";
      this.chart = new window.Chart(this.canvas, { type: kind, data: { labels, datasets }, options: this.options(style, kind, upright, datasets) });
    }

    options(style, kind, upright, datasets) {
      const [ink, line] = ["--quiet", "--line"].map((name) => style.getPropertyValue(name).trim());
      const axis = (ticks = {}) => ({ ticks: { color: ink, ...ticks }, grid: { color: line }, beginAtZero: kind === "bar" });
      const numbers = { format: { notation: "compact", maximumFractionDigits: 2 } };
      return {
        responsive: true,
        maintainAspectRatio: false,
        animation: false,
        locale: document.documentElement.lang,
        indexAxis: upright ? "x" : "y",
        color: ink,
        plugins: { legend: { display: kind === "pie" || datasets.length > 1, position: "bottom", labels: { color: ink } } },
        scales: kind === "pie" ? {} : {
          x: axis(upright ? { autoSkip: true, maxRotation: 60 } : numbers),
          y: axis(upright ? numbers : { autoSkip: false }),
        },
      };
    }
  }

  function columnsOf(found) {
    found.columns ??= found.variables.map((name, at) => {
      const cells = found.rows.map((row) => row[at]).filter(Boolean);
      const texts = cells.map((cell) => (cell.type === "uri" ? "-" : cell.value));
      const typed = cells.length > 0 && cells.every(isNumber);
      const isTime = !typed && cells.length > 0 && texts.every((text) => TIME.test(text));
      const isId = !typed && texts.every((text) => ARXIV.test(text));
      const most = Math.max(...texts.map((text) => Math.abs(numberOf(text)) || 0), 0);
      return { name, most, isTime, isThing: cells.some((cell) => cell.type === "uri"), isNumber: typed || (!isTime && !isId && areNumbers(texts)) };
    });
    return found.columns;
  }

  async function namesOf(found) {
    const iris = found.rows.slice(0, MOST).flat().filter((cell) => cell?.type === "uri").map((cell) => cell.value);
    const names = await terms.names(iris);
    return new Map(iris.map((iri) => [iri, names.get(iri) ?? terms.short(iri)]));
  }

  function select(name, title, options, chosen) {
    const label = Object.assign(document.createElement("label"), { textContent: `${title} ` });
    const field = Object.assign(document.createElement("select"), { name });
    for (const [value, text] of options) field.append(new Option(text, value, false, String(value) === String(chosen)));
    label.append(field);
    return label;
  }

  Yasgui.Yasr.registerPlugin("chart", ChartView);
}

const shorten = (text) => (text.length > 40 ? `${text.slice(0, 39)}…` : text);

/** Choose what is drawn at first: a text before a thing before a number as names, and numbers of one size. */
function firstChoice(columns) {
  const places = columns.map((_, at) => at);
  const time = places.find((at) => columns[at].isTime);
  const text = places.find((at) => !columns[at].isNumber && !columns[at].isThing && !columns[at].isTime);
  const label = time ?? text ?? places.find((at) => !columns[at].isNumber) ?? 0;
  const numbers = places.filter((at) => columns[at].isNumber && at !== label);
  const alike = numbers.filter((at) => columns[at].most <= 5 * columns[numbers[0]].most && columns[numbers[0]].most <= 5 * columns[at].most);
  const values = alike.length ? alike.slice(0, 3) : [label];
  return { kind: label === time ? "line" : "bar", label, values };
}
