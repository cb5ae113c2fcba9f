import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { buildStudio } from "../../scripts/build-studio.js";
import { LanguageModel } from "../../src/judges/language-model/model.js";
import { StaticHost, Visitor } from "./site.js";

const folder = mkdtempSync(join(tmpdir(), "fewstep-pages-"));
let host: StaticHost;
let visitor: Visitor;
beforeAll(async () => {
  const images = ["drifting-fashion", "sphere-fashion", "flow-fashion"];
  await buildStudio(join(folder, "site"), [...images, "duo-names", "duo-text", "judge-text"]);
  host = await StaticHost.start(join(folder, "site"));
  visitor = await Visitor.open();
  await visitor.arrive(host.url);
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

const EASEL = "[data-testid=easel] canvas";

test("Edit: a picture is pasted from the clipboard, and taken by the camera", async () => {
  const { page } = visitor;
  await page.goto(`${host.url}#/edit?model=sphere-fashion`);
  await visitor.drawn(EASEL);
  await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(80, 80);
    const context = canvas.getContext("2d")!;
    context.fillRect(0, 0, 80, 80);
    context.fillStyle = "white";
    context.fillRect(0, 0, 40, 80);
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([await canvas.convertToBlob()], "half.png", { type: "image/png" }));
    document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
  });
  const levels = async () => {
    const pixels = await visitor.pixels(EASEL);
    const at = (x: number) => pixels[4 * (14 * 28 + x)];
    return [at(2), at(25)];
  };
  await expect.poll(levels).toEqual([255, 0]);
  const pasted = await visitor.pixels(EASEL);
  await page.getByTestId("open-camera").click();
  await page.getByTestId("camera").getByRole("button", { name: "Take it" }).click(); // once the camera gives pictures
  await expect.poll(async () => moved(pasted, await visitor.pixels(EASEL)), { timeout: 30_000 }).toBeGreaterThan(20);
  await page.getByTestId("camera").waitFor({ state: "hidden" });
  await visitor.expectGood();
});

test("Edit by the keyboard alone: it is painted, and undone", async () => {
  const { page } = visitor;
  await page.goto("about:blank");
  await page.goto(`${host.url}#/edit?model=sphere-fashion`);
  await visitor.drawn(EASEL);
  const before = await visitor.pixels(EASEL);
  await visitor.tabTo("[data-testid=easel]");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Shift+ArrowDown");
  await page.keyboard.press("Space");
  await expect.poll(async () => moved(before, await visitor.pixels(EASEL))).toBeGreaterThan(0);
  await visitor.tabTo("[data-testid=undo]");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Control+z");
  await expect.poll(async () => moved(before, await visitor.pixels(EASEL))).toBe(0);
});

test("Play by the keyboard alone: two pictures are kept, and the pad mixes them", async () => {
  const { page } = visitor;
  await page.goto(`${host.url}#/play?model=drifting-fashion&seed=7`);
  await visitor.drawn(".wall li:nth-child(1) canvas");
  await visitor.tabTo(".wall button");
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await page.getByRole("application", { name: /^Pad/ }).waitFor();
  expect(await page.locator(".wall button[aria-pressed=true]").count()).toBe(2);
  await visitor.tabTo("[data-testid=pad]");
  await page.keyboard.press("ArrowLeft");
  await expect.poll(() => page.url()).toMatch(/keep=7\.0_8\.1.*x=0\.\d/);
});

test("Play: files that change while the page is open are said, and loaded when that is asked for", async () => {
  const { page } = visitor;
  const TILE = ".wall li:nth-child(1) canvas";
  await page.goto(`${host.url}#/play?model=drifting-fashion&seed=9`);
  await visitor.drawn(TILE);
  const files = ["index.json", "drifting-fashion/model.safetensors", "drifting-fashion/config.json"];
  const [list, weights, config] = files.map((name) => join(folder, "site/models", name));
  const [listed, kept, described] = [readFileSync(list), readFileSync(weights), readFileSync(config)];
  const changed = Buffer.from(kept);
  changed.set(changed.subarray(changed.length - 4000, changed.length - 2000), changed.length - 2000);
  const sha256 = createHash("sha256").update(changed).digest("hex");
  const entries = JSON.parse(String(listed)) as { name: string; version: string }[];
  const later = entries.map((one) => ({ ...one, ...(one.name === "drifting-fashion" && { version: "later" }) }));
  try {
    writeFileSync(weights, changed);
    writeFileSync(config, JSON.stringify({ ...JSON.parse(String(described)), sha256 }));
    writeFileSync(list, JSON.stringify(later));
    await page.evaluate(() => dispatchEvent(new Event("focus")));
    await page.getByText("The files of drifting-fashion have changed since it was loaded here").waitFor();
    const before = await visitor.pixels(TILE);
    await visitor.expectGood();
    await page.getByRole("button", { name: "Load it anew" }).click();
    await expect.poll(async () => moved(before, await visitor.pixels(TILE)), { timeout: 30_000 }).toBeGreaterThan(0);
    expect(await page.getByRole("button", { name: "Load it anew" }).count()).toBe(0);
  } finally {
    writeFileSync(weights, kept);
    writeFileSync(config, described);
    writeFileSync(list, listed);
  }
});

