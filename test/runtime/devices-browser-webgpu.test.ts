import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { agreesWithTheCpu } from "./devices/agree.js";
import { openPage } from "./devices/browser.js";
import type { api } from "./devices/page.js";

let browser: Awaited<ReturnType<typeof openPage>>;
beforeAll(async () => {
  browser = await openPage();
}, 240_000);
afterAll(() => browser?.close());

declare const fewstep: typeof api;

describe("WebGPU in a browser agrees with the native CPU", () =>
  agreesWithTheCpu(() => browser.page.evaluate(() => fewstep.runCases("webgpu"))));

test("the page raised no error", () => {
  expect(browser.errors).toEqual([]);
});
