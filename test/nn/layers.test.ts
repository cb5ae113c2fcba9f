import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import * as nn from "../../src/nn/index.js";
import { compile, type InputSpec } from "../../src/runtime/index.js";
import { constant, grad, type Tensor } from "../../src/tensor/index.js";

interface Values {
  shape: number[];
  data: number[];
}
interface Case {
  weights: Record<string, Values>;
  inputs: Record<string, Values>;
  cotangent: number[];
  output: Values;
  gradients: Record<string, number[]>;
}
const golden: { cases: Record<string, Case>; positions: Record<string, number[]> } = JSON.parse(
  readFileSync(new URL("../goldens/nn/layers.json", import.meta.url), "utf8"),
);

type Unary = nn.Module<[Tensor], Tensor>;
const one = (layer: Unary) => nn.module({ 0: layer }, layer);
const allowed = [
  [1, 0, 1, 1],
  [1, 1, 1, 0],
];

/** Networks under the names of the golden cases; children in arrays where the golden's weights are called `0.…`. */
const networks: Record<string, nn.Module<[Tensor, Tensor], Tensor> | Unary> = {
  linear: one(nn.linear(4, 5)),
  linearWithoutBias: one(nn.linear(4, 5, { bias: false })),
  mlp: nn.mlp([4, 5, 6, 2], { activation: nn.relu }),
  conv2d: nn.conv2d(4, 6, 3, { stride: 2, padding: 1, groups: 2 }),
  conv2dDilated: nn.conv2d(2, 3, [3, 2], { padding: [2, 1], dilation: 2, bias: false }),
  conv1dCausal: nn.conv1d(3, 4, 3, { dilation: 2, padding: [4, 0] }),
  convTranspose2d: nn.convTranspose2d(3, 4, 3, { stride: 2, padding: 1, outputPadding: 1 }),
  embedding: nn.embedding(5, 3),
  layerNorm: one(nn.layerNorm(8)),
  layerNormGain: one(nn.layerNorm(8, { affine: "gain" })),
  rmsNorm: one(nn.rmsNorm(8)),
  groupNorm: one(nn.groupNorm(2, 6)),
  groupNorm1d: one(nn.groupNorm(3, 6)),
  attention: one(nn.attention(6, 2)),
  attentionCausal: one(nn.attention(6, 2, { causal: true })),
  attentionCross: ((attention) =>
    nn.module({ 0: attention }, (x: Tensor, context: Tensor) => attention(x, { context })))(
    nn.attention(6, 2, { contextWidth: 4 }),
  ),
  attentionMasked: ((attention) =>
    nn.module({ 0: attention }, (x: Tensor) => attention(x, { mask: constant(allowed.flat(), [2, 1, 1, 4], "bool") })))(
    nn.attention(6, 2, { causal: true }),
  ),
  attentionRotary: one(nn.attention(12, 2, { rotary: true, queryKeyNorm: true, qkvBias: false })),
  attentionWidthNorm: one(nn.attention(6, 2, { queryKeyNorm: "width", outBias: false })),
  swiglu: one(nn.swiglu(12)),
  transformerBlock: nn.transformerBlock(8, 2, { norm: "layer", mlp: "gelu", hidden: 16 }) as Unary,
  ditBlock: nn.ditBlock(8, 2) as nn.Module<[Tensor, Tensor], Tensor>,
  ditHead: nn.ditHead(6, 3, { conditionWidth: 5 }),
  mixerBlock: nn.mixerBlock(3, 5, { tokenHidden: 6, channelHidden: 10 }),
  residualBlock: nn.residualBlock(4, 8, { stride: 2, conditionWidth: 3 }) as nn.Module<[Tensor, Tensor], Tensor>,
};

function expectClose(got: ArrayLike<number>, wanted: readonly number[], what: string) {
  expect(got.length, what).toBe(wanted.length);
  const size = Math.max(1, ...wanted.map(Math.abs));
  wanted.forEach((value, i) => {
    expect(Math.abs(got[i] - value) / size, `${what}[${i}]: ${got[i]}, not ${value}`).toBeLessThan(1e-5);
  });
}

