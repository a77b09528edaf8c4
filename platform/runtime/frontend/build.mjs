// Bundles src/ into the folder given as first argument: hashed files, the icon sprite, manifest.json and the
// notices of what was bundled. Called by build_frontend.py, which decides when and with which Node.

import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { PurgeCSS } from "purgecss";

const HERE = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
const ENTRIES = ["early.js", "app.js", "charts.js", "design.js", "app.css", "design.css", "console.css"];
const LICENCE_FILE = /^(licen[cs]e|notice|copying)/i;
const LICENCE_KEPT_BY = { "@tabler/core": "@tabler/icons" }; // same authors, same text, shipped with one of the two
const FROM_TABLER = ["btn", "btn-danger", "btn-icon", "btn-primary", "form-control", "form-select", "icon", "visually-hidden"];
const ELEMENTS = (
  "html body a abbr address b blockquote button canvas code dd details dialog dl dt em fieldset figure h1 h2 h3 h4 hr img input kbd " +
  "label legend li ol optgroup option p pre progress select small strong sub summary sup svg table tbody td textarea tfoot th thead tr ul"
).split(" ");
const ATTRIBUTES = ["data-bs-theme", "disabled", "hidden", "href", "list", "multiple", "role", "size", "tabindex", "title", "type"];
const BROWSERS = ["chrome123", "firefox128", "safari17.5"]; // what light-dark() in the styles needs anyway

const out = path.resolve(process.argv[2] ?? path.join(HERE, "../static/dist"));
await mkdir(out, { recursive: true });

const result = await build({
  absWorkingDir: HERE,
  entryPoints: ENTRIES.map((name) => `src/${name}`),
  outdir: out,
  bundle: true,
  format: "esm",
  splitting: true,
  minify: true,
  metafile: true,
  legalComments: "none",
  entryNames: "[name]-[hash]",
  chunkNames: "chunk-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".svg": "file" },
  logLevel: "warning",
  plugins: [{ name: "tabler", setup: (building) => building.onLoad({ filter: /core\/dist\/css\/tabler\.css$/ }, usedOfTabler) }],
  target: BROWSERS,
});

const manifest = namesOf(result.metafile);
manifest["icons.svg"] = await writeSprite();
await writeFile(path.join(out, "manifest.json"), JSON.stringify(manifest, null, 2) + "\n");
await writeFile(path.join(out, "THIRD-PARTY.txt"), await notices(result.metafile));
await printSizes(manifest);

/** Tabler without what no page of ours uses. Of its thousands of classes we build on a few, besides plain elements. */
async function usedOfTabler({ path: file }) {
  const found = { classes: FROM_TABLER, tags: ELEMENTS, attributes: { names: ATTRIBUTES, values: [] }, ids: [], undetermined: [] };
  const [used] = await new PurgeCSS().purge({
    css: [file],
    content: [{ raw: "", extension: "pages" }],
    extractors: [{ extensions: ["pages"], extractor: () => found }],
    keyframes: true,
    variables: true,
  });
  return { contents: used.css, loader: "css" };
}

/** The name a page asks for -> the hashed file that holds it. */
function namesOf(metafile) {
  const names = {};
  for (const [file, made] of Object.entries(metafile.outputs)) {
    if (made.entryPoint) names[path.basename(made.entryPoint)] = path.basename(file);
  }
  return names;
}

/** One SVG file with a <symbol> for each name in src/icons.json; drawn by <use href="…#name">. */
async function writeSprite() {
  const names = JSON.parse(await readFile(path.join(HERE, "src/icons.json"), "utf8"));
  const symbols = [];
  for (const name of [...new Set(names)].sort()) {
    const source = await readFile(path.join(HERE, `node_modules/@tabler/icons/icons/outline/${name}.svg`), "utf8");
    const drawing = source.slice(source.indexOf(">", source.indexOf("<svg")) + 1, source.lastIndexOf("</svg>"));
    const body = drawing.replace(/<path stroke="none"[^>]*\/>/, "").replace(/\s*\n\s*/g, "");
    symbols.push(
      `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" ` +
        `stroke-linecap="round" stroke-linejoin="round">${body}</symbol>`,
    );
  }
  const sprite = `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`;
  const hash = createHash("sha256").update(sprite).digest("hex").slice(0, 8).toUpperCase();
  const file = `icons-${hash}.svg`;
  await writeFile(path.join(out, file), sprite);
  return file;
}

/** Name, version and licence text of every package that ended up in the output. */
async function notices(metafile) {
  const packages = new Set(["@tabler/icons"]);
  for (const input of Object.keys(metafile.inputs)) {
    const found = input.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)\//);
    if (found) packages.add(found[1]);
  }
  const texts = [];
  for (const name of [...packages].sort()) {
    const about = JSON.parse(await readFile(path.join(HERE, "node_modules", name, "package.json"), "utf8"));
    texts.push([`${name} ${about.version} (${about.license})`, ...(await licences(name))].join("\n\n"));
  }
  const rule = `\n\n${"-".repeat(80)}\n\n`;
  return `Formloom's pages are built with these packages.${rule}${texts.join(rule)}\n`;
}

async function licences(name) {
  const folder = path.join(HERE, "node_modules", LICENCE_KEPT_BY[name] ?? name);
  const entries = await readdir(folder, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && LICENCE_FILE.test(entry.name)).map((entry) => entry.name);
  const texts = await Promise.all(files.sort().map((file) => readFile(path.join(folder, file), "utf8")));
  if (!texts.length) throw new Error(`${name} ships no licence text; say in LICENCE_KEPT_BY where it is`);
  return texts.map((text) => text.trim());
}

async function printSizes(manifest) {
  for (const file of Object.values(manifest)) {
    const bytes = await readFile(path.join(out, file));
    console.log(`${file}  ${kilobytes(bytes)} kB, ${kilobytes(gzipSync(bytes))} kB compressed`);
  }
}

function kilobytes(bytes) {
  return (bytes.length / 1000).toFixed(1);
}
