import { expect, test } from "vitest";
import { characterTokenizer, type Tokenizer, trainBpe } from "../../src/data/tokens/tokenizer.js";
import {
  evaluateLikelihood,
  evaluateText,
  kneserNeyJudge,
  measureTextReference,
  type TextJudge,
} from "../../src/judges/text.js";
import { discreteNetwork } from "../../src/methods/discrete/network.js";
import { discreteShape } from "../../src/methods/discrete/shape.js";
import { TextModel } from "../../src/methods/discrete/text-model.js";
import { trainKneserNey } from "../../src/metrics/index.js";
import * as nn from "../../src/nn/index.js";
import { Random } from "../../src/random/index.js";
import { chain as text } from "../methods/chain.js";

const LENGTH = 16;
/** An untrained model, which finds every token equally likely; with a deviation, one of random weights. */
function modelWith(tokenizer: Tokenizer, deviation = 0): TextModel {
  const network = { kind: "transformer", width: 8, heads: 1, blocks: 1, condition: 8 };
  const shape = discreteShape.parse({ process: "uniform", vocabulary: tokenizer.size, length: LENGTH, network });
  const net = discreteNetwork(shape);
  const parameters = nn.initialize(net, 1);
  const random = new Random(2, "weights");
  parameters.flat.forEach((_, i) => void (parameters.flat[i] += deviation * random.normal()));
  const config = { network: shape, classNames: null, name: "untrained" } as never;
  return new TextModel(config, shape, net, tokenizer, { threads: 1 });
}
const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;
/** A judge to whom every token is one of eight. */
const eighth: TextJudge = {
  name: "one of eight",
  nats: (tokens, length) => new Float64Array(tokens.length / length).fill(length * Math.log(8)),
};

test("of equally likely characters each costs the logarithm of their number to base two", async () => {
  const model = modelWith(characterTokenizer("abcd "));
  const reference = await measureTextReference(model, text, eighth);
  const [bits, perplexity] = await evaluateLikelihood(model, reference, { draws: 100, seed: 1 });
  expect(Math.abs(bits.value / Math.log2(5) - 1)).toBeLessThan(0.05);
  expect(Math.abs(perplexity.value / 5 - 1)).toBeLessThan(0.1);
  expect(bits.floor).toBeCloseTo(3, 10);
  await model.release();
});

test.each([
  ["characters", characterTokenizer("abcd ")],
  ["tokens of several characters", trainBpe(text.train, 40)],
])("bits per character of %s are the bound in nats, over ln 2 and the characters", async (_, tokenizer) => {
  const model = modelWith(tokenizer);
  const reference = await measureTextReference(model, text, eighth);
  const { test } = reference.data;
  const limit = 24;
  const nats = await model.nelbos(test, { limit, draws: 3, seed: 5 });
  const characters = Array.from(nats, (_, i) => tokenizer.decode(test.at(i)).length).reduce((a, b) => a + b);
  const perCharacter = (limit * LENGTH) / characters / Math.LN2;
  const [bits, perplexity] = await evaluateLikelihood(model, reference, { limit, draws: 3, seed: 5 });
  expect(bits).toMatchObject({ n: limit, features: "tokens", reference: "chain test" });
  expect(bits.value).toBeCloseTo(mean(nats) * perCharacter, 10);
  expect(bits.floor).toBeCloseTo(Math.log(8) * perCharacter, 10);
  expect(perplexity.value).toBeCloseTo(Math.exp(mean(nats)), 10);
  // Normal intervals of the mean
  const deviation = Math.sqrt(mean(nats.map((v) => (v - mean(nats)) ** 2)) / limit);
  const [low, high] = bits.interval!;
  expect(Math.abs((high - low) / (2 * 1.96 * deviation * perCharacter) - 1)).toBeLessThan(0.3);
  expect((low + high) / 2).toBeCloseTo(bits.value, 10);
  expect(perplexity.interval!.map((v) => Math.log(v) * perCharacter)).toEqual(
    [low, high].map((v) => expect.closeTo(v, 8)),
  );
  if (tokenizer.size > 5) expect(characters).toBeGreaterThan(1.5 * limit * LENGTH);
  await model.release();
});