describe("layers and blocks follow PyTorch", () => {
  test("every case of the golden file is tried", () => {
    expect(Object.keys(networks).sort()).toEqual(Object.keys(golden.cases).sort());
  });

  for (const [name, { weights, inputs, cotangent, output, gradients }] of Object.entries(golden.cases))
    test(name, async () => {
      const network = networks[name] as nn.Module<Tensor[], Tensor>;
      expect([...network.namedParameters()].map(([path]) => path).sort()).toEqual(Object.keys(weights).sort());
      network.parameters.load(weights);
      const specs: Record<string, InputSpec> = Object.fromEntries(
        Object.entries(inputs).map(([key, { shape }]) => [
          key,
          { shape, dtype: name === "embedding" ? "int32" : "float32" },
        ]),
      );
      const program = compile(specs, (given) => {
        const result = network(...Object.keys(inputs).map((key) => given[key]));
        expect(result.shape).toEqual(output.shape);
        const loss = result.mul(constant(cotangent, output.shape)).sum();
        const { entries } = network.parameters;
        const targets: Record<string, Tensor> = {
          ...Object.fromEntries(entries.map(({ name, parameter }) => [`weights.${name}`, parameter])),
          ...given,
        };
        const wanted = Object.keys(gradients);
        const found = grad(
          loss,
          wanted.map((key) => targets[key]),
        );
        return { result, ...Object.fromEntries(wanted.map((key, i) => [`d.${key}`, found[i]])) } as Record<
          string,
          Tensor
        >;
      });
      const got = await program.run(Object.fromEntries(Object.entries(inputs).map(([key, { data }]) => [key, data])));
      await program.release();
      expectClose(got.result, output.data, "output");
      for (const [key, values] of Object.entries(gradients)) expectClose(got[`d.${key}`], values, `gradient of ${key}`);
    });
});

describe("positions", () => {
  test("tables", () => {
    expectClose(nn.sinCos1d(5, 6), golden.positions.sinCos1d, "sinCos1d");
    expectClose(nn.sinCos2d(2, 3, 8), golden.positions.sinCos2d, "sinCos2d");
    expect(() => nn.sinCos1d(4, 5)).toThrow("even positive integer, got 5");
    expect(() => nn.sinCos2d(4, 4, 6)).toThrow("got 3");
  });
  test("sinusoidal embedding of scalars", async () => {
    const program = compile({ t: [3] }, ({ t }) => ({ embedded: nn.sinusoidal(t, 8, { scale: 1000 }) }));
    const { embedded } = await program.run({ t: [0, 0.25, 1] });
    golden.positions.sinusoidal.forEach((value, i) => {
      expect(Math.abs(embedded[i] - value)).toBeLessThan(1e-4); // float32 angles up to 1000
    });
    await program.release();
  });
});

describe("blocks at their start", () => {
  test("a DiT block is the identity and its head is zero", async () => {
    const block = nn.ditBlock(8, 2);
    const head = nn.ditHead(8, 5);
    nn.module({ block, head }).parameters.initialize(1);
    const program = compile({ x: [2, 3, 8], c: [2, 8] }, ({ x, c }) => {
      const hidden = block(x, c);
      return { change: hidden.sub(x).abs().max(), top: head(hidden, c).abs().max() };
    });
    const x = Float32Array.from({ length: 48 }, (_, i) => Math.sin(i));
    expect(await program.run({ x, c: x.subarray(0, 16) })).toEqual({
      change: Float32Array.of(0),
      top: Float32Array.of(0),
    });
    await program.release();
  });

  test("inputs that do not fit are refused with both shapes", () => {
    const x = constant(new Float32Array(12), [3, 4]);
    expect(() => nn.linear(5, 2)(x)).toThrow("linear(5, 2): the input's last axis must be 5, got [3, 4].");
    expect(() => nn.layerNorm(5)(x)).toThrow("axis -1 of the input must be 5, got [3, 4]");
    expect(() => nn.groupNorm(1, 3)(x)).toThrow("axis 1 of the input must be 3");
    expect(() => nn.attention(4, 2)(x)).toThrow("needs [B, N, 4], got [3, 4]");
    expect(() => nn.attention(10, 3)).toThrow("3 heads do not divide the width 10");
    expect(() => nn.groupNorm(4, 10)).toThrow("4 groups do not divide 10 channels; take 2");
    expect(() => nn.linear(0, 2)).toThrow("inputs must be a positive integer, got 0");
    expect(() => nn.conv2d(4, 6, 3, { groups: 4 })).toThrow("4 groups do not divide");
    expect(() => nn.residualBlock(4, 4, { conditionWidth: 3 })(constant(new Float32Array(64), [1, 4, 4, 4]))).toThrow(
      "takes a condition",
    );
  });

  test("group counts divide the channels with at least four each, 32 at most", () => {
    expect([3, 4, 6, 10, 16, 64, 100, 128, 512].map(nn.groupCount)).toEqual([1, 1, 1, 2, 4, 16, 25, 32, 32]);
  });
});
