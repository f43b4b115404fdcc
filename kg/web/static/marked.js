// Finds the mention or result that an address names, and lets Escape put away what is told of one.
"use strict";
{
  // A page of several sections has longer ids than the IRI of a mention: "#char=12,20" is the
  // first element whose id ends so; a row of results comes before the value in the text.
  const named = (id) => {
    const exact = document.getElementById(id);
    if (exact || !/^(char|result)=\d+,\d+(~\d+)?$/.test(id)) return exact;
    return [...document.querySelectorAll("tr[id], .mention[id], .value[id]")].find((one) => one.id.endsWith(`/${id}`));
  };

  const show = () => {
    document.querySelector(".found")?.classList.remove("found");
    // Ids have the percent signs of the IRI, so the address as it stands comes first.
    const hash = location.hash.slice(1);
    let id = hash;
    try { id = decodeURIComponent(hash); } catch { /* as it stands */ }
    const found = hash && (named(hash) ?? named(id));
    if (!found) return;
    const closed = found.closest("details:not([open])");
    if (closed) closed.open = true;
    if (!closed && (found.id === hash || found.id === id)) return;
    found.classList.add("found");
    found.scrollIntoView({ block: "center" });
  };
  addEventListener("hashchange", show);
  show();

  const root = document.documentElement;
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") root.classList.add("tip-closed"); });
  for (const name of ["focusin", "pointerover"]) {
    document.addEventListener(name, (event) => {
      if (event.target instanceof Element && event.target.closest(".mention > a")) root.classList.remove("tip-closed");
    });
  }
}
