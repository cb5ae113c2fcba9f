import { readdirSync, statSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { build as esbuild } from "esbuild";
import { type Browser, chromium } from "playwright-core";
import { build as vite } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";
import webpack from "webpack";
import { QUICKLY, requireBrowser } from "../runtime/devices/browser.js";
import { openSite } from "../web/site.js";
import { type App, packedApp, root } from "./packed.js";

/**
 * The app: it draws two pictures with a model from the server, by `loadModel` in the page or with a session's worker, or
 * by `createGenerator` with the whole model in a worker; and it has the element.
 */
const APP = `
import { createGenerator, loadModel, setWasmFolder } from "fewstep/browser";
import "fewstep/element";
globalThis.generate = async ({ wasm }) => {
  if (wasm) setWasmFolder(wasm);
  const generator = await createGenerator("models/drifting-fashion", { kind: "image", device: "wasm", worker: true });
  const pictures = await generator.sample({ count: 2, label: "sneaker", seed: 7 });
  const { threads } = generator;
  await generator.dispose();
  return { pixels: Array.from(pictures.imageData(1).data).filter((_, i) => i % 4 === 0), threads };
};
globalThis.draw = async ({ wasm, worker }) => {
  if (wasm) setWasmFolder(new URL(wasm, document.baseURI).href);
  const model = await loadModel("/models/drifting-fashion", { device: "wasm", worker });
  try {
    const images = await model.sample({ count: 2, label: "sneaker", seed: 7 });
    return Array.from(images.toRgba(1)).filter((_, i) => i % 4 === 0);
  } finally {
    await model.release();
  }
};
`;

/**
 * Bytes of JavaScript that an app may carry, minified, in all: what there is (547,618) and 5 %. The glTF writer among it is
 * loaded only when a motion is saved.
 */
const MOST = 575_000;

let app: App;
let browser: Browser;
let expected: number[];
beforeAll(async () => {
  app = await packedApp();
  writeFileSync(join(app.folder, "app.js"), APP);
  writeFileSync(join(app.folder, "package.json"), '{ "type": "module" }');
  browser = await chromium.launch({ executablePath: (await requireBrowser()).path, args: ["--no-sandbox", QUICKLY] });
  const { loadModel } = await import("../../src/index.js");
  const model = await loadModel("drifting-fashion", { kind: "image", device: "wasm" });
  expected = [...(await model.sample({ count: 2, label: "sneaker", seed: 7 })).toRgba(1)].filter((_, i) => i % 4 === 0);
  await model.release();
});
afterAll(async () => {
  await browser?.close();
  app?.remove();
});

const files = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => statSync(join(folder, name)).isFile());

interface Generated {
  pixels: number[];
  threads: number;
}

/**
 * Opens a built app, whose page loads its module `script`, and draws with it: in the page, with a session's worker, and
 * with the whole model in a worker, which has threads where the page is isolated.
 */
async function expectDrawn(folder: string, script: string, options: { wasm?: string } = {}): Promise<void> {
  const ort = join(root, "node_modules/onnxruntime-web/dist");
  const site = await openSite({ "/": folder, "/models/": join(root, "models"), "/ort/": ort });
  site.files.set("/index.html", `<!doctype html><title>app</title><script type="module" src="/${script}"></script>`);
  site.files.set("/favicon.ico", "");
  const asked = (more = {}) => JSON.stringify({ ...options, ...more });
  try {
    for (const isolated of [false, true]) {
      site.isolated = isolated;
      const tab = await browser.newPage();
      const errors: string[] = [];
      tab.on("pageerror", ({ message }) => errors.push(message));
      await tab.goto(site.url);
      await tab.waitForFunction("globalThis.draw", undefined, { timeout: 20_000 }).catch(() => {
        throw new Error(`The app did not start: ${errors.join("; ")}`);
      });
      if (!isolated) expectPicture((await tab.evaluate(`draw(${asked()})`)) as number[]);
      expectPicture((await tab.evaluate(`draw(${asked({ worker: true })})`)) as number[]);
      const { pixels, threads } = (await tab.evaluate(`generate(${asked()})`)) as Generated;
      expectPicture(pixels);
      expect(threads).toBe(isolated ? Math.min(4, cpus().length) : 1);
      expect(errors).toEqual([]);
      await tab.close();
    }
  } finally {
    site.close();
  }
}

/** The same picture as Node draws, up to rounding. */
function expectPicture(pixels: readonly number[]): void {
  expect(pixels).toHaveLength(expected.length);
  expect(Math.max(...pixels.map((value, i) => Math.abs(value - expected[i])))).toBeLessThanOrEqual(1);
  expect(new Set(pixels).size).toBeGreaterThan(10);
}

test("Vite's default build of an app draws, in the page and in a worker, is small and carries no runtime that it never uses", async () => {
  writeFileSync(join(app.folder, "index.html"), '<script type="module" src="/app.js"></script>');
  const folder = join(app.folder, "vite");
  await vite({ root: app.folder, logLevel: "error", configFile: false, build: { outDir: folder } });
  const script = files(folder).find((name) => /index-.*\.js$/.test(name))!;
  // With threads Vite's build starts the worker's own script again
  await expectDrawn(folder, script);
  const names = files(folder);
  expect(names.filter((name) => name.endsWith(".wasm")).map((name) => name.replace(/-[^-]*$/, ""))).toEqual([
    "assets/ort-wasm-simd-threaded",
    "assets/ort-wasm-simd-threaded.asyncify",
  ]);
  // Without the runtime, which the worker's script holds too, and the vocabulary of GPT-2, which few models load
  const own = names.filter(
    (name) => name.endsWith(".js") && !/assets\/(ort|worker-session|generator-worker|r50k)/.test(name),
  );
  expect(own.length).toBeGreaterThan(0);
  expect(own.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)).toBeLessThan(MOST);
});

test("webpack's build of an app draws, in the page and in a worker", async () => {
  const folder = join(app.folder, "webpack");
  writeFileSync(join(app.folder, "main.js"), APP.replace("fewstep/browser", "fewstep")); // what browsers get of it
  const compiler = webpack({
    mode: "production",
    context: app.folder,
    entry: "./main.js",
    output: { path: folder },
    performance: false,
    optimization: { minimize: false }, // which takes most of the time, and changes nothing that is tested here
  })!;
  const stats = await new Promise<webpack.Stats>((done, fail) =>
    compiler.run((error, result) => (error ? fail(error) : done(result!))),
  );
  const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
  expect(errors!.map(({ message }) => message)).toEqual([]);
  expect(warnings!.map(({ message }) => message)).toEqual([]);
  await expectDrawn(folder, "main.js");
});

test("plain esbuild bundles an app that draws, in the page and in a worker, with the runtime's files served beside", async () => {
  const folder = join(app.folder, "esbuild");
  const options = {
    bundle: true,
    format: "esm",
    absWorkingDir: app.folder,
    outdir: folder,
    logLevel: "silent",
  } as const;
  const { warnings } = await esbuild({
    ...options,
    entryPoints: {
      app: "app.js",
      ...Object.fromEntries(
        ["worker-session", "generator-worker"].map((name) => [name, `node_modules/fewstep/dist/browser/${name}.js`]),
      ),
    },
  });
  expect(warnings.map(({ text }) => text)).toEqual([]);
  await expectDrawn(folder, "app.js", { wasm: "/ort/" });
});
