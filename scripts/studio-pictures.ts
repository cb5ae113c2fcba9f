/**
 * Pictures of the studio's pages for docs/studio, after `npm run build`:
 * `npx tsx scripts/studio-pictures.ts [--runs <folder with a run drifting-fashion>] [--models <folder of more models>] [page…]`.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs, promisify } from "node:util";
import type { Page } from "playwright-core";
import sharp from "sharp";
import { ended, main, startStudio } from "../test/server/runs/serving.js";
import { StaticHost, Visitor } from "../test/studio/site.js";
import { buildStudio } from "./build-studio.js";

interface Shot {
  hash: string;
  /** What the page is made to do first. */
  act?(page: Page): Promise<void>;
  /** Seconds until the picture is taken. */
  wait: number;
}
/** What stands in the history of the page Ask. */
const ASKED = [
  "draw=crowd&seed=40&q=how+many+things+are+not+red",
  "draw=chart&seed=3&q=which+bar+is+the+tallest",
  "draw=digits&seed=5&q=what+is+the+digit+at+the+top+left",
  "draw=odd&seed=5&q=which+thing+is+the+odd+one+out",
  "draw=crowd&seed=12&q=how+many+rings+and+squares+are+there+together",
  "draw=crowd&seed=12&q=where+is+the+green+thing",
];
const PAGES: Record<string, Shot> = {
  play: { hash: "#/play?model=drifting-emoji&seed=40&keep=40.0_52.3_45.5_42.2&x=0.3&y=0.3", wait: 5 },
  edit: { hash: "#/edit?model=sphere-fashion&verb=vary", wait: 7 },
  text: { hash: "#/text?model=duo-text&steps=24", wait: 14 },
  compare: { hash: "#/compare", wait: 14 },
  learn: {
    hash: "#/learn",
    act: (page) => page.getByRole("region", { name: "Points" }).getByRole("button", { name: "Train" }).click(),
    wait: 16,
  },
  move: {
    hash: "#/move?model=walker&seed=4",
    act: async (page) => {
      await page.waitForFunction(
        () => Number(document.querySelector('[data-testid="stage"]')?.getAttribute("data-frame")) > 60,
        undefined,
        { timeout: 180_000 },
      );
      await page.getByTestId("say").fill("a person waves with the left hand");
      await page.keyboard.press("Enter");
    },
    wait: 12,
  },
  talk: {
    hash: "#/talk?model=talk&relation=friend&a=1.2,0.5,0,-1,0.3&seed=1",
    act: async (page) => {
      await page.waitForFunction(
        () => Number(document.querySelector('[data-testid="stage"]')?.getAttribute("data-frame")) > 150,
        undefined,
        { timeout: 180_000 },
      );
    },
    wait: 4,
  },
  ask: {
    hash: "#/ask?model=seer",
    act: async (page) => {
      for (const [i, asked] of ASKED.entries()) {
        await page.evaluate((hash) => void (location.hash = hash), `#/ask?model=seer&${asked}`);
        await page.getByTestId("history").locator("li").nth(i).waitFor();
      }
      await page.getByTestId("board").getByRole("button").nth(5).click();
      await page.mouse.move(0, 0);
    },
    wait: 2,
  },
  diagnose: {
    hash: "#/diagnose",
    act: async (page) => {
      await page.getByTestId("files").setInputFiles(await diagnosed());
      await page.getByTestId("gallery").waitFor();
    },
    wait: 2,
  },
  models: { hash: "#/models?model=drifting-fashion", wait: 3 },
};

/** What the shipped model lacks, as the command line says it; asked once. */
async function diagnosed(): Promise<string> {
  const path = join(folder, "seer.json");
  if (existsSync(path)) return path;
  const { stdout } = await promisify(execFile)(process.execPath, [
    main,
    "diagnose",
    "seer",
    "--count",
    "100",
    "--json",
  ]);
  writeFileSync(path, stdout);
  return path;
}
const LOOKS = { light: {}, dark: { dark: true }, phone: { width: 390, height: 844 } };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: "string" }, models: { type: "string" } },
});
const folder = mkdtempSync(join(tmpdir(), "fewstep-pictures-"));
const out = resolve("docs/studio");
mkdirSync(out, { recursive: true });
await buildStudio(join(folder, "site"), undefined, values.models ? [resolve(values.models)] : []);
const host = await StaticHost.start(join(folder, "site"));
const studio = values.runs ? await startStudio(folder, resolve(values.runs)) : null;
const pages: [string, Shot, string][] = Object.entries(PAGES).map(([name, shot]) => [name, shot, host.url]);
if (studio) pages.push(["runs", { hash: "#/runs?run=drifting-fashion", wait: 4 }, `${studio.address}/`]);
for (const [look, options] of Object.entries(LOOKS)) {
  const visitor = await Visitor.open(options);
  await visitor.page.goto(`${host.url}#/models`);
  await visitor.page.waitForFunction("self.crossOriginIsolated");
  for (const [name, { hash, act, wait }, url] of pages) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    await visitor.page.goto(`${url}${hash}`);
    await act?.(visitor.page);
    await visitor.page.waitForTimeout(1000 * wait);
    const file = `${name}-${look}.webp`;
    await sharp(await visitor.page.screenshot())
      .webp({ quality: 80 })
      .toFile(join(out, file));
    console.log(file, ...visitor.problems.splice(0));
  }
  await visitor.close();
}
await host.stop();
if (studio) await ended(studio.process, "SIGTERM");
rmSync(folder, { recursive: true, force: true });
