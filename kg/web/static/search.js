// On the search page the arrow keys, j and k go from result to result.
"use strict";
{
  const links = [...document.querySelectorAll(".hit .title a")];
  document.addEventListener("keydown", (event) => {
    const target = event.target;
    const onResult = links.indexOf(target);
    const isFree = target === document.body || onResult >= 0 || target.id === "content";
    if (!isFree || event.ctrlKey || event.metaKey || event.altKey) return;
    const steps = { j: 1, k: -1, ArrowDown: 1, ArrowUp: -1 };
    const step = steps[event.key];
    // Without a result in focus the arrow keys scroll, as everywhere.
    if (!step || (onResult < 0 && event.key.startsWith("Arrow"))) return;
    const next = links[onResult < 0 ? (step > 0 ? 0 : links.length - 1) : onResult + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  });
}
