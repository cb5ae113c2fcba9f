import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parameter } from "../../src/nn/index.js";
import * as optim from "../../src/optim/index.js";
import { Parameters } from "../../src/runtime/index.js";

const golden: { path: number[][]; averages: number[][] } = JSON.parse(
  readFileSync(new URL("../goldens/nn/optimizers.json", import.meta.url), "utf8"),
).ema;

function follow(steps = golden.averages.length) {
  const parameters = new Parameters([["value", parameter([4], (out) => out.set(golden.path[0]))]]);
  parameters.initialize(0);
  const ema = optim.ema(parameters, { decay: 0.5 });
  for (let k = 0; k < steps; k++) advance(parameters, ema, k);
  return { parameters, ema };
}
function advance(parameters: Parameters, ema: optim.Ema, k: number) {
  parameters.flat.set(golden.path[k + 1]);
  ema.update();
}

test("follows torch's AveragedModel with the decay min(0.5, (1 + k)/(10 + k))", () => {
  const { parameters, ema } = follow(0);
  golden.averages.forEach((average, k) => {
    advance(parameters, ema, k);
    ema.average.forEach((value, i) => {
      expect(value).toBeCloseTo(average[i], 6);
    });
  });
  expect(ema.updates).toBe(golden.averages.length);
});

test("swap exchanges and restores; withAverage restores after an error too", async () => {
  const { parameters, ema } = follow();
  const [values, average] = [parameters.flat.slice(), ema.average.slice()];
  ema.swap();
  expect(parameters.flat).toEqual(average);
  ema.swap();
  expect(await ema.withAverage(() => parameters.flat.slice())).toEqual(average);
  await expect(
    ema.withAverage(async () => {
      throw new Error("sampling failed");
    }),
  ).rejects.toThrow("sampling failed");
  expect(parameters.flat).toEqual(values);
  expect(ema.average).toEqual(average);
});

test("a loaded state goes on bit for bit", () => {
  const whole = follow();
  const first = follow(4);
  const saved = first.ema.state();
  const second = follow(0);
  second.ema.load(saved);
  for (let k = 4; k < golden.averages.length; k++) advance(second.parameters, second.ema, k);
  expect(second.ema.average).toEqual(whole.ema.average);
  expect(second.ema.updates).toBe(whole.ema.updates);
  expect(() => second.ema.load({ step: 1, vectors: { average: new Float32Array(3) } })).toThrow("3 numbers, 4");
});

test("a decay outside [0, 1) is refused", () => {
  const { parameters } = follow(0);
  expect(() => optim.ema(parameters, { decay: 1 })).toThrow("got 1");
});
