import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildStudio } from "../../scripts/build-studio.js";
import { StaticHost, Visitor } from "./site.js";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "fewstep-studio-"));
let host: StaticHost;
let visitor: Visitor;
beforeAll(async () => {
  await buildStudio(join(folder, "site"), ["drifting-fashion", "sphere-fashion", "duo-names"]);
  host = await StaticHost.start(join(folder, "site"), "/some/where/");
  visitor = await Visitor.open();
  await visitor.arrive(host.url);
});
afterAll(async () => {
  await visitor?.close();
  await host?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const TILE = ".wall li:nth-child(1) canvas";
/** Largest difference of a channel between two pictures, in levels. */
const apart = (a: readonly number[], b: readonly number[]): number => {
  expect(b.length).toBe(a.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
};

test("the wall draws under a base path, and follows class and guidance", async () => {
  const { page } = visitor;
  await page.goto(`${host.url}#/play?model=drifting-fashion&seed=7`);
  await visitor.drawn(TILE);
  const before = await visitor.pixels(TILE);
  await page.getByRole("radio", { name: "Sneaker" }).check();
  await page.waitForFunction(
    ([selector, old]) => {
      const canvas = document.querySelector<HTMLCanvasElement>(selector as string)!;
      const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
      return (old as number[]).some((value, i) => Math.abs(value - data[i]) > 40);
    },
    [TILE, before] as const,
  );
  expect(page.url()).toContain("label=7");
  await visitor.expectGood();
});

test("a deep link restores the state, and back and forward go through what was chosen", async () => {
  const { page } = visitor;
  await page.goto(`${host.url}#/play?model=drifting-fashion&seed=40&label=8&guidance=2.50`);
  await expect.poll(() => page.getByLabel("Guidance").inputValue()).toBe("2.5");
  expect(await page.getByRole("radio", { name: "Bag" }).isChecked()).toBe(true);
  await page.getByRole("radio", { name: "Dress" }).check();
  await page.goBack();
  await expect.poll(() => page.getByRole("radio", { name: "Bag" }).isChecked()).toBe(true);
  await page.goForward();
  await expect.poll(() => page.getByRole("radio", { name: "Dress" }).isChecked()).toBe(true);
});

test("a link to a model that is not here says so, and numbers that cannot be are brought to what can", async () => {
  const { page } = visitor;
  await page.goto(`${host.url}#/play?model=nowhere&seed=7`);
  await page
    .getByText("There is no model “nowhere” here that this page can use; what you see is of drifting-fashion")
    .waitFor();
  await page.goto(`${host.url}#/play?model=sphere-fashion&steps=1.7&guidance=`);
  await visitor.drawn(TILE);
  expect(await page.getByRole("alert").count()).toBe(0);
  await page.getByRole("button", { name: "Code for this picture" }).click();
  expect(await page.getByTestId("command").textContent()).toMatch(/ --label 0 --steps 2 --out/);
  await page.getByRole("button", { name: "Close" }).click();
});

test("the command and the TypeScript that are copied make the picture that is shown", async () => {
  const { page } = visitor;
  await page.goto("about:blank"); // so that what is drawn is of this address
  await page.goto(`${host.url}#/play?model=drifting-fashion&seed=11&label=9&guidance=1.50&style=3,0,5,1&keep=11.9`);
  await visitor.drawn("[data-testid=pad] canvas");
  await page.getByRole("button", { name: "Code for this picture" }).click();
  const command = await page.getByTestId("command").textContent();
  const code = await page.getByTestId("typescript").textContent();
  await page.getByRole("button", { name: "Close" }).click();
  const shown = await visitor.pixels("[data-testid=pad] canvas");
  const made = await commandPicture(command!);
  expect(apart(shown, made)).toBeLessThanOrEqual(2);
  expect(apart(shown, await codePicture(code!))).toBeLessThanOrEqual(2);
});

test("kept pictures become a pad, whose picture follows and is what its TypeScript makes", async () => {
  const { page } = visitor;
  await page.goto(`${host.url}#/play?model=drifting-fashion&seed=7`);
  await visitor.drawn(TILE);
  for (const index of [1, 8, 10]) await page.locator(`.wall li:nth-child(${index}) button`).click();
  const pad = page.getByTestId("pad");
  await expect.poll(() => pad.getAttribute("role")).toBe("application");
  const before = await visitor.pixels("[data-testid=pad] canvas");
  const box = (await pad.boundingBox())!;
  for (let i = 0; i <= 19; i++) await page.mouse.move(box.x + (box.width * i) / 20, box.y + box.height * 0.3);
  await expect.poll(async () => apart(before, await visitor.pixels("[data-testid=pad] canvas"))).toBeGreaterThan(30);
  expect(page.url()).toMatch(/keep=7\.0_14\.7_16\.9/);
  await expect.poll(() => page.url()).toMatch(/x=0\.950&y=0\.300/);
  await page.getByRole("button", { name: "Code for this picture" }).click();
  const code = await page.getByTestId("typescript").textContent();
  await page.getByRole("button", { name: "Close" }).click();
  expect(apart(await visitor.pixels("[data-testid=pad] canvas"), await codePicture(code!))).toBeLessThanOrEqual(2);
  await visitor.expectGood();
});

test("two pictures have children, and the one that is clicked stands on the pad", async () => {
  const { page } = visitor;
  await page.goto("about:blank"); // so that what is drawn is of this address
  await page.goto(`${host.url}#/play?model=drifting-fashion&seed=7&of=7.0_9.2`);
  const child = ".wall li:nth-child(9) canvas";
  await page.getByRole("button", { name: /^Child 9 of T-shirt\/top, seed 7 and Pullover, seed 9$/ }).waitFor();
  await visitor.drawn(child);
  await page.locator(".wall li:nth-child(9) button").click();
  const wanted = await visitor.pixels(child);
  await expect.poll(async () => apart(wanted, await visitor.pixels("[data-testid=pad] canvas"))).toBeLessThanOrEqual(2);
  await page.goto(`${host.url}#/play?model=drifting-fashion&seed=7&keep=7.0_14.7_16.9`);
});

test("what the pad shows is recorded, and saved as an animated PNG", async () => {
  const { page } = visitor;
  await page.getByRole("button", { name: "Record" }).click();
  const pad = page.getByTestId("pad");
  await pad.focus();
  for (let i = 0; i < 6; i++) {
    await page.keyboard.press("Shift+ArrowLeft");
    await page.waitForTimeout(60);
  }
  await page.getByRole("button", { name: "frames, stop" }).click();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Animated PNG" }).click(),
  ]);
  const film = readFileSync(await download.path());
  expect(film.subarray(1, 4).toString()).toBe("PNG");
  expect(film.includes("acTL")).toBe(true);
});

test("without a network the page still loads, changes model among those it knows, and draws", async () => {
  const { page } = visitor;
  await page.goto(`${host.url}#/play?model=sphere-fashion&steps=1`);
  await visitor.drawn(TILE);
  await page.waitForFunction("navigator.serviceWorker.controller !== null");
  await expect
    .poll(() => page.evaluate(async () => (await (await caches.open("fewstep-studio")).keys()).length))
    .toBeGreaterThan(8);
  const address = host.url;
  await host.stop();
  await page.goto(`${address}#/play?model=drifting-fashion&seed=3`);
  await page.reload();
  await visitor.drawn(TILE);
  await page.getByRole("link", { name: "Models" }).click();
  await expect.poll(() => page.getByRole("link", { name: /^sphere-fashion/ }).count()).toBe(1);
});

/** RGBA of the picture that a command line of the studio makes. */
async function commandPicture(command: string): Promise<number[]> {
  const [npx, fewstep, ...args] = command.split(" ");
  expect([npx, fewstep]).toEqual(["npx", "fewstep"]);
  await run(process.execPath, [join(root, "dist/cli/main.js"), ...args], { cwd: folder });
  return rgba(join(folder, "picture.png"));
}

/** RGBA of the picture that TypeScript of the studio makes. */
async function codePicture(code: string): Promise<number[]> {
  const script = join(folder, "picture.mjs");
  writeFileSync(script, code.replaceAll('"fewstep"', JSON.stringify(join(root, "dist/index.js"))));
  await run(process.execPath, [script], { cwd: folder });
  return rgba(join(folder, "picture.png"));
}

/** A file's pixels, each once: a small picture is saved enlarged. */
const rgba = async (path: string): Promise<number[]> => [
  ...(await sharp(path).resize(28, 28, { kernel: "nearest" }).toColourspace("srgb").ensureAlpha().raw().toBuffer()),
];