test("samples are those of the options, judged per token", async () => {
  const model = modelWith(characterTokenizer("abcd "), 0.5);
  /** Each token costs its number. */
  const sums: TextJudge = {
    name: "sums",
    nats: (tokens, length) =>
      Float64Array.from({ length: tokens.length / length }, (_, i) =>
        tokens.subarray(i * length, (i + 1) * length).reduce((a, b) => a + b, 0),
      ),
  };
  const reference = await measureTextReference(model, text, sums);
  expect(Math.log(reference.real.perplexity)).toBeCloseTo(2, 1); // the chain visits 0 … 4 equally often
  for (const options of [
    { count: 40, steps: 3, seed: 4 },
    { count: 40, steps: 5, seed: 4, sampler: "constant", kappa: 0.5, nucleus: 0.6, final: "greedy" },
  ] as const) {
    const tokens = (await model.sample(options)).tokens!;
    const { metrics, ...about } = await evaluateText(model, reference, { sample: options });
    const { count, steps, seed } = options;
    expect(about).toMatchObject({ options, seed, nfe: steps + 1, model: "untrained", data: "chain test" });
    const [perplexity, entropy] = metrics;
    expect(perplexity.value).toBeCloseTo(Math.exp(mean(tokens)), 8);
    expect(perplexity.floor).toBe(reference.real.perplexity);
    const spread = Array.from({ length: count }, (_, i) => {
      const row = tokens.subarray(i * LENGTH, (i + 1) * LENGTH);
      const shares = [0, 1, 2, 3, 4].map((token) => row.filter((t) => t === token).length / LENGTH);
      return -shares.reduce((sum, p) => sum + (p > 0 ? p * Math.log(p) : 0), 0);
    });
    expect(entropy.value).toBeCloseTo(mean(spread), 8);
    expect(entropy.floor).toBe(reference.real.entropy);
  }
  await model.release();
});

test("a single sample has no interval, and none has one without resamples; other numbers of them are refused", async () => {
  const model = modelWith(characterTokenizer("abcd "));
  const reference = await measureTextReference(model, text, eighth);
  const sample = { count: 1, steps: 1 };
  const intervals = async (options: { resamples?: number; count?: number }) => {
    const { resamples, count = 3 } = options;
    const { metrics } = await evaluateText(model, reference, { sample: { ...sample, count }, resamples });
    const bounds = await evaluateLikelihood(model, reference, { limit: count, draws: 1, resamples });
    return [...metrics, ...bounds].map(({ interval }) => interval);
  };
  expect(await intervals({ count: 1 })).toEqual([null, null, null, null]);
  expect(await intervals({ resamples: 0 })).toEqual([null, null, null, null]);
  expect(await intervals({})).not.toContain(null);
  for (const resamples of [-1, 1, 1.5]) {
    const message = `resamples must be 0 or a whole number of at least 2, got ${resamples}`;
    await expect(evaluateText(model, reference, { sample, resamples })).rejects.toThrow(message);
    await expect(evaluateLikelihood(model, reference, { limit: 2, resamples })).rejects.toThrow(message);
  }
  await model.release();
});

test("without a judge of its own a text has n-grams of its judges' part, as long as they fit into a number", () => {
  const random = new Random(3);
  for (const [vocabulary, longest, order] of [
    [5, undefined, 6],
    [5, 3, 3],
    [1000, undefined, 5], // 1000⁵ < 2⁵³ < 1000⁶
    [50_257, undefined, 3],
  ] as const) {
    const judgeTokens = Int32Array.from({ length: 400 }, () => random.integer(vocabulary));
    const judge = kneserNeyJudge({ judgeTokens, vocabulary } as never, longest);
    expect(judge.name).toBe(`Kneser–Ney of order ${order}`);
    const model = trainKneserNey(judgeTokens, { order, vocabulary });
    const tokens = judgeTokens.map((token, i) => (i % 3 === 0 ? 0 : token)).subarray(0, 60);
    const nats = [0, 1, 2].map((i) => model.nats(tokens.slice(20 * i, 20 * i + 20)));
    expect(Array.from(judge.nats(tokens, 20) as Float64Array)).toEqual(nats);
  }
});
