import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { buildStudio } from "../scripts/build-studio.js";
import { StaticHost, Visitor } from "../test/studio/site.js";
import { type BenchOptions, load, machine, median, round, table } from "./report.js";

/** Models whose pad is measured: those of one evaluation a picture. */
const MODELS = ["drifting-fashion", "drifting-emoji", "drifting-cifar10", "sphere-fashion", "sphere-emoji"];
/** How long the pointer moves over the pad, ms. */
const MOVING = 4000;

interface Watched {
  /** Times at which the pad's canvas had another picture, ms. */
  pictures: number[];
  /** Tasks of the main thread above 50 ms, ms. */
  long: number[];
}

/**
 * The studio's page in Chromium: time to its first picture, JavaScript that it loads until then, and, while the pointer
 * moves over a pad of four pictures, the pictures that it shows in a second and the longest task of its main thread.
 */
export async function run({ note, names, rounds }: BenchOptions) {
  const folder = mkdtempSync(join(tmpdir(), "fewstep-bench-studio-"));
  await buildStudio(folder, MODELS);
  const host = await StaticHost.start(folder);
  try {
    const first: number[] = [];
    const loaded = new Set<string>();
    for (let i = 0; i < rounds; i++) {
      const visitor = await Visitor.open();
      visitor.context.on("request", (request) => loaded.add(new URL(request.url()).pathname.split("/").at(-1)!));
      // The service worker's first visit loads the page twice where the host sends no headers; a server of ours sends them.
      await visitor.page.goto(`${host.url}#/models`);
      await visitor.page.waitForFunction("self.crossOriginIsolated && navigator.serviceWorker.controller");
      const start = performance.now();
      loaded.clear();
      await visitor.page.goto("about:blank");
      await visitor.page.goto(`${host.url}#/play?model=drifting-fashion`);
      await visitor.drawn(".wall li canvas");
      first.push(performance.now() - start);
      await visitor.close();
    }
    const rows = [];
    for (const model of names.length > 0 ? names : MODELS) {
      note(model);
      const visitor = await Visitor.open();
      try {
        rows.push({ model, ...(await padOf(visitor, host.url, model)) });
      } finally {
        await visitor.close();
      }
    }
    return {
      machine: machine(),
      load: load(),
      firstPictureMs: round(median(first)),
      script: scriptBytes(folder, loaded),
      rows,
    };
  } finally {
    await host.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function padOf(visitor: Visitor, url: string, model: string) {
  const { page } = visitor;
  await page.goto(`${url}#/play?model=${model}&steps=1`);
  await visitor.drawn(".wall li:nth-child(1) canvas");
  for (const index of [1, 8, 10, 13]) await page.locator(`.wall li:nth-child(${index}) button`).click();
  await page.waitForTimeout(1500);
  await page.evaluate(() => {
    const watched: Watched = { pictures: [], long: [] };
    (window as unknown as { watched: Watched }).watched = watched;
    new PerformanceObserver((list) => watched.long.push(...list.getEntries().map(({ duration }) => duration))).observe({
      type: "longtask",
    });
    const canvas = document.querySelector<HTMLCanvasElement>("[data-testid=pad] canvas")!;
    const context = canvas.getContext("2d")!;
    const put = context.putImageData.bind(context) as (image: ImageData, x: number, y: number) => void;
    context.putImageData = ((image: ImageData) => {
      watched.pictures.push(performance.now());
      put(image, 0, 0);
    }) as typeof context.putImageData;
  });
  const box = (await page.getByTestId("pad").boundingBox())!;
  const start = Date.now();
  for (let i = 0; Date.now() - start < MOVING; i++) {
    const angle = i / 20;
    await page.mouse.move(
      box.x + box.width * (0.5 + 0.45 * Math.cos(angle)),
      box.y + box.height * (0.5 + 0.45 * Math.sin(1.3 * angle)),
    );
  }
  const { pictures, long } = await page.evaluate(() => (window as unknown as { watched: Watched }).watched);
  const gaps = pictures.slice(1).map((time, i) => time - pictures[i]);
  return {
    perSecond: round((pictures.length / MOVING) * 1000),
    frameMs: round(median(gaps)),
    longestTaskMs: round(Math.max(0, ...long)),
    eachMs: Number(
      await page
        .getByTestId("ms")
        .textContent()
        .then((text) => Number.parseFloat(text ?? "")),
    ),
  };
}

/** Compressed bytes of the scripts that a visit has loaded, without the runtime's, of the page itself and of its worker. */
function scriptBytes(folder: string, loaded: ReadonlySet<string>): { page: number; worker: number } {
  const bytes = (names: readonly string[]) =>
    names.reduce((sum, name) => sum + gzipSync(readFileSync(join(folder, "assets", name))).length, 0);
  const own = [...loaded].filter((name) => name.endsWith(".js") && !name.startsWith("ort."));
  const ofWorker = (name: string) => name.includes("-worker");
  return { page: bytes(own.filter((name) => !ofWorker(name))), worker: bytes(own.filter(ofWorker)) };
}

export function show({
  machine: where,
  load: busy,
  firstPictureMs,
  script,
  rows,
}: Awaited<ReturnType<typeof run>>): string {
  const head = `${where.cpu}, load ${busy}\nFirst picture after ${firstPictureMs} ms; JavaScript, compressed, without the runtime: ${(script.page / 1e3).toFixed(0)} KB of the page, ${(script.worker / 1e3).toFixed(0)} KB of its worker.`;
  const lines = rows.map(({ model, perSecond, frameMs, longestTaskMs, eachMs }) => [
    model,
    perSecond,
    frameMs,
    eachMs,
    longestTaskMs,
  ]);
  return `${head}\n${table(["model", "pictures/s on the pad", "ms between", "ms each on the wall", "longest task, ms"], lines)}`;
}
