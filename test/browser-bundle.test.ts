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
    "gpt-tokenizer/bpeRanks/r50k_base",
    "gpt-tokenizer/encoding/r50k_base",
    "onnxruntime-web/wasm",
    "onnxruntime-web/webgpu",
    "zod",
  ]);
});

test("browsers are given no recipes of training, which need Node.js", () => {
  const files = Object.values(outputs).flatMap(inputs);
  expect(files).toContain("src/methods/drifting/model.ts");
  expect(files.filter((file) => /\/train\.ts$|stages?\.ts$|src\/train\/(?!settings)|src\/cli/.test(file))).toEqual([]);
});

test("an app that draws loads no optimisers and no metrics", () => {
  const names = Object.keys(outputs);
  const entry = names.find((name) => name.endsWith("/browser.js"))!;
  const loaded = new Set([entry]);
  for (const name of loaded)
    for (const { path, kind, external } of outputs[name].imports)
      if (!external && kind !== "dynamic-import") loaded.add(path);
  const files = [...loaded].flatMap((name) => inputs(outputs[name]));
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
