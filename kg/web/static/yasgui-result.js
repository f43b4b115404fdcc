// What stands above a result and around it: rows and time, views, downloads, errors.

/** A longer address is not sure to arrive; the download is fetched by POST instead. */
const LONGEST_ADDRESS = 6000;
/** So many characters of an answer are shown as they came, before a reader asks for all. */
const RAW_LENGTH = 100_000;

/** Fill in what stands in braces: `{count} rows`. */
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

/** Let the results of `Yasgui` be shown as this site shows things. */
export function install(Yasgui, settings, words) {
  const { Yasr } = Yasgui;
  const read = new WeakMap();
  const number = (value) => value.toLocaleString(settings.language);

  /** Return a result: `kind` is rows, graph, boolean or problem; `query` is what gave it. */
  function resultOf(yasr) {
    const { results } = yasr;
    if (!results) return null;
    if (!read.has(results)) read.set(results, parse(results));
    return read.get(results);
  }

  function parse(results) {
    if (results.error) return { kind: "problem", problem: results.error };
    const query = results.res?.query ?? "";
    const type = results.getContentType() ?? "";
    if (type.includes("json")) {
      const { head, boolean, results: found } = JSON.parse(results.getOriginalResponseAsString());
      if (typeof boolean === "boolean") return { kind: "boolean", boolean, query };
      return { kind: "rows", query, ...table(head.vars ?? [], found.bindings) };
    }
    const triples = results.getBindings() ?? [];
    return { kind: "graph", query, ...table(["subject", "predicate", "object"], triples) };
  }

  function table(variables, bindings) {
    const rows = bindings.map((binding) => variables.map((name) => cell(binding[name])));
    return { variables, rows };
  }

  const cell = (value) =>
    value && { type: value.type, value: value.value, lang: value["xml:lang"], datatype: value.datatype };

  // --- the line above a result

  Yasr.prototype.updateResponseInfo = function () {
    const result = resultOf(this);
    const line = this.dataElement;
    line.className = "result-status";
    line.textContent = "";
    this.downloads?.replaceChildren();
    if (!result || result.kind === "problem") return;
    const ms = this.results.getResponseTime() ?? 0;
    const time = ms < 1000 ? `${number(ms)} ms` : `${number(Math.round(ms / 100) / 10)} s`;
    const count = result.rows?.length ?? 0;
    const text = { boolean: words.answered, graph: count === 1 ? words.triple : words.triples, rows: count === 1 ? words.row : words.rows };
    line.textContent = fill(text[result.kind], { count: number(count), time });
    drawDownloads(this, result);
  };

  function drawDownloads(yasr, { kind, query }) {
    if (!query) return;
    const formats = settings.formats[kind === "graph" ? "graph" : "rows"];
    yasr.downloads.append(`${words.download} `);
    for (const [name, type] of formats) yasr.downloads.append(download(yasr, query, name, type), " ");
  }

  function download(yasr, query, name, type) {
    const fields = [["query", query], ...(yasr.graphs ?? []), ["format", name]];
    const link = Object.assign(document.createElement("a"), { textContent: name, title: type, download: `result.${name}` });
    link.href = `${settings.endpoint}?${new URLSearchParams(fields)}`;
    if (link.href.length <= LONGEST_ADDRESS) return link;
    link.href = "#";
    link.addEventListener("click", async (event) => {
      event.preventDefault();
      const reply = await fetch(settings.endpoint, { method: "POST", body: new URLSearchParams(fields) });
      const copy = Object.assign(document.createElement("a"), { download: link.download });
      copy.href = URL.createObjectURL(await reply.blob());
      copy.click();
      setTimeout(() => URL.revokeObjectURL(copy.href), 60_000);
    });
    return link;
  }

  Yasr.prototype.drawDownloadIcon = function () {
    this.downloads = Object.assign(document.createElement("p"), { className: "downloads" });
    this.headerEl.append(this.downloads);
  };
  // Its link would lead to another site; what it stands for has to be there.
  Yasr.prototype.drawDocumentationButton = function () {
    this.documentationLink = document.createElement("a");
  };
  Yasr.prototype.fillFallbackBox = function (drawn) {
    const { kind } = resultOf(this) ?? {};
    this.emptyFallbackElement();
    if (kind !== "rows" && kind !== "graph") return;
    const name = (plugin) => this.plugins[plugin]?.label ?? plugin;
    const text = fill(words.otherView, { chosen: name(this.getSelectedPluginName()), shown: name(drawn) });
    this.fallbackInfoEl.append(Object.assign(document.createElement("p"), { textContent: text }));
  };

  // The buttons of the views tell which is shown, and which can be, not by their colour only.
  const { updatePluginSelectors } = Yasr.prototype;
  Yasr.prototype.updatePluginSelectors = function (...given) {
    updatePluginSelectors.apply(this, given);
    for (const button of this.pluginSelectorsEl?.querySelectorAll("button") ?? []) {
      button.removeAttribute("aria-label"); // it has its name as text
      button.disabled = button.classList.contains("disabled");
      button.setAttribute("aria-pressed", String(button.classList.contains("selected")));
    }
  };

  // --- views of what is no table

  class Problem {
    priority = 100;
    hideFromSelection = true;
    constructor(yasr) { this.yasr = yasr; }
    canHandleResults() { return resultOf(this.yasr)?.kind === "problem"; }
    draw() {
      const { problem } = resultOf(this.yasr);
      const box = Object.assign(document.createElement("div"), { className: "query-problem" });
      box.setAttribute("role", "alert");
      const heading = Object.assign(document.createElement("p"), { className: "answer", textContent: problem.title ?? words.failed });
      box.append(heading);
      const detail = problem.title ? problem.detail : problem.message;
      if (detail) box.append(Object.assign(document.createElement("p"), { className: "problem", lang: "en", textContent: detail }));
      if (problem.place) {
        const go = Object.assign(document.createElement("button"), { type: "button" });
        go.textContent = fill(words.goTo, problem.place);
        go.addEventListener("click", () => {
          const editor = this.yasr.editor;
          if (editor?.fault) editor.getDoc().setCursor(editor.fault.at);
          editor?.focus();
        });
        box.append(go);
      }
      this.yasr.resultsEl.append(box);
    }
  }

  class YesOrNo {
    priority = 10;
    hideFromSelection = true;
    constructor(yasr) { this.yasr = yasr; }
    canHandleResults() { return resultOf(this.yasr)?.kind === "boolean"; }
    draw() {
      const text = resultOf(this.yasr).boolean ? words.yes : words.no;
      this.yasr.resultsEl.append(Object.assign(document.createElement("p"), { className: "answer", textContent: text }));
    }
  }

  class Raw {
    label = words.raw;
    priority = 1;
    constructor(yasr) { this.yasr = yasr; }
    canHandleResults() { return ["rows", "graph", "boolean"].includes(resultOf(this.yasr)?.kind); }
    getIcon() { return null; }
    draw() {
      const whole = this.text();
      const text = document.createElement("pre");
      Object.assign(text, { className: "raw", tabIndex: 0, textContent: whole.slice(0, RAW_LENGTH) });
      text.setAttribute("role", "region");
      text.setAttribute("aria-label", words.raw);
      this.yasr.resultsEl.append(text);
      if (whole.length <= RAW_LENGTH) return;
      const all = Object.assign(document.createElement("button"), { type: "button", textContent: words.showAll });
      all.addEventListener("click", () => { text.textContent = whole; all.remove(); });
      this.yasr.resultsEl.append(all);
    }
    /** Return the answer as it came; JSON with its structure laid out. */
    text() {
      const text = this.yasr.results.getOriginalResponseAsString();
      const isJson = resultOf(this.yasr).kind !== "graph" && text.length < 20 * RAW_LENGTH;
      return isJson ? JSON.stringify(JSON.parse(text), null, 1) : text;
    }
  }

  Yasr.registerPlugin("error", Problem);
  Yasr.registerPlugin("boolean", YesOrNo);
  Yasr.registerPlugin("response", Raw);
  Yasr.defaults.pluginOrder = ["table", "chart", "graph", "response"];
  Yasr.defaults.maxPersistentResponseSize = 0; // an answer is of its time: it is asked for again

  return { resultOf, number };
}
