import { expect, test } from "vitest";
import * as nn from "../../src/nn/index.js";
import * as optim from "../../src/optim/index.js";
import { Random } from "../../src/random/index.js";
import { compile, type DeviceName, resident } from "../../src/runtime/index.js";
import { grad, type Tensor } from "../../src/tensor/index.js";

const options = { lr: 0.01, clip: 1, weightDecay: 0.1 };
const build =
  (net: (x: Tensor) => Tensor) =>
  ({ x, y }: Record<"x" | "y", Tensor>) =>
    net(x).sub(y).square().mean();

async function setUp(device: DeviceName) {
  const net = nn.mlp([6, 16, 4]);
  const { parameters } = net;
  parameters.initialize(3);
  const frozen = nn.linear(4, 4);
  frozen.parameters.initialize(8);
  const update = optim.adamwGraph(parameters.entries, options);
  const loss = build((x) => frozen(net(x)));
  const training = await resident({
    inputs: { x: [10, 6], y: [10, 4] },
    build(inputs) {
      const value = loss(inputs);
      return { loss: value, gradients: grad(value, parameters) };
    },
    parameters,
    update,
    device,
  });
  return { parameters, update, loss, training };
}

for (const device of ["cpu", "wasm"] as const)
  test(`${device}: steps with state on the device are the optimiser's steps`, async () => {
    const { parameters, update, loss, training } = await setUp(device);
    const start = parameters.flat.slice();
    const random = new Random(5);
    const batches = Array.from({ length: 6 }, () => ({
      x: random.fillNormal(new Float32Array(60)),
      y: random.fillNormal(new Float32Array(40)),
    }));
    const losses = [];
    for (const [k, batch] of batches.entries()) losses.push((await training.step(batch, update.scalars(k))).loss[0]);
    expect(parameters.flat).toEqual(start); // untouched until asked for
    await training.download();
    const trained = parameters.flat.slice();
    const m = await training.read("m");

    parameters.flat.set(start);
    const program = compile(
      { x: [10, 6], y: [10, 4] },
      (inputs) => {
        const value = loss(inputs);
        return { loss: value, gradients: grad(value, parameters) };
      },
      { device: "cpu" },
    );
    const optimizer = optim.adamw(parameters, options);
    for (const [k, batch] of batches.entries()) {
      const found = await program.run(batch);
      expect(losses[k]).toBeCloseTo(found.loss[0], 5);
      optimizer.update(found.gradients);
    }
    const expected = optimizer.state().vectors.m;
    for (let i = 0; i < trained.length; i++) {
      expect(trained[i]).toBeCloseTo(parameters.flat[i], 5);
      expect(m[i]).toBeCloseTo(expected[i], 5);
    }
    await program.release();
    await training.release();
  });

test("state can be set, and wrong requests say what there is", async () => {
  const { parameters, training } = await setUp("cpu");
  training.write("m", new Float32Array(parameters.count).fill(2));
  expect(new Set(await training.read("m"))).toEqual(new Set([2]));
  expect(() => training.write("m", new Float32Array(3))).toThrow(`m takes ${parameters.count} numbers, got 3`);
  await expect(training.read("momentum")).rejects.toThrow('no state "momentum"; there is value, m, v');
  await training.release();
});
