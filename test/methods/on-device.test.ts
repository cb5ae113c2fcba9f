import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadSafetensors } from "../../src/io/index.js";
import type { TrainOptions } from "../../src/train/index.js";
import { smallRuns } from "./small-runs.js";

const root = mkdtempSync(join(tmpdir(), "fewstep-on-device-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const quiet = { device: "cpu", threads: 1, sampleEvery: 0, onProgress: () => {} } as const;
const history = (out: string): Record<string, number | string>[] =>
  readFileSync(join(out, "metrics.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => ({ ...JSON.parse(line), seconds: 0, imagesPerSecond: 0 }));
const weights = async (out: string) => (await loadSafetensors(join(out, "model", "model.safetensors"))).tensors;

// The places share the loss's graph; the update is WebAssembly at one, a graph of its own at the other
test.each(Object.entries(smallRuns))(
  "%s trains on the device as on the host",
  { timeout: 300_000 },
  async (name, train) => {
    const [host, device] = ["host", "device"].map((place) => join(root, `${name}-${place}`));
    await train({ ...quiet, out: host });
    await train({ ...quiet, out: device, place: "device" });
    const [expected, found] = [history(host), history(device)];
    expect(found.length).toBe(expected.length);
    for (const [k, row] of found.entries()) {
      expect(Object.keys(row)).toEqual(Object.keys(expected[k]));
      for (const [key, value] of Object.entries(row))
        if (typeof value === "number") {
          const right = expected[k][key] as number;
          expect(Math.abs(value - right), `${key} of step ${k}: ${value}, on the host ${right}`).toBeLessThan(
            2e-3 * Math.max(Math.abs(right), 1e-2),
          );
        } else expect(value).toBe(expected[k][key]);
    }
    const [ours, theirs] = [await weights(device), await weights(host)];
    let [differences, squares] = [0, 0];
    for (const [key, { data }] of Object.entries(ours))
      for (const [i, value] of (data as Float32Array).entries()) {
        differences += (value - Number(theirs[key].data[i])) ** 2;
        squares += Number(theirs[key].data[i]) ** 2;
      }
    expect(Math.sqrt(differences / squares)).toBeLessThan(2e-3);
  },
);

// Its state passes through the host wherever it is saved, sampled from or handed to the next stage
test("discrete ends with the same bits when it is stopped, sampled and resumed on the device", {
  timeout: 300_000,
}, async () => {
  const train = smallRuns.discrete;
  const once = join(root, "once");
  const stopped = join(root, "stopped");
  const options = { ...quiet, place: "device" } as const;
  await train({ ...options, out: once });
  for (let stops = 0, steps = 0; ; stops++, steps = 0) {
    const stop = new AbortController();
    const onProgress: TrainOptions["onProgress"] = ({ type }) => {
      if (type === "step" && ++steps === 2) stop.abort();
    };
    const run = { ...options, sampleEvery: 2, out: stopped, resume: stops > 0, signal: stop.signal, onProgress };
    if ((await train(run)).status === "finished") break;
    expect(stops).toBeLessThan(10);
  }
  expect(history(stopped)).toEqual(history(once));
  const [ours, theirs] = [await weights(stopped), await weights(once)];
  for (const [key, { data }] of Object.entries(ours)) expect(data, key).toEqual(theirs[key].data);
});
