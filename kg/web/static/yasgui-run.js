// How the editor asks this server, and shows where a query has a mistake.

/** A result that is larger than this is not for a page. */
const LARGEST_MB = 30;

/** What went wrong: a title and a reason for people, and the place in the query if it is known. */
export class QueryProblem extends Error {
  constructor(title, detail = "", place = null) {
    super(detail || title);
    Object.assign(this, { title, detail, place });
  }
}

/** Let the editors of `Yasgui` ask the endpoint of `settings`, and only that. */
export function install(Yasgui, settings, words) {
  const { Yasqe } = Yasgui;

  Yasqe.prototype.query = async function () {
    if (this.asking) {
      this.abortQuery();
      await this.asking;
    }
    const asking = ask(this);
    this.asking = asking.catch(() => {}).finally(() => { this.asking = null; });
    return asking;
  };

  async function ask(yasqe) {
    const query = yasqe.getValue();
    const started = performance.now();
    const passed = () => Math.round(performance.now() - started);
    const aborter = new AbortController();
    const body = new URLSearchParams([["query", query], ...(yasqe.graphs ?? [])]);
    const headers = { Accept: "application/sparql-results+json, text/turtle;q=0.9" };
    const request = new Request(settings.endpoint, { method: "POST", body, headers, signal: aborter.signal });
    unmark(yasqe);
    yasqe.emit("queryBefore");
    yasqe.emit("query", request, aborter);
    try {
      const reply = await fetch(request);
      if (!reply.ok) throw await problemOf(reply);
      const content = (await read(reply, aborter)) || "\n";
      const { ok, status, statusText, headers, type } = reply;
      const answer = { ok, status, statusText, headers, type, content, query };
      yasqe.emit("queryResponse", answer, passed());
      return answer;
    } catch (error) {
      const problem = error instanceof QueryProblem ? error : broken(error);
      if (problem.place) mark(yasqe, problem.place, problem.detail);
      yasqe.emit("queryResponse", problem, passed());
      throw problem;
    }
  }

  function broken(error) {
    if (error.name === "AbortError") return new QueryProblem(words.stopped);
    return new QueryProblem(words.brokenOff, words.brokenOffWhy);
  }

  async function problemOf(reply) {
    let told = {};
    try { told = await reply.json(); } catch { /* no problem details: from a proxy before us */ }
    const detail = typeof told.detail === "string" ? told.detail : `${reply.status} ${reply.statusText}`;
    const place = told.line ? { line: told.line, column: told.column ?? 1 } : null;
    const title = { 400: words.mistake, 403: words.refused, 429: words.busy, 503: words.tooLong }[reply.status];
    return new QueryProblem(title ?? words.failed, detail, place);
  }

  async function read(reply, aborter) {
    const reader = reply.body.getReader();
    const decoder = new TextDecoder();
    const parts = [];
    let size = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return parts.join("") + decoder.decode();
      size += value.length;
      if (size > LARGEST_MB * 1e6) {
        aborter.abort();
        throw new QueryProblem(words.tooLarge, words.tooLargeWhy);
      }
      parts.push(decoder.decode(value, { stream: true }));
    }
  }

  // The editor's own check writes HTML with styles into the page, which the policy refuses.
  Yasqe.prototype.checkSyntax = function () {
    const doc = this.getDoc();
    this.queryValid = true;
    this.clearGutter("gutterErrorBar");
    for (let line = 0; line < doc.lineCount() && this.queryValid; line += 1) {
      const { state } = this.getTokenAt({ line, ch: doc.getLine(line).length }, true);
      this.setOption("queryType", state.queryType);
      if (state.OK === false) {
        this.queryValid = false;
        const expected = (state.possibleCurrent ?? []).slice(0, 12).join(" ");
        this.setGutterMarker(line, "gutterErrorBar", sign(`${words.doubtful} ${expected}`));
      }
    }
  };

  function sign(title) {
    return Object.assign(document.createElement("span"), { className: "fault-sign", title, textContent: "!" });
  }

  /** Mark where the server found a mistake; line and column count from 1, in characters. */
  function mark(yasqe, { line, column }, reason) {
    const doc = yasqe.getDoc();
    const at = Math.min(line, doc.lineCount()) - 1;
    const text = doc.getLine(at);
    const end = Math.max(1, Array.from(text).slice(0, column).join("").length);
    const start = Math.max(0, end - 1);
    yasqe.fault = {
      at: { line: at, ch: Math.min(start, text.length) },
      handle: yasqe.addLineClass(at, "background", "fault-line"),
      span: doc.markText({ line: at, ch: start }, { line: at, ch: end }, { className: "fault", title: reason }),
    };
    yasqe.setGutterMarker(at, "gutterErrorBar", sign(reason));
    yasqe.scrollIntoView(yasqe.fault.at, 60);
  }

  function unmark(yasqe) {
    if (!yasqe.fault) return;
    yasqe.removeLineClass(yasqe.fault.handle, "background", "fault-line");
    yasqe.fault.span.clear();
    yasqe.fault = null;
    yasqe.checkSyntax();
  }

  return { unmark };
}
