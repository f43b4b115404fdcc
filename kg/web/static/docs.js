// Shows the description of the API; kept out of the page, which allows no inline scripts.
"use strict";

const dark = window.matchMedia("(prefers-color-scheme: dark)");
const chosen = document.documentElement.dataset.theme;
const follow = () =>
  document.documentElement.classList.toggle("dark-mode", chosen ? chosen === "dark" : dark.matches);
dark.addEventListener("change", follow);
follow();

window.SwaggerUIBundle({
  url: document.getElementById("description").href,
  dom_id: "#swagger-ui",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  // Nothing is sent elsewhere: the validator would get the address of the description.
  validatorUrl: null,
});
