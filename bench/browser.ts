import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { buildStandalone } from "../scripts/build-web.js";
import type * as Fewstep from "../src/browser.js";
import { generatorArchitecture } from "../src/methods/drifting/network.js";
import { loadModel } from "../src/methods/load.js";
import { readModel } from "../src/models/files.js";
import { difference, openBrowser, openSite, ortFolder, root, type Site } from "../test/web/site.js";
import { type BenchOptions, load, machine, median, round, table } from "./report.js";

const MODELS = ["drifting-fashion", "drifting-emoji", "drifting-cifar10", "sphere-fashion", "sphere-emoji"];
/** Other libraries: the page that measures each, and its package. */
const PEERS: Record<string, { page: string; name: string }> = {
  "TensorFlow.js": { page: "tfjs-page", name: "@tensorflow/tfjs" },
  "jax-js": { page: "jax-js-page", name: "@jax-js/jax" },
};
const SEED = 7;
/** What all engines draw. */
const ASKED = { label: 7, guidance: 1.5, style: [3, 1, 4, 1] };

declare const fewstep: typeof Fewstep;
interface Measured {
  ms: number[];
  pixels: number[];
  threads: number;
}
interface Own extends Measured {
  device: string;
  /** From the call of `createGenerator` to the first picture, nothing being kept. */
  first: number;
}

/**
 * Milliseconds for one picture in Chromium: the shipped one-step models, and the network of drifting-fashion beside
 * other libraries. Each measurement has a page of its own, which is closed after it; rounds alternate.
 */
