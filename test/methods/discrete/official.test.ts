import { describe, expect, test } from "vitest";
import { loadSafetensors } from "../../../src/io/safetensors-file.js";
import { discreteNetwork, inputShapes, processOf } from "../../../src/methods/discrete/network.js";
import { nelbo } from "../../../src/methods/discrete/objective.js";
import { fromOfficial } from "../../../src/methods/discrete/official.js";
import { cleanPosterior, psiPosterior } from "../../../src/methods/discrete/posterior.js";
import { logitPredictions } from "../../../src/methods/discrete/prediction.js";
import { logLinear, sigmaOf } from "../../../src/methods/discrete/schedule.js";
import type { Weights } from "../../../src/models/architecture.js";
import * as nn from "../../../src/nn/index.js";
import { compile } from "../../../src/runtime/index.js";

const golden = async (name: string) => {
  const { tensors } = await loadSafetensors(`test/goldens/duo/${name}.safetensors`);
  return Object.fromEntries(
    Object.entries(tensors as Weights).map(([name, { shape, data }]) => [name, { shape, data }]),
  );
};
const apart = (found: ArrayLike<number>, wanted: ArrayLike<number>): number => {
  expect(found.length).toBe(wanted.length);
  return Array.from(wanted).reduce((most, value, i) => Math.max(most, Math.abs(value - found[i])), 0);
};
/** Of numbers of the order of 1 to 30. */
const CLOSE = 1e-4;
const [B, L, ROWS] = [3, 7, 13];

for (const [name, process] of [
  ["duo", "uniform"],
  ["mdlm", "masked"],
] as const)
  describe(`weights of ${name}, as its official code computes with them:`, async () => {
    const [official, values] = await Promise.all([golden(name), golden(`${name}-values`)]);
    const { shape, weights, unused } = fromOfficial(official, { process, heads: 3, length: L });
    const net = discreteNetwork(shape);
    nn.load(net, weights);
    const own = processOf(shape);
    const tokens = Int32Array.from(values.tokens.data);
    const K = shape.vocabulary;

    const program = compile(
      { ...inputShapes(shape, B), clean: { shape: [B, L], dtype: "int32" }, alpha: [B], rest: [B], dAlpha: [B] },
      ({ tokens, sigma, clean, alpha, rest, dAlpha }) => {
        const logits = net(tokens, sigma);
        return { logits, nll: nelbo(own, logits, clean, tokens, { alpha, rest, dAlpha }) };
      },
      { threads: 1 },
    );
    const { t, s, sigma, alphaT, alphaS, kappa } = values;
    const schedule = logLinear();
    const found = await program.run({
      tokens,
      sigma: sigma.data,
      clean: Int32Array.from(values.clean.data),
      alpha: alphaT.data,
      rest: Float32Array.from(alphaT.data, (a) => 1 - a),
      dAlpha: Float32Array.from(t.data, (at) => schedule.dAlpha(at)),
      labels: new Int32Array(B),
    });
    await program.release();

    test("sizes, and what is left out", () => {
      expect(shape).toMatchObject({ process, vocabulary: process === "masked" ? ROWS - 1 : ROWS, length: L });
      expect(shape.network).toEqual({
        kind: "transformer",
        width: 24,
        heads: 3,
        blocks: 2,
        condition: 10,
        tied: false,
        norm: "layerGain",
        mlp: "geluTanh",
      });
      expect(unused).toEqual(["backbone.rotary_emb.inv_freq"]);
    });

    test("logits", () => {
      const { data } = values.logits;
      const wanted = Float32Array.from({ length: B * L * K }, (_, i) => data[Math.floor(i / K) * ROWS + (i % K)]);
      expect(apart(found.logits, wanted)).toBeLessThan(CLOSE);
    });

    test("its schedule of noise", () => {
      expect(
        apart(
          Array.from(t.data, (at) => schedule.alpha(at)),
          alphaT.data,
        ),
      ).toBeLessThan(1e-6);
      expect(
        apart(
          Array.from(s.data, (at) => schedule.alpha(at)),
          alphaS.data,
        ),
      ).toBeLessThan(1e-6);
      expect(apart(Array.from(alphaT.data, sigmaOf), sigma.data)).toBeLessThan(1e-6);
    });

    test("the bound of the likelihood of each token", () => {
      expect(apart(found.nll, values.nll.data)).toBeLessThan(5 * CLOSE);
    });

    test("what a step of a Ψ-sampler and the last one draw from", () => {
      const predictions = logitPredictions(own, found.logits, { rows: B * L, nucleus: 1 });
      const steps: number[] = [];
      const last: number[] = [];
      tokens.forEach((z, i) => {
        const b = Math.floor(i / L);
        const x = predictions(i).dense().slice();
        steps.push(...psiPosterior(own, z, x, alphaT.data[b], alphaS.data[b], kappa.data[b]));
        last.push(...cleanPosterior(own, z, x, alphaT.data[b]));
      });
      expect(apart(steps, values.psi.data)).toBeLessThan(1e-5);
      expect(apart(last, values.last.data)).toBeLessThan(1e-5);
    });
  });

describe("other weights are refused by name", async () => {
  const official = await golden("duo");
  const read = (tensors: Weights, heads = 3) => fromOfficial(tensors, { process: "uniform", heads, length: 7 });

  test("missing, unknown and wrong ones", () => {
    const { "backbone.blocks.1.attn_qkv.weight": qkv, "backbone.output_layer.linear.bias": _, ...rest } = official;
    const wrong = { shape: [24, 72], data: qkv.data };
    expect(() =>
      read({ ...rest, "backbone.blocks.1.attn_qkv.weight": wrong, "backbone.blocks.0.attn_qkv.bias": wrong }),
    ).toThrow(
      "These weights do not fit Duo and MDLM's network: missing: backbone.output_layer.linear.bias; " +
        'of another size: backbone.blocks.1.attn_qkv.weight [24,72] instead of [72,24]; unknown: "backbone.blocks.0.attn_qkv.bias".',
    );
  });

  test("those of another project, and heads that do not divide the width", () => {
    expect(() => read({})).toThrow(
      "These are no weights of Duo or MDLM: backbone.vocab_embed.embedding is missing. They begin with",
    );
    expect(() => read(official, 5)).toThrow("heads must divide width");
  });
});
