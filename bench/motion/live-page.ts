import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildStandalone } from "../../scripts/build-web.js";
import type * as Fewstep from "../../src/browser.js";
import { openBrowser, openSite, ortFolder, root, type Site } from "../../test/web/site.js";
import { round } from "../report.js";
import { type Pace, sessionOf } from "./live.js";

declare const fewstep: typeof Fewstep;

/** The folder of a model's files, by shipped name, or folder of a model or a run. */
function filesOf(model: string): string {
  const places = [join(root, "models", model), resolve(model), resolve(model, "model")];
  const found = places.find((place) => existsSync(join(place, "model.safetensors")));
  if (!found) throw new Error(`There is no model at ${model}.`);
  return found;
}

/** How fast motion comes in Chromium, by WebAssembly, at each pace. */
export async function inBrowser(model: string, paces: readonly Pace[], threads: number) {
  const folder = mkdtempSync(join(tmpdir(), "fewstep-bench-"));
  let site: Site | undefined;
  const browser = await openBrowser();
  try {
    await buildStandalone(join(folder, "fewstep"));
    site = await openSite({ "/": folder, "/fewstep/": ortFolder, "/model/": filesOf(model) });
    // What is sent to the page is compiled with names kept, by a helper that the page lacks
    const head = "<!doctype html><title>bench</title><script>globalThis.__name = (made) => made;</script>";
    const script = 'import * as fewstep from "/fewstep/fewstep.js"; globalThis.fewstep = fewstep;';
    site.files.set("/index.html", `${head}<script type="module">${script}</script>`);
    const rows = [];
    for (const pace of paces) {
      const page = await browser.context.newPage();
      await page.goto(site.url);
      await page.waitForFunction("globalThis.fewstep", undefined, { timeout: 60_000 });
      const { first, speed, used } = await page.evaluate(onPage, { options: sessionOf(pace), threads });
      await page.close();
      rows.push({ ...pace, threads: used, realTime: round(speed), firstMs: round(first) });
    }
    return rows;
  } finally {
    await browser.close();
    site?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs on the page. */
async function onPage({ options, threads }: { options: object; threads: number }) {
  const start = performance.now();
  const generator = await fewstep.createGenerator("/model", { kind: "motion", device: "wasm", threads, cache: false });
  const session = await generator.open({ ...options });
  await session.next();
  const first = performance.now() - start;
  for (let i = 0; i <= session.delay; i++) await session.next();
  const count = 30;
  const began = performance.now();
  for (let i = 0; i < count; i++) await session.next();
  const seconds = (performance.now() - began) / 1000;
  const speed = (count * session.frames) / session.fps / seconds;
  await session.close();
  const used = generator.threads;
  await generator.dispose();
  return { first, speed, used };
}
