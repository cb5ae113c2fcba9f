import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, type Metafile } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildWeb } from "../scripts/build-web.js";

const folder = mkdtempSync(join(tmpdir(), "fewstep-web-"));
let outputs: Metafile["outputs"];
beforeAll(async () => {
  ({ outputs } = await buildWeb(folder));
});
afterAll(() => rmSync(folder, { recursive: true }));

const inputs = (output: Metafile["outputs"][string]) => Object.keys(output.inputs);

test("browsers are given nothing that needs Node.js, and of other packages only these", () => {
  const asked = Object.values(outputs).flatMap(({ imports }) => imports.filter((i) => i.external));
  expect([...new Set(asked.map(({ path }) => path))].sort()).toEqual([
    "fastest-levenshtein",
    "fflate",
    "fft.js",
    "gpt-tokenizer/bpeRanks/r50k_base",
    "gpt-tokenizer/encoding/r50k_base",
    "onnxruntime-web/wasm",
    "onnxruntime-web/webgpu",
    "zod",
  ]);
});

/** What is loaded at once with an entry and, with `later`, whenever it asks for more. */
function loadedWith(entry: string, later = false): string[] {
  const loaded = new Set([Object.keys(outputs).find((name) => name.endsWith(`/${entry}.js`))!]);
  for (const name of loaded)
    for (const { path, kind, external } of outputs[name].imports)
      if (!external && (later || kind !== "dynamic-import")) loaded.add(path);
  return [...loaded].flatMap((name) => inputs(outputs[name]));
}

test("browsers are given the stages of training with fewstep/training alone, and runs in folders never", () => {
  const training = loadedWith("training", true);
  expect(training).toContain("src/methods/drifting/recipe.ts");
  expect(training).toContain("src/train/loop.ts");
  const all = Object.values(outputs).flatMap(inputs);
  expect(all.filter((file) => /\/train\.ts$|src\/train\/(run|folder|checkpoint|lock)\.ts|src\/cli/.test(file))).toEqual(
    [],
  );
  for (const entry of ["browser", "core", "metrics", "element"]) {
    const files = loadedWith(entry, true);
    expect(files.filter((file) => /stages?\.ts$|src\/train\/(?!settings)/.test(file))).toEqual([]);
  }
});

test("an app that draws loads no optimisers and no metrics", () => {
  const files = loadedWith("browser");
  expect(files.filter((file) => /src\/(optim|metrics|train\/(?!settings))/.test(file))).toEqual([]);
});

test("the worker can be written as a classic script, which cannot wait at its top level", async () => {
  const worker = join(folder, "worker-session.js");
  const { errors } = await build({
    entryPoints: [worker],
    bundle: true,
    format: "iife",
    write: false,
    packages: "external",
    logLevel: "silent",
  });
  expect(errors).toEqual([]);
});

test("what needs Node.js says so where it is called in a browser", async () => {
  const stub = Object.keys(outputs).find((name) => name.includes("needs-node"))!;
  await expect(import(join(folder, stub.split("/").at(-1)!))).rejects.toThrow("needs Node.js");
});
