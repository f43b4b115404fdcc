// How tables are sorted: numbers as numbers, whatever else as people read it.

const NUMBER = /^[+-]?(?:\d{1,18}(?:\.\d{0,18})?|\.\d{1,18})(?:[eE][+-]?\d{1,3})?$/;

/** Return the number that a text is; NaN where it is none. */
export const numberOf = (text) => (NUMBER.test(text) ? Number(text) : NaN);

/** Tell whether nearly all of some texts are numbers; empty ones do not count. */
export function areNumbers(texts) {
  const told = texts.filter((text) => text !== "");
  return told.length > 0 && told.filter((text) => !Number.isNaN(numberOf(text))).length >= 0.8 * told.length;
}

/** Return the places of some texts in ascending or descending order, empty ones last. */
export function order(texts, descending) {
  const sign = descending ? -1 : 1;
  const compare = areNumbers(texts) ? byNumber : new Intl.Collator(undefined, { numeric: true }).compare;
  return texts
    .map((text, place) => [text, place])
    .sort(([a, i], [b, j]) => Number(a === "") - Number(b === "") || sign * compare(a, b) || i - j)
    .map(([, place]) => place);
}

/** Compare texts of which most are numbers; the others come after those. */
function byNumber(a, b) {
  const [x, y] = [numberOf(a), numberOf(b)];
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y) || a.localeCompare(b);
  return x - y;
}
