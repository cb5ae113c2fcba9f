import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test("a thousand training steps of a million parameters take no more memory than a hundred", async () => {
  const script = new URL("./fixtures/memory.ts", import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", "--import", "tsx", script]);
  const { parameters, before, after, medianStep } = JSON.parse(stdout);
  const vector = 4 * parameters; // bytes; one kept per step would be 4 GB
  expect(parameters).toBeGreaterThan(1e6);
  // The native binding returns a copy of every output; a step allocates nothing else of the model's size
  expect(medianStep).toBeLessThan(1.1 * vector);
  expect(after.heapUsed - before.heapUsed).toBeLessThan(4e6);
  expect(after.external - before.external).toBeLessThan(2 * vector);
  expect(after.rss - before.rss).toBeLessThan(64e6);
}, 180_000);
