import { describe, expect, test } from "vitest";
import type { GpuAdapter } from "../../src/runtime/gpu.js";
import { agreesWithTheCpu } from "./devices/agree.js";
import { openedPage } from "./devices/opened.js";
import { optimizerUpdates } from "./devices/optimizer.js";

const browser = openedPage();

describe("WASM in a browser agrees with the native CPU", () =>
  agreesWithTheCpu(() => browser.page.evaluate(() => fewstep.runCases("wasm"))));

test("the page is isolated and raised no error", async () => {
  expect(await browser.page.evaluate(() => fewstep.isolated())).toBe(true);
  expect(browser.errors).toEqual([]);
});

test('the software adapter is seen for what it is, and "auto" does not take it', async () => {
  const adapters: GpuAdapter[] = await browser.page.evaluate(() => fewstep.gpuAdapters());
  expect(adapters, "WebGPU is off in this browser").toHaveLength(1);
  expect(adapters[0].software, adapters[0].name).toBe(true);
  expect(await browser.page.evaluate(() => fewstep.auto())).toBe("wasm");
});

test("a device that browsers lack is refused with what there is", async () => {
  expect(await browser.page.evaluate(() => fewstep.refused())).toMatch(
    /"cuda" is not available here: .*Available: wasm\./,
  );
});

test("the optimisers run in WebAssembly and give the bits that they give in Node", async () => {
  const here = optimizerUpdates();
  expect(here.kernels).toBe("WebAssembly SIMD");
  expect(await browser.page.evaluate(() => fewstep.optimizerUpdates())).toEqual(here);
});

test("a program runs in a Web Worker", async () => {
  expect(await browser.page.evaluate(() => fewstep.inWebWorker())).toEqual([2, 4]);
});

test("a model on a page draws in a worker, and where there is none between turns of the page", async () => {
  const free = await browser.page.evaluate(() => fewstep.draws(false));
  const inPage = await browser.page.evaluate(() => fewstep.draws(true));
  expect([free.workers, inPage.workers]).toEqual([1, 0]);
  expect(inPage.texts).toEqual(free.texts);
  for (const { turns } of [free, inPage]) expect(turns).toBeGreaterThanOrEqual(8);
});
