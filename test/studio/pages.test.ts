import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { buildStudio } from "../../scripts/build-studio.js";
import { StaticHost, Visitor } from "./site.js";

const folder = mkdtempSync(join(tmpdir(), "fewstep-pages-"));
let host: StaticHost;
let visitor: Visitor;
beforeAll(async () => {
  await buildStudio(join(folder, "site"), ["drifting-fashion", "sphere-fashion", "flow-fashion", "duo-names"]);
  host = await StaticHost.start(join(folder, "site"));
  visitor = await Visitor.open();
});
afterAll(async () => {
  await visitor?.close();
  await host?.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => void visitor.problems.splice(0));

const VERSION = "[data-testid=version] canvas";

test("Edit: the model's version follows what is painted, undo takes it back, and a variation can be taken", async () => {
  const { page } = visitor;
  await page.goto(`${host.url}#/edit?model=sphere-fashion`);
  await visitor.drawn(VERSION);
  const before = await visitor.pixels(VERSION);
  const box = (await page.getByTestId("easel").boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.1, box.y + box.height * 0.5);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.9, box.y + box.height * 0.5, { steps: 12 });
  await page.mouse.up();
  await expect.poll(async () => moved(before, await visitor.pixels(VERSION))).toBeGreaterThan(20);
  await page.getByTestId("undo").click();
  await expect.poll(async () => moved(before, await visitor.pixels(VERSION))).toBe(0);
  await page.getByRole("radio", { name: "Vary" }).check();
  await visitor.drawn("[data-testid=result] canvas");
  await page.getByTestId("result").first().click();
  await expect.poll(async () => moved(before, await visitor.pixels(VERSION))).toBeGreaterThan(0);
  await visitor.expectGood();
});

test("Text: every step is kept, and what is pinned stays to the end", async () => {
  const { page } = visitor;
  await page.goto(`${host.url}#/text?model=duo-names&steps=8&seed=3`);
  await expect.poll(() => page.getByTestId("step").textContent(), { timeout: 60_000 }).toMatch(/step 9\s*\/\s*9/);
  const first = await page.getByTestId("reading").textContent();
  expect(first!.trim().length).toBeGreaterThan(1);
  await page.getByTestId("type").fill("zo");
  await page.getByTestId("pin").click();
  await expect.poll(() => page.getByTestId("reading").textContent()).toMatch(/^\s*zo/i);
  await expect.poll(() => page.getByTestId("step").textContent(), { timeout: 60_000 }).toMatch(/step 9\s*\/\s*9/);
  expect(await page.getByTestId("reading").textContent()).toMatch(/^\s*zo/i);
  await page.getByTestId("scrub").fill("2");
  await expect.poll(() => page.getByTestId("step").textContent()).toMatch(/step [23]\s*\//);
  await visitor.expectGood();
});

test("Compare: models of one data set side by side, with time and the card's figure", async () => {
  const { page } = visitor;
  await page.goto(`${host.url}#/compare?steps=1`);
  await expect.poll(() => page.getByTestId("model").count(), { timeout: 60_000 }).toBe(3);
  await expect
    .poll(() => page.getByTestId("ms").allTextContents(), { timeout: 90_000 })
    .toSatisfy((all: string[]) => all.length >= 3 && all.every((text) => /^\d/.test(text)));
  await page.getByTestId("chart").waitFor();
  await visitor.expectGood();
});

test("Learn: points are learnt in the page, and the distance of both models falls", async () => {
  const { page } = visitor;
  await page.goto(`${host.url}#/learn`);
  const panel = page.getByRole("region", { name: "Points" });
  await panel.getByRole("button", { name: "Train" }).click();
  const cells = panel.locator("tbody tr:first-child td");
  const figures = async () => (await cells.allTextContents()).map(Number.parseFloat);
  await expect.poll(async () => (await figures()).length, { timeout: 60_000 }).toBe(3);
  const start = await figures();
  await expect
    .poll(
      async () => {
        const [drifting, flow] = await figures();
        return drifting < start[0] / 2 && flow < start[1] / 2;
      },
      { timeout: 90_000 },
    )
    .toBe(true);
  await panel.getByRole("button", { name: "Pause" }).click();
  await panel.getByRole("button", { name: "Resume" }).waitFor();
  await visitor.expectGood();
});

test("Models: a card is read, and a model of one's own is taken from its files and drawn with", async () => {
  const { page } = visitor;
  await page.goto(`${host.url}#/models?model=drifting-fashion`);
  await page.getByRole("heading", { name: "Measured" }).waitFor();
  await visitor.expectGood();
  const files = ["config.json", "model.safetensors"].map((name) => ({
    name,
    mimeType: "application/octet-stream",
    buffer: readFileSync(join(folder, "site/models/drifting-fashion", name)),
  }));
  await page.locator('input[type="file"]').setInputFiles(files.slice(0, 1));
  await expect.poll(() => page.getByRole("alert").textContent()).toContain("the weights are missing");
  await page.locator('input[type="file"]').setInputFiles(files);
  await page.getByRole("link", { name: "Use it" }).click();
  await visitor.drawn(".wall li:nth-child(1) canvas");
  expect(page.url()).toContain("yours");
  expect(visitor.problems).toEqual([]);
});

test("a phone, in the dark: no page is wider than the screen", async () => {
  const phone = await Visitor.open({ width: 390, height: 844, dark: true });
  try {
    // A host without the headers for threads: the first visit loads the page once more
    await phone.page.goto(`${host.url}#/models`);
    await phone.page.waitForFunction("self.crossOriginIsolated");
    for (const [name, seen] of Object.entries({
      "play?model=drifting-fashion": ".wall li:nth-child(24) canvas",
      "edit?model=sphere-fashion": VERSION,
      "text?model=duo-names&steps=2": "[data-testid=reading]",
      "compare?steps=1": "[data-testid=chart]",
      learn: "canvas",
      models: "h1",
    })) {
      await phone.page.goto(`${host.url}#/${name}`);
      await phone.page.locator(seen).first().waitFor();
      await phone.page.waitForTimeout(500);
      expect(await phone.page.evaluate("document.documentElement.scrollWidth"), name).toBeLessThanOrEqual(390);
      await phone.expectGood();
    }
  } finally {
    await phone.close();
  }
});

/** Levels by which two pictures differ at most. */
const moved = (a: readonly number[], b: readonly number[]) =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
