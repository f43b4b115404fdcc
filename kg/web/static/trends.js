// Shows the numbers of the month under the pointer, read from the table below each chart.
"use strict";

for (const figure of document.querySelectorAll("figure.chart")) {
  const svg = figure.querySelector("svg");
  const rows = [...figure.querySelectorAll("details tbody tr")].map((row) => [...row.cells].map((cell) => cell.textContent));
  const first = svg?.querySelector("polyline");
  if (!first || rows.length < 2) continue;
  const places = first.getAttribute("points").split(" ").map((point) => Number(point.split(",")[0]));
  const names = [...figure.querySelectorAll("ul.legend li")].map((item) => item.textContent);
  const { width, height } = svg.viewBox.baseVal;
  const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
  line.setAttribute("class", "reading");
  line.setAttribute("y1", "0");
  line.setAttribute("y2", String(height - 24));
  const told = document.createElement("output");
  told.setAttribute("aria-hidden", "true");
  svg.after(told);

  const show = (event) => {
    const box = svg.getBoundingClientRect();
    // The image keeps its proportions, so that it may be narrower than its box.
    const scale = Math.min(box.width / width, box.height / height);
    const x = (event.clientX - box.left - (box.width - width * scale) / 2) / scale;
    const place = places.reduce((best, one, number) => (Math.abs(one - x) < Math.abs(places[best] - x) ? number : best), 0);
    line.setAttribute("x1", String(places[place]));
    line.setAttribute("x2", String(places[place]));
    svg.prepend(line);
    const [month, ...values] = rows[place];
    told.replaceChildren(...[month, ...names.map((name, number) => `${name}: ${values[number]}`)].map((text) => {
      const part = document.createElement("span");
      part.textContent = text;
      return part;
    }));
  };
  svg.addEventListener("pointermove", show);
  svg.addEventListener("pointerdown", show);
  svg.addEventListener("pointerleave", () => { line.remove(); told.replaceChildren(); });
}
