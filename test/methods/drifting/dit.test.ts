import { describe, expect, test } from "vitest";
import { type DitGeneratorConfig, ditGenerator, ditPresets } from "../../../src/methods/drifting/dit.js";
import * as nn from "../../../src/nn/index.js";
import { Random } from "../../../src/random/index.js";
import { compile } from "../../../src/runtime/index.js";
import { constant, type Tensor } from "../../../src/tensor/index.js";

describe("the paper's generators", () => {
  test("they have the published numbers of parameters: B 133M, L 463M", () => {
    const millions = (config: DitGeneratorConfig) => Math.round(nn.countParameters(ditGenerator(config)) / 1e6);
    expect(millions(ditPresets["B/2"])).toBe(133);
    expect(millions(ditPresets["L/2"])).toBe(463);
  });

  test("a small one runs, starts at exactly zero, and answers noise, label, style and guidance once its head is not zero", async () => {
    const net = ditGenerator({
      depth: 2,
      width: 32,
      heads: 2,
      size: 8,
      channels: 4,
      patch: 2,
      classes: 5,
      contextTokens: 4,
      styles: { count: 3, size: 4 },
    });
    const int = (values: number[], shape: number[]) => constant(values, shape, "int32");
    const program = compile({ noise: [1, 16, 16], other: [1, 16, 16] }, ({ noise, other }) => {
      const at = (n: Tensor, label: number, style: number, alpha: number) =>
        net(n, int([label], [1]), int([style, 4, 8], [1, 3]), constant([alpha]));
      const base = at(noise, 0, 0, 1);
      return {
        base,
        noise: at(other, 0, 0, 1).sub(base).abs().max(),
        label: at(noise, 1, 0, 1).sub(base).abs().max(),
        style: at(noise, 0, 1, 1).sub(base).abs().max(),
        guidance: at(noise, 0, 0, 2).sub(base).abs().max(),
      };
    });
    const random = new Random(0);
    const noise = new Float32Array(256);
    const other = new Float32Array(256);
    random.fillNormal(noise);
    random.fillNormal(other);
    net.parameters.initialize(1);
    const zero = await program.run({ noise, other });
    expect(zero.base.every((v) => v === 0)).toBe(true);
    for (const { parameter } of net.parameters.entries)
      if (parameter.value?.every((v) => v === 0))
        for (let i = 0; i < parameter.size; i++) parameter.value[i] = 0.05 * random.normal();
    const { base, ...changes } = await program.run({ noise, other });
    expect(base.every(Number.isFinite)).toBe(true);
    for (const [name, change] of Object.entries(changes)) expect(change[0], name).toBeGreaterThan(1e-5);
    await program.release();
  });
});
