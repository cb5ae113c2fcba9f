/** Bundles the page and serves it: `npx tsx examples/browser/serve.ts [model folder]`. */
import { cpSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { context } from "esbuild";
import { withoutNode } from "../../scripts/build-web.js";

const here = import.meta.dirname;
const model = process.argv[2] ?? join(here, "../../models/drifting-fashion");
const site = resolve("out/browser");

rmSync(site, { recursive: true, force: true });
mkdirSync(join(site, "ort"), { recursive: true });
cpSync(join(here, "index.html"), join(site, "index.html"));
for (const file of ["config.json", "model.safetensors"]) cpSync(join(model, file), join(site, "model", file));
const ort = dirname(createRequire(import.meta.url).resolve("onnxruntime-web"));
for (const file of readdirSync(ort)) if (file.startsWith("ort-wasm")) cpSync(join(ort, file), join(site, "ort", file));

// The worker is a script of its own, beside the page's
const entryPoints = {
  main: join(here, "main.ts"),
  "generator-worker": join(here, "../../src/web/generator-worker.ts"),
};
const bundler = await context({
  entryPoints,
  bundle: true,
  splitting: true,
  format: "esm",
  target: "es2022",
  outdir: site,
  define: { process: "undefined" },
  plugins: [await withoutNode(entryPoints)],
});
const { port } = await bundler.serve({ host: "127.0.0.1", servedir: site });
console.log(`http://127.0.0.1:${port}/`);
