import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import * as nn from "../../src/nn/index.js";
import * as optim from "../../src/optim/index.js";
import { compile } from "../../src/runtime/index.js";
import { grad, type Tensor } from "../../src/tensor/index.js";

interface Golden {
  weights: Record<string, { shape: number[]; data: number[] }>;
  inputs: Record<string, number[][]>;
  losses: number[];
  norms: number[];
  final: Record<string, number[]>;
}
const golden: Record<"mlp" | "dit", Golden> = JSON.parse(
  readFileSync(new URL("../goldens/nn/training.json", import.meta.url), "utf8"),
);

/** Trains as the golden script did; the batches are cycled through. */
async function train(
  network: nn.Parameterized,
  specs: Record<string, number[]>,
  predict: (inputs: Record<string, Tensor>) => Tensor,
  options: Parameters<typeof optim.adamw>[1],
  { weights, inputs, losses }: Golden,
) {
  network.parameters.load(weights);
  const program = compile(specs, (given) => {
    const loss = predict(given).sub(given.y).square().mean();
    return { loss, gradients: grad(loss, network.parameters) };
  });
  const optimizer = optim.adamw(network.parameters, options);
  const got = { losses: [] as number[], norms: [] as number[] };
  for (let k = 0; k < losses.length; k++) {
    const batch = Object.fromEntries(Object.entries(inputs).map(([name, list]) => [name, list[k % list.length]]));
    const { loss, gradients } = await program.run(batch);
    got.losses.push(loss[0]);
    got.norms.push(optimizer.update(gradients).norm);
  }
  await program.release();
  return got;
}

function expectAgreement(got: { losses: number[]; norms: number[] }, { losses, norms }: Golden) {
  for (let k = 0; k < losses.length; k++) {
    expect(Math.abs(got.losses[k] / losses[k] - 1), `loss ${k}`).toBeLessThan(1e-4);
    expect(Math.abs(got.norms[k] / norms[k] - 1), `norm ${k}`).toBeLessThan(1e-3);
  }
}

describe("20 steps follow PyTorch's losses", () => {
  test("two-layer MLP with AdamW", async () => {
    const net = nn.mlp([3, 16, 2]);
    const got = await train(
      net,
      { x: [8, 3], y: [8, 2] },
      ({ x }) => net(x),
      { lr: 1e-2, weightDecay: 0.05 },
      golden.mlp,
    );
    expectAgreement(got, golden.mlp);
    for (const [name, first] of Object.entries(golden.mlp.final))
      net.parameters
        .toRecord()
        [name].data.slice(0, 4)
        .forEach((value, i) => {
          expect(value).toBeCloseTo(first[i], 4);
        });
  });

  test("DiT block with rotary, normed attention, SwiGLU, adaLN and clipping", async () => {
    const block = nn.ditBlock(16, 2);
    const got = await train(
      block,
      { x: [2, 5, 16], condition: [2, 16], y: [2, 5, 16] },
      ({ x, condition }) => block(x, condition),
      { lr: 5e-3, betas: [0.9, 0.95], clip: 1 },
      golden.dit,
    );
    expectAgreement(got, golden.dit);
  });
});
