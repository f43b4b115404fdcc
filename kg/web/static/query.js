// The query editor: tabs of queries, their results, saved queries as examples, links to share.

const settings = JSON.parse(document.getElementById("editor-settings").textContent);
const words = JSON.parse(document.getElementById("editor-words").textContent);
const place = document.getElementById("editor");
const form = document.querySelector("form.query");
const LONGEST_LINK = 6000;
const NAME_LENGTH = 40;

const parts = ["run", "terms", "complete", "result", "table", "chart", "graph", "ordering"];
const modules = await Promise.all(parts.map((name) => import(settings.scripts[name])));
const [run, terms, complete, result, table, chart, graph, ordering] = modules;
const { Yasgui } = window;

const libraries = new Map();
/** Load a library the first time that it is used. */
function library(name) {
  if (!libraries.has(name)) {
    libraries.set(name, new Promise((resolve, reject) => {
      const script = Object.assign(document.createElement("script"), { src: settings.libraries[name], onload: resolve, onerror: reject });
      document.head.append(script);
    }));
  }
  return libraries.get(name);
}

const shown = result.install(Yasgui, settings, words);
const editors = run.install(Yasgui, settings, words);
const completion = complete.install(Yasgui, settings, words);
const tools = { settings, words, library, result: shown, fill: result.fill, terms: terms.things(settings, words), isNumber: terms.isNumber, ...ordering };
for (const view of [table, chart, graph]) view.install(Yasgui, tools);

// --- what the editor's own words and ways are changed to

const show = Yasgui.Tab.prototype.show;
Yasgui.Tab.prototype.show = function () {
  show.call(this);
  dress(this);
};

/** Prepare the parts of a tab, once they are drawn. */
function dress(tab) {
  const [yasqe, yasr] = [tab.getYasqe(), tab.getYasr()];
  const link = tab.yasgui.tabElements.get(tab.getId())?.tabEl?.querySelector("a");
  if (link && !link.dataset.dressed) {
    link.dataset.dressed = "yes";
    link.oncontextmenu = null;
    link.title = words.renameTab;
    link.querySelector(".closeTab").title = words.closeTab;
    link.querySelector("input").setAttribute("aria-label", words.tabName);
  }
  if (yasqe.dressed) return;
  yasqe.dressed = true;
  tab.rootEl.querySelector(".controlbar").remove(); // there is one endpoint, asked in one way
  yasqe.getWrapperElement().querySelector(".yasqe_buttons")?.remove();
  yasqe.getInputField().setAttribute("aria-label", words.editor);
  yasqe.getInputField().setAttribute("aria-describedby", "editor-keys");
  yasqe.on("change", () => editors.unmark(yasqe));
  completion.watch(yasqe);
  yasqe.graphs = yasr.graphs = tab.getRequestConfig().args.map(({ name, value }) => [name, value]);
  yasr.editor = yasqe;
  yasr.dataElement.setAttribute("role", "status");
}

// --- the tabs

form.hidden = true;
place.hidden = false;
const yasgui = new Yasgui(place.querySelector(".tabs"), {
  persistenceId: `paperkg ${settings.endpoint}`,
  populateFromUrl: false,
  autofocus: false,
  copyEndpointOnNewTab: false,
  tabName: words.tab,
  endpointCatalogueOptions: { getData: () => [], keys: [] },
  requestConfig: { endpoint: new URL(settings.endpoint, location.href).href },
  yasqe: {
    value: settings.runs ? "" : settings.query,
    screenReaderLabel: words.editor,
    editorHeight: "18rem",
    tabSize: 2,
    indentUnit: 2,
    createShareableLink: null,
    showQueryButton: false,
    resizeable: true,
  },
});
const list = place.querySelector(".tabsList");
list.querySelector(".addTab").remove(); // a list of tabs may hold nothing else; it is above

list.addEventListener("keydown", (event) => {
  if (event.target.matches("input")) return event.stopPropagation(); // a name is being written
  const tabs = [...list.querySelectorAll("[role=tab]")];
  const at = tabs.indexOf(event.target);
  const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: tabs.length - 1 }[event.key];
  if (event.key === "F2") yasgui.tabElements.get(tab().getId()).startRename();
  else if (next === undefined) return;
  else tabs.at(next % tabs.length).click();
  if (event.key !== "F2") tabs.at(next % tabs.length).focus();
  event.preventDefault();
  event.stopPropagation();
}, true);

yasgui.on("tabClose", () => setTimeout(() => {
  if (!Object.keys(yasgui._tabs).length) yasgui.addTab(true);
  tellRunning();
}));