test("Text: the judge's bits of the text, step by step, are Node's", async () => {
  const { page } = visitor;
  await page.goto(`${host.url}#/text?model=duo-text&sampler=cap&steps=3&seed=3`);
  const figure = page.locator("figure", { hasText: "Bits per character under judge-text" });
  await expect.poll(() => page.getByTestId("step").textContent(), { timeout: 60_000 }).toMatch(/step 4\s*\/\s*4/);
  await expect
    .poll(() => figure.locator(".value").textContent(), { timeout: 60_000 })
    .toMatch(/^\d\.\d\d, perplexity [\d.]+$/);
  const shown = Number.parseFloat((await figure.locator(".value").textContent())!);
  expect(await figure.locator("path.line").getAttribute("d")).toMatch(/^M0\.5,.*L3\.5,/);
  expect(await figure.textContent()).toMatch(/real text [12]\.\d\d/);
  const judge = await LanguageModel.load(join(folder, "site/models/judge-text"));
  const tokens = judge.tokenizer.encode((await page.getByTestId("reading").textContent())!);
  const [nats] = await judge.nats(tokens, tokens.length);
  await judge.release();
  expect(tokens.length).toBe(256);
  expect(Math.abs(shown - nats / 256 / Math.LN2)).toBeLessThan(0.02);
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

test("Compare by the keyboard alone: a class is chosen, and a number of steps taken in", async () => {
  const { page } = visitor;
  await visitor.tabTo('input[type="radio"]');
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => page.url()).toContain("label=1");
  await visitor.tabTo("[data-testid=steps-4]");
  await page.keyboard.press("Space");
  await expect.poll(() => page.url()).toContain("steps=1_4");
});

test("Learn: what is chosen stands in the address, and back goes to it", async () => {
  const { page } = visitor;
  await page.goto(`${host.url}#/learn?points=two-moons&euler=3&pictures=emoji&size=16`);
  const checked = (name: string) => page.getByRole("radio", { name, exact: true }).isChecked();
  for (const name of ["Two moons", "Emoji", "16", "Colour"]) expect(await checked(name), name).toBe(true);
  expect(await page.getByLabel("Euler steps of the flow").inputValue()).toBe("3");
  await page.getByRole("radio", { name: "Swirl" }).check();
  await page.getByRole("radio", { name: "Digits" }).check();
  expect(page.url()).toMatch(/points=swiss-roll.*pictures=digits/);
  for (const name of ["28", "Grey"]) expect(await checked(name), name).toBe(true);
  await page.goBack();
  await page.goBack();
  await expect.poll(() => checked("Two moons")).toBe(true);
  expect(await checked("16")).toBe(true);
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

test("a first visit is loaded once more for its threads, but not when somebody has begun", async () => {
  for (const begun of [false, true]) {
    const first = await Visitor.open();
    try {
      // The service worker comes when it is called
      await first.page.addInitScript(() => {
        const own = navigator.serviceWorker;
        const register = own.register.bind(own);
        own.register = async (...given) => {
          await new Promise((pressed) => addEventListener("worker", pressed, { once: true }));
          return register(...given);
        };
      });
      await first.page.goto(`${host.url}#/models`);
      await first.page.evaluate("window.first = true");
      if (begun) await first.page.keyboard.press("Tab");
      await first.page.evaluate("dispatchEvent(new Event('worker'))");
      await first.page.waitForFunction("navigator.serviceWorker.controller");
      if (!begun) await first.page.waitForFunction("self.crossOriginIsolated && !window.first");
      else expect(await first.page.evaluate("[window.first, self.crossOriginIsolated]")).toEqual([true, false]);
      await first.page.reload();
      expect(await first.page.evaluate("self.crossOriginIsolated")).toBe(true);
    } finally {
      await first.close();
    }
  }
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
