// Saved queries: the list is filtered as one types; a result is sorted by its columns and
// filtered; snippets are copied.

const list = document.querySelector("[data-filter-list]");
if (list) {
  const field = document.getElementById(list.dataset.filterList);
  const none = document.querySelector(".none-found");
  field.closest("p").hidden = false;
  const sections = [...list.querySelectorAll("section")];
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    for (const section of sections) {
      const items = [...section.querySelectorAll("li.query")];
      for (const item of items) item.hidden = !item.textContent.toLowerCase().includes(wanted);
      section.hidden = items.every((item) => item.hidden);
    }
    none.hidden = sections.some((section) => !section.hidden);
  });
}

for (const button of document.querySelectorAll("button.copy")) {
  if (!navigator.clipboard) break; // there is none on a page that is not HTTPS, but on localhost
  const name = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.parentNode.querySelector("code").textContent);
    button.textContent = button.dataset.copied;
    setTimeout(() => { button.textContent = name; }, 2000);
  });
}

const place = document.querySelector("div.table");
const body = place?.querySelector("tbody");
if (body && body.rows.length > 1) {
  const { order } = await import(place.dataset.order);
  const rows = [...body.rows];
  const heads = [...place.querySelectorAll("th")];
  const textOf = (row, column) => {
    const cell = row.cells[column];
    return cell.querySelector(".unbound") ? "" : cell.textContent.trim();
  };

  const sort = (column) => {
    const head = heads[column];
    const first = head.classList.contains("number") ? "descending" : "ascending";
    const way = head.getAttribute("aria-sort");
    const descending = (way ? { ascending: "descending", descending: "ascending" }[way] : first) === "descending";
    const places = order(rows.map((row) => textOf(row, column)), descending);
    body.append(...places.map((at) => rows[at]));
    for (const other of heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", descending ? "descending" : "ascending");
  };
  heads.forEach((head, column) => {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: head.textContent });
    button.addEventListener("click", () => sort(column));
    head.replaceChildren(button);
  });

  const field = Object.assign(document.createElement("input"), { type: "search", autocomplete: "off", placeholder: place.dataset.filter });
  field.setAttribute("aria-label", place.dataset.filter);
  const none = Object.assign(document.createElement("p"), { className: "note", hidden: true, textContent: place.dataset.none });
  none.setAttribute("role", "status");
  const filter = Object.assign(document.createElement("p"), { className: "filter" });
  filter.append(field);
  place.querySelector(".count").after(filter, none);
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
    none.hidden = rows.some((row) => !row.hidden);
  });
}