/** Show a query in a tab: in one that has it, else in a new one. */
function open(name, query, graphs = []) {
  const args = graphs.map(([one, value]) => ({ name: one, value }));
  const fits = (tab) => {
    const told = tab.getPersistedJson();
    return (tab.getYasqe()?.getValue() ?? told.yasqe.value) === query && JSON.stringify(told.requestConfig.args) === JSON.stringify(args);
  };
  const there = Object.values(yasgui._tabs).find(fits);
  if (there) return there.select();
  const before = tab();
  const isEmpty = before && !before.getYasqe()?.getValue().trim();
  if (isEmpty) before.setName("");
  yasgui.addTab(true, { name: yasgui.createTabName(name.slice(0, NAME_LENGTH)), yasqe: { value: query }, requestConfig: { args } });
  if (isEmpty) before.close();
}

const tab = () => yasgui.getTab();
const ask = () => { tab().query().catch(() => { /* what went wrong is shown with the result */ }); };

// --- the buttons above

const runButton = place.querySelector("[data-do=run]");
const stopButton = place.querySelector("[data-do=stop]");
const told = place.querySelector(".told");
const running = new Set();

function tellRunning() {
  const busy = running.has(tab()?.getId());
  stopButton.hidden = !busy;
  runButton.hidden = busy;
  place.classList.toggle("running", busy);
  told.textContent = busy ? words.runs : "";
}

yasgui.on("query", (_, one) => { running.add(one.getId()); tellRunning(); });
for (const end of ["queryResponse", "queryAbort"]) {
  yasgui.on(end, (_, one) => { running.delete(one.getId()); tellRunning(); });
}
yasgui.on("tabSelect", () => setTimeout(tellRunning));
yasgui.on("queryBefore", () => history.replaceState(null, "", link() ?? settings.endpoint));

/** Return the address that opens the editor with the query at hand; null if it is too long. */
function link() {
  const yasqe = tab()?.getYasqe();
  const found = `${settings.endpoint}?${new URLSearchParams([["query", yasqe?.getValue() ?? ""], ...(yasqe?.graphs ?? [])])}`;
  return found.length <= LONGEST_LINK ? found : null;
}

const actions = {
  run: ask,
  add() {
    yasgui.addTab(true, { yasqe: { value: "" } });
    tab().getYasqe().focus();
  },
  stop() { tab().getYasqe().abortQuery(); },
  tidy() { tab().getYasqe().autoformat(); },
  async share() {
    const address = link();
    if (!address) return words.tooLongToShare;
    const view = tab().getYasr().getSelectedPluginName();
    const whole = new URL(address + (view === "table" ? "" : `#${view}`), location.href).href;
    try {
      await navigator.clipboard.writeText(whole);
      return words.copied;
    } catch {
      return whole;
    }
  },
};
for (const button of place.querySelectorAll("[data-do]")) {
  button.addEventListener("click", async () => {
    const said = await actions[button.dataset.do]?.();
    if (said) told.textContent = said;
  });
}

// --- saved queries as examples

let saved = null;
/** Return the saved queries, each with a text that runs. */
async function savedQueries() {
  const reply = await fetch(settings.queries, { headers: { Accept: "application/json" } });
  if (!reply.ok) throw new Error(reply.statusText);
  return (await reply.json()).queries;
}

const examples = document.querySelector("details.examples");
examples?.addEventListener("click", async (event) => {
  const chosen = event.target.closest("a[data-example]");
  if (!chosen || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  try {
    saved ??= savedQueries();
    const found = (await saved).find((query) => query.name === chosen.dataset.example);
    open(chosen.textContent, found.example_query);
    examples.open = false;
    tab().getYasqe().focus();
  } catch {
    location.href = chosen.href;
  }
});
examples?.querySelector("input")?.addEventListener("input", ({ target }) => {
  const wanted = target.value.trim().toLowerCase();
  for (const group of examples.querySelectorAll("section")) {
    const links = [...group.querySelectorAll("li")];
    for (const item of links) item.hidden = !item.textContent.toLowerCase().includes(wanted);
    group.hidden = links.every((item) => item.hidden);
  }
});

// --- what a link brought

const view = location.hash.slice(1);
if (settings.runs || location.search.includes("example=")) open(words.tab, settings.query, settings.graphs);
if (["chart", "graph", "response"].includes(view)) tab().getYasr().selectPlugin(view);
tellRunning();
if (settings.runs) ask();
place.dataset.ready = "yes";
