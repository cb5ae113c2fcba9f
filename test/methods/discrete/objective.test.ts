import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { decodeUtf8 } from "../../../src/data/index.js";
import { discreteShape, shapes } from "../../../src/methods/discrete/config.js";
import { distillationLoss } from "../../../src/methods/discrete/distillation.js";
import { discreteNetwork, transformer } from "../../../src/methods/discrete/network.js";
import {
  levelsOf,
  maskedLoss,
  maskedNelbo,
  uniformLoss,
  uniformNelbo,
  uniformNelboDirect,
} from "../../../src/methods/discrete/objective.js";
import { maskedProcess } from "../../../src/methods/discrete/process.js";
import { characterTokenizer, tokenizerFrom, trainBpe } from "../../../src/methods/discrete/tokenizer.js";
import { countParameters } from "../../../src/nn/index.js";
import { compile } from "../../../src/runtime/index.js";
import { grad } from "../../../src/tensor/index.js";

const golden = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../goldens/psi/${name}.json`, import.meta.url), "utf8"));
const cases = golden("nelbo_tokens").cases.map((c: { K: number; xTheta: number[] | string }) => ({
  ...c,
  x: Float64Array.from(typeof c.xTheta === "string" ? new Array(c.K).fill(1 / c.K) : c.xTheta),
}));

test("both forms equal the golden values and vanish at the truth (O9)", () => {
  for (const c of cases) {
    const state = { clean: c.x0, noisy: c.z, x: c.x, alpha: c.alpha, dAlpha: c.dalpha };
    const tolerance = 1e-9 * Math.max(1, c.nelbo);
    expect(Math.abs(uniformNelboDirect(state) - c.nelbo)).toBeLessThan(tolerance);
    expect(Math.abs(uniformNelbo(state) - c.nelbo)).toBeLessThan(tolerance);
    const truth = c.x.map((_: number, j: number) => (j === c.x0 ? 1 : 0));
    expect(Math.abs(uniformNelbo({ ...state, x: truth }))).toBeLessThan(1e-9);
  }
});

test("the float32 graph equals the golden values, with finite gradients", async () => {
  for (const c of cases) {
    const shape = {
      logits: [1, 1, c.K],
      clean: { shape: [1, 1], dtype: "int32" },
      noisy: { shape: [1, 1], dtype: "int32" },
      alpha: [1],
      rest: [1],
      dAlpha: [1],
    } as const;
    const program = compile(shape, ({ logits, clean, noisy, alpha, rest, dAlpha }) => {
      const loss = uniformLoss(logits, clean, noisy, { alpha, rest, dAlpha }).mean();
      return { loss, gradient: grad(loss, [logits])[0] };
    });
    const out = await program.run({
      logits: Float32Array.from(c.x as Float64Array, Math.log),
      clean: Int32Array.of(c.x0),
      noisy: Int32Array.of(c.z),
      ...levelsOf(Float64Array.of(c.alpha), Float64Array.of(c.dalpha)),
    });
    expect(Math.abs(out.loss[0] - c.nelbo)).toBeLessThan(2e-4 * Math.max(1, c.nelbo));
    expect(out.gradient.every(Number.isFinite)).toBe(true);
  }
});

/** ∫ over alpha in (0, 1) of the expected loss of one token from `p`, by midpoints. */
const integral = (f: (alpha: number) => number, nodes = 4000) =>
  Array.from({ length: nodes }, (_, i) => f((i + 0.5) / nodes) / nodes).reduce((a, b) => a + b);

test("the optimum is the entropy (O10); a uniform prediction costs log K (O24)", () => {
  const p = Float64Array.of(0.7, 0.2, 0.1);
  const entropy = golden("nelbo_total").cases[0].entropy;
  const uniform = (x: Float64Array) =>
    integral((alpha) =>
      p.reduce((sum, mass, clean) => {
        for (let noisy = 0; noisy < 3; noisy++)
          sum +=
            mass *
            ((noisy === clean ? alpha : 0) + (1 - alpha) / 3) *
            uniformNelbo({ clean, noisy, x, alpha, dAlpha: -1 });
        return sum;
      }, 0),
    );
  expect(Math.abs(uniform(p) - entropy)).toBeLessThan(1e-3);
  expect(uniform(Float64Array.of(0.6, 0.3, 0.1))).toBeGreaterThan(entropy);
  expect(Math.abs(uniform(new Float64Array(3).fill(1 / 3)) - Math.log(3))).toBeLessThan(1e-3);
  const hidden = integral((alpha) =>
    p.reduce(
      (sum, mass, clean) =>
        sum + mass * (1 - alpha) * maskedNelbo(maskedProcess(3), { clean, noisy: 3, x: p, alpha, dAlpha: -1 }),
      0,
    ),
  );
  expect(hidden).toBeCloseTo(entropy, 10);
});

test("networks: sizes, a uniform start, all inputs, losses", async () => {
  for (const preset of Object.values(shapes)) expect(discreteShape.parse(preset)).toEqual(preset);
  // The papers' 169,627,218 less the output row and bias of the mask, which is never predicted
  expect(countParameters(discreteNetwork({ ...shapes.small, process: "masked" }))).toBe(169_627_218 - 769);
  const tiny = countParameters(discreteNetwork(shapes.tiny));
  expect(tiny).toBeGreaterThan(0.9e6);
  expect(tiny).toBeLessThan(1.6e6);
  for (const tied of [false, true]) {
    const config = {
      ...shapes.tiny,
      vocabulary: 5,
      length: 4,
      network: { ...shapes.tiny.network, width: 16, heads: 2, blocks: 1, tied },
    };
    const net = transformer(config, config.network);
    net.parameters.initialize(1);
    const int = { shape: [2, 4], dtype: "int32" } as const;
    const program = compile(
      { tokens: int, scaled: [2, 4, 5], indices: { shape: [2, 4, 2], dtype: "int32" }, weights: [2, 4, 2], sigma: [2] },
      ({ tokens, scaled, indices, weights, sigma }) => {
        const hard = net(tokens, sigma);
        const kl = distillationLoss(net({ scaled }, sigma), net({ indices, weights }, sigma));
        const loss = maskedLoss(maskedProcess(5), hard, tokens, tokens.mul(0).add(5), {
          alpha: sigma,
          rest: sigma,
          dAlpha: sigma.neg(),
        });
        return {
          hard,
          kl,
          loss,
          embedded: net.embedding(tokens),
          soft: net.embedding({ scaled }),
          bag: net.embedding({ indices, weights }),
        };
      },
    );
    const tokens = Int32Array.of(0, 1, 2, 3, 4, 0, 1, 2);
    const scaled = new Float32Array(40).fill(-1e3);
    tokens.forEach((t, i) => {
      scaled[i * 5 + t] = 0;
    });
    const out = await program.run({
      tokens,
      scaled,
      indices: Int32Array.from({ length: 16 }, (_, i) => (i % 2 === 0 ? tokens[i / 2] : 0)),
      weights: Float32Array.from({ length: 16 }, (_, i) => (i % 2 === 0 ? 1 : 0)),
      sigma: Float32Array.of(1, 2),
    });
    expect(out.hard.every((v) => v === 0)).toBe(true);
    out.loss.forEach((v) => {
      expect(v).toBeCloseTo(Math.log(5), 5);
    });
    out.kl.forEach((v) => {
      expect(v).toBeCloseTo(0, 6);
    });
    out.embedded.forEach((v, i) => {
      expect(out.soft[i]).toBeCloseTo(v, 5);
      expect(out.bag[i]).toBeCloseTo(v, 5);
    });
  }
});

test("tokenizers give text back and name what they cannot read", () => {
  const text = "the cat sat on the mat; the cat ate. Ünï";
  for (const tokenizer of [characterTokenizer(text), trainBpe(text, 24)]) {
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    const again = tokenizerFrom(JSON.parse(JSON.stringify(tokenizer)));
    expect(again.encode(text)).toEqual(tokenizer.encode(text));
    expect(() => tokenizer.encode("Q")).toThrow('The character "Q" is not in');
    expect(() => tokenizer.decode([999])).toThrow("Token 999 is outside");
  }
  expect(trainBpe(text, 24).encode(text).length).toBeLessThan(text.length);
  expect(() => decodeUtf8(Uint8Array.of(0xff, 0xfe))).toThrow("not valid UTF-8");
});
