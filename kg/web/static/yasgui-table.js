// A result as a table: things by their names, sorted by any column, filtered, in parts.

const PART = 50;

export function install(Yasgui, { words, result, terms, fill, order, isNumber }) {
  const button = (text, action) => {
    const made = Object.assign(document.createElement("button"), { type: "button", textContent: text });
    made.addEventListener("click", action);
    return made;
  };

  class Table {
    label = words.table;
    priority = 10;

    constructor(yasr) { this.yasr = yasr; }

    canHandleResults() { return ["rows", "graph"].includes(result.resultOf(this.yasr)?.kind); }

    getIcon() { return null; }

    destroy() { this.controls?.remove(); }

    draw() {
      const { variables, rows } = result.resultOf(this.yasr);
      Object.assign(this, { variables, rows, places: rows.map((_, place) => place), sorted: null, from: 0, wanted: "" });
      this.destroy();
      if (!rows.length) {
        this.yasr.resultsEl.append(Object.assign(document.createElement("p"), { className: "answer", textContent: words.noRows }));
        return;
      }
      this.numbers = variables.map((_, column) => rows.every((row) => !row[column] || isNumber(row[column])));
      const scroll = Object.assign(document.createElement("div"), { className: "scroll", tabIndex: 0 });
      scroll.setAttribute("role", "region");
      scroll.setAttribute("aria-label", words.result);
      this.body = document.createElement("tbody");
      const table = Object.assign(document.createElement("table"), { className: "result" });
      table.append(this.head(), this.body);
      scroll.append(table);
      this.pager = Object.assign(document.createElement("div"), { className: "pager" });
      this.yasr.resultsEl.append(scroll, this.pager);
      this.drawControls();
      this.fillBody();
    }

    texts(column) { return this.rows.map((row) => row[column]?.value ?? ""); }

    drawControls() {
      this.controls = Object.assign(document.createElement("label"), { className: "filter" });
      const field = Object.assign(document.createElement("input"), { type: "search", placeholder: words.filter, autocomplete: "off" });
      this.controls.append(Object.assign(document.createElement("span"), { className: "hidden", textContent: words.filter }), field);
      field.addEventListener("input", () => {
        this.wanted = field.value.trim().toLowerCase();
        this.from = 0;
        this.fillBody();
      });
      this.yasr.pluginControls.append(this.controls);
    }

    head() {
      const line = document.createElement("tr");
      this.heads = this.variables.map((name, column) => {
        const cell = Object.assign(document.createElement("th"), { scope: "col" });
        cell.classList.toggle("number", this.numbers[column]);
        cell.append(button(name, () => this.sort(column)));
        line.append(cell);
        return cell;
      });
      const head = document.createElement("thead");
      head.append(line);
      return head;
    }

    /** Sort by a column, the other way round if it was sorted by that. */
    sort(column) {
      const descending = this.sorted === column ? !this.descending : this.numbers[column];
      Object.assign(this, { sorted: column, descending, from: 0 });
      const texts = this.texts(column).map((text, row) => this.nameOf(this.rows[row][column]) ?? text);
      this.places = order(texts, descending);
      this.heads.forEach((cell, at) => {
        if (at === column) cell.setAttribute("aria-sort", descending ? "descending" : "ascending");
        else cell.removeAttribute("aria-sort");
      });
      this.fillBody();
    }

    nameOf(cell) { return cell?.type === "uri" ? this.known?.get(cell.value) : undefined; }

    fits(row) {
      return !this.wanted || row.some((cell) =>
        cell && (cell.value.toLowerCase().includes(this.wanted) || this.nameOf(cell)?.toLowerCase().includes(this.wanted)));
    }

    async fillBody() {
      const places = this.wanted ? this.places.filter((place) => this.fits(this.rows[place])) : this.places;
      const shown = places.slice(this.from, this.from + PART).map((place) => this.rows[place]);
      this.drawRows(shown, new Map());
      this.drawPager(places.length);
      const names = await terms.names(shown.flat().filter((cell) => cell?.type === "uri").map((cell) => cell.value));
      this.known = new Map([...(this.known ?? []), ...names]);
      if (names.size && this.body.shown === shown) this.drawRows(shown, names);
    }

    drawRows(shown, names) {
      const said = this.variables.map((_, column) => isSaid(shown, column, names));
      this.body.shown = shown;
      this.body.replaceChildren(...shown.map((row) => {
        const line = document.createElement("tr");
        row.forEach((cell, column) => {
          const place = document.createElement("td");
          const name = said[column] ? undefined : names.get(cell?.value);
          place.className = this.numbers[column] ? "number" : (name ?? cell?.value ?? "").length > 60 ? "long" : "";
          if (cell) place.append(terms.shown(cell, name));
          else place.append(Object.assign(document.createElement("span"), { className: "unbound", title: words.noValue, textContent: "–" }));
          line.append(place);
        });
        return line;
      }));
    }

    drawPager(count) {
      const to = Math.min(this.from + PART, count);
      const values = { from: result.number(Math.min(this.from + 1, count)), to: result.number(to), count: result.number(count) };
      const move = (step) => () => { this.from += step; this.fillBody(); };
      this.pager.replaceChildren();
      if (count <= PART && count === this.rows.length) return;
      if (this.from > 0) this.pager.append(button(words.previous, move(-PART)));
      this.pager.append(Object.assign(document.createElement("span"), { textContent: fill(words.part, values) }));
      if (to < count) this.pager.append(button(words.next, move(PART)));
    }
  }

  Yasgui.Yasr.registerPlugin("table", Table);
}

/** Tell whether most rows say the name of a column's thing in another column anyway. */
function isSaid(rows, column, names) {
  const named = rows.filter((row) => names.has(row[column]?.value));
  const said = named.filter((row) =>
    row.some((cell) => cell && cell.type !== "uri" && cell.value === names.get(row[column].value)));
  return named.length > 0 && said.length * 2 >= named.length;
}
