import { beforeAll, expect, test } from "vitest";
import { cases, type Result, runCases } from "./cases.js";

const TOLERANCE = 1e-4;

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

/** Tests that every case gives on a device what the native CPU gives. Each device is swept in a file of its own. */
export function agreesWithTheCpu(sweep: () => Promise<Record<string, Result>>): void {
  let expected: Record<string, Result>;
  let got: Record<string, Result>;
  beforeAll(async () => {
    expected = await runCases("cpu");
    got = await sweep();
  }, 600_000);

  test.each(Object.keys(cases))("%s", (name) => {
    const [here, there] = [expected[name], got[name]];
    expect(here, "on the CPU").not.toHaveProperty("error");
    if ("error" in there) expect.fail(`${there.error}`);
    for (const [key, values] of Object.entries(here)) expectClose(there[key as never], values, key);
  });
}
