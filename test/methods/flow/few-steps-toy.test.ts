import { expect, test } from "vitest";
import { toy } from "../../../src/data/index.js";
import { integrate, presets } from "../../../src/methods/flow/index.js";
import type { Velocity } from "../../../src/methods/flow/network.js";
import { objectiveOf } from "../../../src/methods/flow/objectives/index.js";
import { solverOf } from "../../../src/methods/flow/sampler.js";
import { energyDistance, features } from "../../../src/metrics/index.js";
import * as nn from "../../../src/nn/index.js";
import * as optim from "../../../src/optim/index.js";
import { Random } from "../../../src/random/index.js";
import { compile } from "../../../src/runtime/index.js";
import { concat, grad } from "../../../src/tensor/index.js";

const B = 128;
const N = 500;
const net = nn.mlp([4, 64, 64, 64, 2]);
const parameters = nn.initialize(net, 3);
const field: Velocity = (x, t, _, until) => net(concat([x, t.unsqueeze(1), (until ?? t).sub(t).unsqueeze(1)], 1));
const threads = 1;

/** Trains the field on eight Gaussians by the objective of a preset. */
async function learn(preset: keyof typeof presets, steps: number, lr: number): Promise<void> {
  const settings = presets[preset].objective;
  const objective = objectiveOf(settings);
  const step = compile(
    {
      ...{ data: [B, 2], noise: [B, 2], labels: { shape: [B], dtype: "int32" as const } },
      ...objective.inputs(B, settings),
    },
    (inputs) => {
      const found = objective.loss(field, inputs);
      return { gradients: grad("loss" in found ? found.loss : found, parameters) };
    },
    { threads },
  );
  const adam = optim.adam(parameters, { lr: optim.cosine({ peak: lr, warmup: 20, steps }) });
  const random = new Random(8, preset);
  for (let k = 0; k < steps; k++) {
    const { gradients } = await step.run({
      ...{ data: toy("gaussians-8")(random, B), noise: random.normals(2 * B), labels: new Int32Array(B) },
      ...objective.next(random, B, k / steps, settings),
    });
    adam.update(gradients);
  }
  await step.release();
}

const draw = compile(
  { x: [N, 2], t: [N], r: [N] },
  ({ x, t, r }) => ({ velocity: field(x, t, t, t), mean: field(x, t, t, r) }),
  { threads },
);
const real = features(toy("gaussians-8")(new Random(1), N), 2);
async function distance(kind: keyof typeof presets, steps: number): Promise<number> {
  const random = new Random(9);
  const all = (value: number) => new Float32Array(N).fill(value);
  const { objective } = presets[kind];
  const shape = objective.kind === "flow" ? {} : { objective: objective.kind };
  const velocity = async (x: Float32Array, t: number, until: number) => {
    const found = await draw.run({ x, t: all(t), r: all(until) });
    return objective.kind === "consistency" || objective.kind === "flow" ? found.velocity : found.mean;
  };
  const fresh = () => random.normals(2 * N);
  const drawn = await integrate(velocity, random.normals(2 * N), steps, solverOf(shape), fresh);
  return energyDistance(features(drawn, 2), real);
}

test("each objective makes of a flow on eight Gaussians what one step draws far better", async () => {
  await learn("tiny", 600, 3e-3);
  const flow = parameters.flat.slice();
  const before = await distance("tiny", 1);
  const found: Record<string, number[]> = { flow: [before, await distance("tiny", 32)] };
  for (const kind of ["alpha-flow", "shortcut", "consistency"] as const) {
    parameters.flat.set(flow);
    await learn(kind, 600, 1e-3);
    found[kind] = [await distance(kind, 1), await distance(kind, 2), await distance(kind, 4)];
  }
  const message = JSON.stringify(found);
  for (const kind of ["alpha-flow", "shortcut", "consistency"]) {
    const [one, , four] = found[kind];
    expect(one, message).toBeLessThan(before / 2);
    expect(four, message).toBeLessThan(1.5 * one);
  }
});
