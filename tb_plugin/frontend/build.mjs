// Bundles the page into ../static: ES modules that import each other, and the licences they carry.
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "static");

// What an earlier build named otherwise would be packed and served.
await rm(out, { recursive: true, force: true });

/** The modules that begin a script of their own, by their paths. */
async function laterModules() {
  const paths = (await readdir(join(here, "src"), { recursive: true })).filter((path) =>
    path.endsWith(".ts"),
  );
  const found = await Promise.all(
    paths.map(async (path) => {
      const text = await readFile(join(here, "src", path), "utf8");
      const imports = text.matchAll(/new Later\([^;]*?import\("([^"]+)"\)/g);
      return [...imports].map(([, name]) => join(here, "src", dirname(path), name));
    }),
  );
  return new Set(found.flat());
}

const later = await laterModules();

const shortened = {
  name: "shortened",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      // Styles without comments and line breaks, which no minifier of scripts looks into.
      const short = (style) => style.replace(/\/\*.*?\*\//gs, "").replace(/\s+/g, " ");
      const contents = text.replace(/\bcss`[^`]*`/g, short);
      // The page is there before any script that comes later. Where the bundler is not told, it
      // cuts the page into a piece for each set of scripts that share something.
      const page = JSON.stringify(join(here, "src", "index.ts"));
      return {
        contents: later.has(path) ? `${contents}\nimport ${page};` : contents,
        loader: "ts",
      };
    });
  },
};

const common = {
  absWorkingDir: here,
  outdir: out,
  bundle: true,
  target: ["chrome111", "firefox113", "safari16.4"],
  minify: true,
  legalComments: "none",
  charset: "utf8",
  loader: { ".css": "text" },
  metafile: true,
  plugins: [shortened],
};
const result = await build({
  ...common,
  entryPoints: ["src/index.ts", "src/drawing-worker.ts"],
  // What is loaded when first shown is a file of its own; a name tells what it holds, so that
  // a page that is still open never loads part of another version.
  splitting: true,
  chunkNames: "[name]-[hash]",
  format: "esm",
});
// A report is one file, and stands in it as one script.
const report = await build({ ...common, entryPoints: ["src/report.ts"], format: "iife" });

/** The packages whose files ended up in the bundle, `@scope/name` or `name`. */
function bundledPackages(metafile) {
  const used = Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs));
  const names = used.map((path) => path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1]);
  return [...new Set(names.filter(Boolean))].sort();
}

async function licenceOf(name) {
  const folder = join(here, "node_modules", name);
  const { version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  if (!file) throw new Error(`${name}: no licence file to carry along`);
  const text = (await readFile(join(folder, file), "utf8")).trim();
  return `${name} ${version} (${license})\n${"-".repeat(60)}\n${text}\n`;
}

const licences = await Promise.all(bundledPackages(result.metafile).map(licenceOf));
await mkdir(out, { recursive: true });
await writeFile(join(out, "THIRD_PARTY_LICENSES.txt"), licences.join("\n\n"));
for (const [path, { bytes }] of Object.entries({
  ...result.metafile.outputs,
  ...report.metafile.outputs,
})) {
  console.log(`${basename(path)}: ${Math.round(bytes / 1024)} KiB`);
}
