// Copies what the pages load from node_modules into kg/web/static/vendor, with the licences of
// all that is bundled in it. Run by `make vendor`.
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "node_modules");
const shipped = join(here, "../kg/web/static/vendor");
const tests = join(here, "../tests/data/axe");

/** Folder of the copy: files of packages. */
const FILES = {
  "swagger-ui": ["swagger-ui-dist", ["swagger-ui-bundle.js", "swagger-ui-bundle.js.LICENSE.txt", "swagger-ui.css", "LICENSE", "NOTICE"]],
  yasgui: ["@zazuko/yasgui", ["build/yasgui.min.js", "build/yasgui.min.css"]],
  cytoscape: ["cytoscape", ["dist/cytoscape.min.js", "LICENSE"]],
  chart: ["chart.js", ["dist/chart.umd.min.js", "LICENSE.md"]],
};

rmSync(shipped, { recursive: true, force: true });
for (const [folder, [name, files]] of Object.entries(FILES)) {
  mkdirSync(join(shipped, folder), { recursive: true });
  for (const file of files) {
    const text = readFileSync(join(modules, name, file), "utf8");
    // The maps are not shipped: a browser that looks for one would get an error.
    writeFileSync(join(shipped, folder, file.split("/").at(-1)), text.replace(/\n?\/\/# sourceMappingURL=\S+\s*$/, "\n"));
  }
}
mkdirSync(tests, { recursive: true });
cpSync(join(modules, "axe-core/axe.min.js"), join(tests, "axe.min.js"));
cpSync(join(modules, "axe-core/LICENSE"), join(tests, "LICENSE"));

/** What an editor's bundle holds: each package that it depends on, with its licence. */
const lock = JSON.parse(readFileSync(join(here, "package-lock.json"), "utf8")).packages;
const found = new Set();
function follow(name) {
  if (found.has(name) || !lock[`node_modules/${name}`]) return;
  found.add(name);
  Object.keys(lock[`node_modules/${name}`].dependencies ?? {}).forEach(follow);
}
follow("@zazuko/yasgui");
const texts = [...found].sort().map((name) => {
  const folder = join(modules, name);
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
  const text = file && existsSync(join(folder, file)) ? readFileSync(join(folder, file), "utf8").trim() : "";
  return `${name} ${version}, ${license}\n\n${text}`;
});
writeFileSync(join(shipped, "yasgui/LICENSES.txt"), `${texts.join("\n\n----------\n\n")}\n`);
