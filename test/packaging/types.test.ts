import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type App, packedApp, run } from "./packed.js";

let app: App;
beforeAll(async () => {
  app = await packedApp();
});
afterAll(() => app?.remove());

/** Every entry, and what people do with it; `fewstep/data` is for Node. */
const SOURCE = `
import * as all from "fewstep";
import { loadModel, type ImageGenerator } from "fewstep";
import * as browser from "fewstep/browser";
import { compile, grad, nn, optim } from "fewstep/core";
import * as data from "fewstep/data";
import { FewStepElement } from "fewstep/element";
import * as metrics from "fewstep/metrics";

export async function draw(): Promise<ImageGenerator> {
  const model = await loadModel("drifting-fashion", { kind: "image" });
  const pixels: Float32Array = (await model.sample({ count: 2, label: "boot" })).pixels;
  await browser.loadModel("/models/a");
  const generator = await browser.createGenerator("/models/a", { kind: "image" });
  const data: ImageData = (await generator.sample({ seed: 1 })).imageData();
  const element: FewStepElement = document.createElement("few-step");
  const net = nn.mlp([2, 2]);
  const step = compile({ x: [2, 2] }, ({ x }) => ({ gradients: grad(net(x).mean(), net.parameters) }));
  optim.adamw(net.parameters, { lr: 1 }).update((await step.run({ x: pixels })).gradients);
  // @ts-expect-error: there is no such input, and nothing here is "any"
  await step.run({ y: pixels });
  return model;
}
export const names = [all, data, metrics, FewStepElement];
`;
/** A CommonJS file may require a module since Node 20.19, which TypeScript's node16 does not know of. */
const REQUIRED = `
import { loadModel } from "fewstep";
export const draw = async () => (await loadModel("a", { kind: "image" })).sample();
`;
const IMPORTED = `
export const draw = async () => (await (await import("fewstep")).loadModel("a", { kind: "image" })).sample();
`;

const { ModuleKind, ModuleResolutionKind } = ts;
const cases = [
  {
    name: "bundler",
    sources: { "app.ts": SOURCE },
    options: { module: ModuleKind.ESNext, moduleResolution: ModuleResolutionKind.Bundler },
  },
  {
    name: "node16",
    sources: { "app.mts": SOURCE, "app.cts": IMPORTED },
    options: { module: ModuleKind.Node16, moduleResolution: ModuleResolutionKind.Node16 },
  },
  {
    name: "nodenext",
    sources: { "app.mts": SOURCE, "app.cts": REQUIRED },
    options: { module: ModuleKind.NodeNext, moduleResolution: ModuleResolutionKind.NodeNext },
  },
];

test.each(cases)("types with $name, without skipLibCheck and @types/node", ({ name, sources, options }) => {
  const folder = join(app.folder, name);
  mkdirSync(folder);
  for (const [file, source] of Object.entries(sources)) writeFileSync(join(folder, file), source);
  const program = ts.createProgram(
    Object.keys(sources).map((file) => join(folder, file)),
    {
      ...options,
      target: ts.ScriptTarget.ES2022,
      lib: ["lib.es2023.d.ts", "lib.dom.d.ts"],
      types: [],
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      skipLibCheck: false,
    },
  );
  const faults = ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
    const line = file && file.getLineAndCharacterOfPosition(start).line + 1;
    const place = file ? `${file.fileName.replace(/.*node_modules/, "")}:${line}` : "";
    return `${place} ${ts.flattenDiagnosticMessageText(messageText, " ")}`.slice(0, 300);
  });
  expect(faults).toEqual([]);
});

test("a CommonJS file can require the package", async () => {
  const script = 'console.log(typeof require("fewstep").loadModel, typeof require("fewstep/core").compile)';
  const { stdout } = await run(process.execPath, ["--no-warnings", "-e", script], { cwd: app.folder });
  expect(stdout.trim()).toBe("function function");
});
