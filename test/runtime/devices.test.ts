import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { GpuAdapter } from "../../src/runtime/gpu.js";
import { openPage, swiftshaderFolder } from "./devices/browser.js";
import { cases, type Result, runCases } from "./devices/cases.js";
import { optimizerUpdates } from "./devices/optimizer.js";
import type { api } from "./devices/page.js";

const TOLERANCE = 1e-4;
const names = Object.keys(cases);
let reference: Record<string, Result>;
let browser: Awaited<ReturnType<typeof openPage>>;

beforeAll(async () => {
  reference = await runCases("cpu");
  browser = await openPage();
}, 240_000);
afterAll(() => browser?.close());

declare const fewstep: typeof api;

/** Every case in Node on a device, in a process of its own with SwiftShader as the only Vulkan driver. */
async function inNode(device: string): Promise<{ results: Record<string, Result>; auto: string }> {
  const folder = mkdtempSync(join(tmpdir(), "fewstep-devices-"));
  const drivers = await swiftshaderFolder();
  const out = join(folder, "results.json");
  try {
    await promisify(execFile)(
      process.execPath,
      ["--import", "tsx", join(import.meta.dirname, "devices/node.ts"), "--device", device, "--out", out],
      {
        maxBuffer: 1 << 28,
        env: {
          ...process.env,
          VK_ICD_FILENAMES: join(drivers, "vk_swiftshader_icd.json"),
          LD_LIBRARY_PATH: [process.env.LD_LIBRARY_PATH, drivers].filter(Boolean).join(":"), // its Vulkan loader, where none is installed
          XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? folder,
        },
      },
    );
    return JSON.parse(readFileSync(out, "utf8"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** |got − expected| ≤ tolerance·(|expected| + the mean magnitude of all expected), in the worst entry. */
function expectClose(got: readonly number[], expected: readonly number[], what: string): void {
  expect(got.length, what).toBe(expected.length);
  const scale = expected.reduce((sum, v) => sum + Math.abs(v), 0) / Math.max(1, expected.length);
  expected.forEach((v, i) => {
    const error = Math.abs(got[i] - v) / (Math.abs(v) + scale || 1);
    if (!(error <= TOLERANCE))
      expect.fail(`${what}[${i}] is ${got[i]}, on the CPU ${v} (relative error ${error.toExponential(1)})`);
  });
}

const targets: Record<string, () => Promise<Record<string, Result>>> = {
  "WASM in a browser": () => browser.page.evaluate(() => fewstep.runCases("wasm")),
  "WebGPU in a browser": () => browser.page.evaluate(() => fewstep.runCases("webgpu")),
  "WebGPU in Node": async () => {
    const { results, auto } = await inNode("webgpu");
    expect(auto).toBe("cpu"); // never a software adapter
    return results;
  },
};

describe.each(Object.entries(targets))("%s agrees with the native CPU", (_, run) => {
  let results: Record<string, Result>;
  beforeAll(async () => {
    results = await run();
  }, 600_000);

  test.each(names)("%s", (name) => {
    const [expected, got] = [reference[name], results[name]];
    expect(expected, "on the CPU").not.toHaveProperty("error");
    if ("error" in got) expect.fail(`${got.error}`);
    for (const [key, values] of Object.entries(expected)) expectClose(got[key as never], values, key);
  });
});

describe("in a browser", () => {
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
});
