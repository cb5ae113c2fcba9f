import { describe, expect, test } from "vitest";
import { agreesWithTheCpu } from "./devices/agree.js";
import { openedPage } from "./devices/opened.js";

const browser = openedPage();

describe("WebGPU in a browser agrees with the native CPU", () =>
  agreesWithTheCpu(() => browser.page.evaluate(() => fewstep.runCases("webgpu"))));

test("the page raised no error", () => {
  expect(browser.errors).toEqual([]);
});
