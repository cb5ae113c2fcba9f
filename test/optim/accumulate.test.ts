import { expect, test } from "vitest";
import * as nn from "../../src/nn/index.js";
import * as optim from "../../src/optim/index.js";
import { Random } from "../../src/random/index.js";
import { compile } from "../../src/runtime/index.js";
import { grad } from "../../src/tensor/index.js";

const net = nn.mlp([3, 5, 2]);
const gradientsOf = (batch: number) =>
  compile(
    { x: [batch, 3], y: [batch, 2] },
    ({ x, y }) => {
      const loss = net(x).sub(y).square().mean();
      return { gradients: grad(loss, net.parameters) };
    },
    { device: "cpu" },
  );

test("the mean over micro-batches, also of unequal sizes, is the gradient of the whole batch", async () => {
  const random = new Random(3);
  const [x, y] = [random.normals(24), random.normals(16)];
  const programs = new Map([8, 4, 2].map((batch) => [batch, gradientsOf(batch)] as const));
  const run = async (from: number, batch: number) =>
    (
      await programs
        .get(batch)!
        .run({ x: x.slice(3 * from, 3 * (from + batch)), y: y.slice(2 * from, 2 * (from + batch)) })
    ).gradients;
  const whole = (await run(0, 8)).slice();
  const sum = optim.accumulate(net.parameters);
  for (const parts of [
    [4, 4],
    [2, 4, 2],
  ]) {
    let from = 0;
    for (const batch of parts) {
      sum.add(await run(from, batch), batch);
      from += batch;
    }
    expect(sum.weight).toBe(8);
    const mean = sum.take();
    expect(sum.weight).toBe(0);
    for (const [i, g] of whole.entries()) expect(mean[i]).toBeCloseTo(g, 6);
  }
  expect(Math.max(...whole.map(Math.abs))).toBeGreaterThan(0.1);
  for (const program of programs.values()) await program.release();
});

test("wrong use is told in a sentence", () => {
  const { parameters } = net;
  const sum = optim.accumulate(parameters);
  const vector = new Float32Array(parameters.count);
  expect(() => sum.take()).toThrow(/nothing was added/);
  expect(() => sum.add(vector.slice(1))).toThrow(/accumulate: 31 gradients for 32 parameters/);
  expect(() => sum.add(vector, 0)).toThrow(/a weight must be larger than 0, got 0/);
  expect(() => optim.accumulate(net as never)).toThrow(
    /accumulate: takes the parameters of a network, .* got a network/,
  );
  for (const [name, make] of Object.entries({ ...optim, adam: optim.adam }))
    if (["adamw", "adam", "sgd", "muon", "ema"].includes(name)) {
      const call = make as (...args: unknown[]) => unknown;
      expect(() => call(net, { lr: 0.1 }), name).toThrow(
        `${name}: takes the parameters of a network, such as network.parameters`,
      );
      expect(() => call(parameters), name).toThrow(/takes settings after the parameters|lr must be in/);
      expect(() => call(parameters, { lr: 0.1, decay: 0.9, weightdecay: 0.1 }), name).toThrow(
        new RegExp(
          `${name}: there is no setting "${name === "ema" ? "lr" : "decay"}"; there are .*(weightDecay|decay)`,
        ),
      );
    }
  const sgd = optim.sgd(parameters, { lr: 0.1 });
  expect(() => sgd.update([1, 2] as never)).toThrow(/one flat Float32Array, as a run returns them, got a list of 2/);
});
