import { expect, test } from "vitest";
import { meanNelbo } from "../../../src/methods/discrete/mean-nelbo.js";
import { discreteNetwork, processOf } from "../../../src/methods/discrete/network.js";
import { nelbo } from "../../../src/methods/discrete/objective.js";
import * as nn from "../../../src/nn/index.js";
import { compile } from "../../../src/runtime/index.js";
import { grad } from "../../../src/tensor/index.js";

const [B, L, K] = [2, 5, 7];
const tokens = { shape: [B, L], dtype: "int32" as const };

test.each([
  ["uniform", false],
  ["uniform", true],
  ["masked", false],
  ["masked", true],
] as const)(
  "%s noise, tied output layer: %s: in stretches the loss and every gradient are the same",
  async (process, tied) => {
    const shape = {
      ...({ process, schedule: "log-linear", vocabulary: K, length: L, classes: 2 } as const),
      network: { kind: "transformer", width: 32, heads: 2, blocks: 1, condition: 16, tied } as const,
    };
    const net = discreteNetwork(shape);
    nn.view(net).flat.forEach((_, i, flat) => {
      flat[i] = 0.3 * Math.sin(7 * i + 1); // an output layer of zeros would have no gradients before it
    });
    const found = await Promise.all(
      [undefined, B * 2 * K, 1].map(async (most) => {
        const program = compile(
          {
            clean: tokens,
            noisy: tokens,
            sigma: [B],
            labels: { shape: [B], dtype: "int32" },
            alpha: [B],
            rest: [B],
            dAlpha: [B],
          },
          ({ clean, noisy, sigma, labels, ...levels }) => {
            const loss = most
              ? meanNelbo(net, processOf(shape), { input: noisy, sigma, labels }, { clean, noisy, levels }, most)
              : nelbo(processOf(shape), net(noisy, sigma, labels), clean, noisy, levels).mean();
            return { loss, gradients: grad(loss, nn.view(net)) };
          },
          { threads: 1 },
        );
        const hidden = process === "masked" ? K : 3;
        const values = await program.run({
          clean: [1, 2, 3, 4, 5, 6, 0, 1, 2, 3],
          noisy: [1, hidden, 3, hidden, 5, hidden, 0, hidden, 2, hidden],
          ...{ sigma: [0.4, 1.2], labels: [0, 2], alpha: [0.67, 0.3], rest: [0.33, 0.7], dAlpha: [-1, -1] },
        });
        await program.release();
        return values;
      }),
    );
    const [whole, ...stretches] = found;
    expect(whole.gradients.filter((g) => Math.abs(g) > 1e-4).length).toBeGreaterThan(whole.gradients.length / 3);
    for (const { loss, gradients } of stretches) {
      expect(Math.abs(loss[0] - whole.loss[0])).toBeLessThan(1e-5);
      for (const [i, value] of whole.gradients.entries())
        expect(Math.abs(gradients[i] - value)).toBeLessThan(1e-5 * (1 + Math.abs(value)));
    }
  },
);
