import { expect, test } from "vitest";
import * as nn from "../../src/nn/index.js";
import type { Parameters } from "../../src/runtime/index.js";
import { gradientStage, phase } from "../../src/train/index.js";

test("what the loss takes as a constant is not trained: the compiled graph would not see it move", () => {
  const net = nn.module({ scale: nn.parameter([2], nn.init.ones), weight: nn.parameter([2], nn.init.ones) }, () => 0);
  const stage = (parameters: Parameters) => () =>
    gradientStage({
      name: "both",
      steps: 1,
      batch: 1,
      parameters,
      optimizer: { lr: 1 },
      phases: [phase({ inputs: { x: [2] }, loss: ({ x }) => ({ loss: x.sum() }), next: () => ({ x: [0, 0] }) })],
      freeze: [net.scale],
      state: {},
      device: "cpu",
    });
  expect(stage(nn.join(net))).toThrow('Stage "both": "scale" is both trained and frozen');
  const apart = nn.join(net, [net.scale]);
  expect(apart.entries.map(({ name }) => name)).toEqual(["weight"]);
  expect(stage(apart)).not.toThrow();
});