export async function run({ note, quick, threads, rounds }: BenchOptions) {
  const folder = mkdtempSync(join(tmpdir(), "fewstep-bench-"));
  const times = quick ? 30 : 100;
  let site: Site | undefined;
  const browser = await openBrowser();
  try {
    await buildStandalone(join(folder, "fewstep"));
    const peers = quick ? [] : await preparePeers(folder);
    site = await openSite({
      "/": folder,
      "/fewstep/": ortFolder,
      "/models/": join(root, "models"),
      "/tfjs/": join(import.meta.dirname, "node_modules/@tensorflow/tfjs-backend-wasm/dist"),
    });
    const noise = await serveWeights(site);

    /** Opens a page with a module and measures there. */
    async function onPage<T>(script: string, act: (options: object) => Promise<T>, options: object): Promise<T> {
      // What is sent to the page is compiled with names kept, by a helper that the page lacks
      const head = "<!doctype html><title>bench</title><script>globalThis.__name = (made) => made;</script>";
      site!.files.set("/index.html", `${head}<script type="module">${script}</script>`);
      const page = await browser.context.newPage();
      try {
        await page.goto(site!.url);
        await page.waitForFunction("globalThis.fewstep ?? globalThis.measure", undefined, { timeout: 60_000 });
        return await page.evaluate(act, options);
      } finally {
        await page.close();
      }
    }
    const ours = (model: string, device: "wasm" | "auto", asked: object = {}, limit = threads) =>
      onPage<Own>(
        'import * as fewstep from "/fewstep/fewstep.js"; globalThis.fewstep = fewstep;',
        drawOurs as (options: object) => Promise<Own>,
        { model, device, threads: limit, times, seed: SEED, asked },
      );

    const models = [];
    for (const model of MODELS) {
      note(model);
      const found = [await ours(model, "wasm")];
      const auto = await ours(model, "auto");
      if (auto.device === "webgpu") found.push(auto);
      for (const { ms, device, threads, first } of found)
        models.push({ model, device, threads, ...summary(ms), firstMs: round(first) });
    }

    const contenders: Record<string, () => Promise<Measured>> = {
      fewstep: () => ours("drifting-fashion", "wasm", ASKED),
      ...(threads > 1 && { "fewstep, one thread": () => ours("drifting-fashion", "wasm", ASKED, 1) }),
      ...Object.fromEntries(
        peers.map((name) => [
          name,
          () => {
            const measure = (options: object) =>
              (globalThis as unknown as { measure(options: object): Promise<Measured> }).measure(options);
            const script = `import "/peers/${PEERS[name].page}.js";`;
            return onPage(script, measure, { threads, times, asked: { ...ASKED, noise } });
          },
        ]),
      ),
    };
    const all: Record<string, Measured[]> = {};
    for (let i = 0; i < rounds; i++)
      for (const [name, measure] of Object.entries(contenders)) {
        note(`drifting-fashion in ${name}, round ${i + 1} of ${rounds}`);
        (all[name] ??= []).push(await measure());
      }
    const reference = all.fewstep[0].pixels;
    const engines = Object.entries(all).map(([engine, measured]) => ({
      engine,
      version: PEERS[engine] ? versionOf(PEERS[engine].name) : "this one",
      threads: measured[0].threads,
      ms: round(median(measured.map(({ ms }) => median(ms)))),
      fastest: round(Math.min(...measured.flatMap(({ ms }) => ms))),
      // Two pictures are compared pixel by pixel in [−1, 1]
      difference: difference(measured[0].pixels, reference),
    }));
    return { machine: machine(), load: load(), threads, models, engines };
  } finally {
    await browser.close();
    site?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const versionOf = (name: string): string =>
  JSON.parse(readFileSync(join(import.meta.dirname, "node_modules", name, "package.json"), "utf8")).version;

const summary = (ms: readonly number[]) => {
  const sorted = ms.toSorted((a, b) => a - b);
  return { ms: round(median(ms)), ms95: round(sorted[Math.floor(0.95 * sorted.length)]), fastest: round(sorted[0]) };
};

/** Runs on the page. */
async function drawOurs({
  model,
  device,
  threads,
  times,
  seed,
  asked,
}: {
  model: string;
  device: "wasm" | "auto";
  threads: number;
  times: number;
  seed: number;
  asked: object;
}): Promise<Own> {
  const start = performance.now();
  const generator = await fewstep.createGenerator(`/models/${model}`, { kind: "image", device, threads, cache: false });
  const draw = (i: number) => generator.sample({ seed: i, ...asked });
  await draw(0);
  const first = performance.now() - start;
  const ms = [];
  for (let i = -5; i < times; i++) {
    const began = performance.now();
    await draw(i + 5);
    if (i >= 0) ms.push(performance.now() - began);
  }
  const pixels = [...(await draw(seed)).images.pixels];
  const found = { ms, pixels, first, device: generator.device as string, threads: generator.threads };
  await generator.dispose();
  return found;
}

/** The peers' pages, bundled; those that are not installed are left out. */
async function preparePeers(folder: string): Promise<string[]> {
  if (!existsSync(join(import.meta.dirname, "node_modules"))) return [];
  const entryPoints = Object.values(PEERS).map(({ page }) => join(import.meta.dirname, `peers/${page}.mjs`));
  const options = { bundle: true, format: "esm", platform: "browser", target: "es2022", minify: true } as const;
  await build({ ...options, entryPoints, splitting: true, outdir: join(folder, "peers"), logLevel: "error" });
  return Object.keys(PEERS);
}

/** Serves the weights of drifting-fashion for the peers, and gives the noise of the picture that all draw. */
async function serveWeights({ files }: Site): Promise<number[]> {
  const { weights } = await readModel("drifting-fashion", () => generatorArchitecture);
  const names = Object.keys(weights);
  files.set("/weights.json", JSON.stringify(Object.fromEntries(names.map((name) => [name, weights[name].shape]))));
  const bytes = names.map((name) => Buffer.from(Float32Array.from(weights[name].data).buffer));
  files.set("/weights.bin", Buffer.concat(bytes));
  const model = await loadModel("drifting-fashion", { device: "wasm" });
  const noise = [...model.drawNoise({ seed: SEED })];
  await model.release();
  return noise;
}

export const show = ({ models, engines }: Awaited<ReturnType<typeof run>>): string =>
  [
    table(
      ["model", "device", "threads", "ms, median", "ms, 95th percentile", "fastest", "first picture, ms"],
      models.map((row) => Object.values(row)),
    ),
    table(
      ["drifting-fashion in", "version", "threads", "ms, median", "fastest", "largest difference"],
      engines.map((row) => Object.values(row)),
    ),
  ].join("\n");
