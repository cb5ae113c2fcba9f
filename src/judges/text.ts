import type { TextDataset } from "../data/index.js";
import { gather, type TextData } from "../data/tokens/sequences.js";
import { textSequences } from "../data/tokens/text-sequences.js";
import type { Tokenizer } from "../data/tokens/tokenizer.js";
import { requireKnown } from "../io/known.js";
import { OptionError } from "../io/wrong-use.js";
import { lineShares, type MetricReport, trainKneserNey, unigramEntropies } from "../metrics/index.js";
import { mean } from "../metrics/quantile.js";
import type { SampleOptions, TextGenerator } from "../models/generator.js";
import { Random } from "../random/index.js";
import { pause } from "../runtime/pause.js";
import { intervalOfMean, requireResamples } from "./resamples.js";

/** What judges samples of text: learnt from held-out text, never from samples or from what the model learnt. */
export interface TextJudge {
  /** Such as "Kneser–Ney of order 6". */
  readonly name: string;
  /** Where the judge reads tokens of its own tokenizer: must be the model's. */
  readonly tokenizer?: Tokenizer;
  /** −log p of each sequence of `length` tokens, summed over its tokens, in nats. */
  nats(tokens: Int32Array, length: number, options?: { signal?: AbortSignal }): Float64Array | Promise<Float64Array>;
}

/** Tokens that a judge learns from at most: what is counted of them must fit into memory. */
const JUDGE_TOKENS = 2 ** 22;

/**
 * An interpolated Kneser–Ney model of the data's part for judges (its first 4 million tokens); default order 6, or as
 * long as n-grams of the vocabulary can be.
 */
export function kneserNeyJudge({ judgeTokens, vocabulary }: TextData, longest = 6): TextJudge {
  const order = Math.min(longest, Math.floor(53 / Math.log2(vocabulary)));
  const model = trainKneserNey(judgeTokens.subarray(0, JUDGE_TOKENS), { order, vocabulary });
  return {
    name: `Kneser–Ney of order ${order}`,
    nats: (tokens, length) =>
      Float64Array.from({ length: tokens.length / length }, (_, i) =>
        model.nats(tokens.subarray(i * length, (i + 1) * length)),
      ),
  };
}

export interface TextEvaluateOptions {
  /** What the samples are asked for; of these 64 by default. */
  sample?: SampleOptions;
  /** Bootstrap resamples; default 200, 0 leaves intervals out; a single sample has none. */
  resamples?: number;
  /** Aborting ends the work between two of its parts; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

export interface LikelihoodOptions {
  /** Test sequences at most; default all. */
  limit?: number;
  draws?: number;
  seed?: number;
  resamples?: number;
  /** As in `evaluateText`. */
  signal?: AbortSignal;
}

/** How samples were made, and what they are worth. */
export interface TextEvaluation {
  model: string;
  data: string;
  /**
   * What the samples were asked for; figures hold for one nucleus only: a smaller one makes samples likelier and less
   * varied.
   */
  options: SampleOptions;
  nfe: number;
  seed: number;
  metrics: MetricReport[];
}

/** The text that a model was trained on as its own tokens, and a judge of samples. */
export interface TextReference {
  dataset: TextDataset;
  data: TextData;
  judge: TextJudge;
  /** Judge's perplexity and unigram entropy of held-out text: the floors of samples. */
  real: { perplexity: number; entropy: number };
}

export async function measureTextReference(
  model: TextGenerator,
  dataset: TextDataset,
  judge?: TextJudge,
  { signal }: { signal?: AbortSignal } = {},
): Promise<TextReference> {
  signal?.throwIfAborted();
  if (judge?.tokenizer && JSON.stringify(judge.tokenizer) !== JSON.stringify(model.tokenizer))
    throw new Error(
      `${judge.name} reads ${judge.tokenizer.size} tokens of its own, ${model.config.name} draws ${model.tokenizer.size} others; train the judge on the same data with the same tokens.`,
    );
  const data = await textSequences(dataset, { tokens: { kind: "characters" }, length: model.length }, model.tokenizer);
  await pause(signal);
  const reader = judge ?? kneserNeyJudge(data);
  await pause(signal);
  const { length } = model;
  const rows = new Random(0, "real").permutation(data.test.count).subarray(0, 512);
  const tokens = gather(data.test, rows);
  const real = {
    perplexity: Math.exp(mean(await reader.nats(tokens, length, { signal })) / length),
    entropy: mean(unigramEntropies(tokens, length)),
  };
  return { dataset, data, judge: reader, real };
}

/** Noise levels at least in a likelihood, over all sequences. */
const LEVELS = 1024;

/**
 * Bound of the test text's bits per character, without its end terms (@see sequenceNelbos): `draws` noise levels per
 * sequence, by default one, as in the papers, or as many as make 1,024 of few sequences.
 */
export async function evaluateLikelihood(
  model: TextGenerator,
  { data, dataset, judge }: TextReference,
  options: LikelihoodOptions = {},
): Promise<MetricReport[]> {
  requireKnown("evaluateLikelihood", options, ["limit", "draws", "seed", "resamples", "signal"]);
  const { limit, resamples, seed = 0, draws, signal } = options;
  for (const [name, value] of Object.entries({ limit, draws }))
    if (value !== undefined && !(Number.isInteger(value) && value >= 1))
      throw new OptionError(`${name} must be a whole number of at least 1, got ${value}.`);
  requireResamples(resamples);
  if (!model.nelbos) throw new Error(`${model.config.name} has no bound of a text's likelihood.`);
  const random = new Random(seed, "bootstrap");
  const sequences = Math.max(1, Math.min(data.test.count, limit ?? data.test.count));
  const nats = await model.nelbos(data.test, {
    limit,
    seed,
    signal,
    draws: draws ?? Math.ceil(LEVELS / sequences),
  });
  const { length } = model;
  const indices = Int32Array.from(nats, (_, i) => i);
  const characters = indices.reduce((sum, i) => sum + [...model.tokenizer.decode(data.test.at(i))].length, 0);
  const perCharacter = (length * nats.length) / characters;
  const own = await judge.nats(gather(data.test, indices), length, { signal });
  const value = mean(nats);
  const scale = perCharacter / Math.LN2;
  const interval = intervalOfMean(nats, { resamples, random });
  return [
    {
      name: "NELBO without end terms, bits per character (floor: the judge's own)",
      value: value * scale,
      interval: interval && [interval[0] * scale, interval[1] * scale],
      floor: (mean(own) / length) * scale,
      features: "tokens",
      n: nats.length,
      reference: `${dataset.id} test`,
    },
    {
      name: "Perplexity per token (bound, without end terms)",
      value: Math.exp(value),
      interval: interval && [Math.exp(interval[0]), Math.exp(interval[1])],
      floor: null,
      features: "tokens",
      n: nats.length,
      reference: `${dataset.id} test`,
    },
  ];
}

/** Draws texts and judges them; for models of lines also what is known, new and real. */
export async function evaluateText(
  model: TextGenerator,
  reference: TextReference,
  evaluation: TextEvaluateOptions = {},
): Promise<TextEvaluation> {
  requireKnown("evaluateText", evaluation, ["sample", "resamples", "signal"]);
  const { sample = {}, resamples, signal } = evaluation;
  const options = { count: 64, ...sample };
  const { seed = 0 } = options;
  requireResamples(resamples);
  if (sample.length !== undefined && sample.length !== model.length)
    throw new OptionError(`Texts are judged at the model's own length, ${model.length} tokens; leave out length.`);
  const { tokens } = await model.sample(options, { signal });
  if (!tokens) throw new Error(`${model.config.name} does not tell the tokens of its texts, which a judge reads.`);
  const metrics = await judgeTokens(model, reference, tokens, { resamples, seed, signal });
  return {
    model: model.config.name,
    data: `${reference.dataset.id} test`,
    options: model.options.parse(options),
    nfe: model.cost(options),
    seed,
    metrics,
  };
}

/** Judge's perplexity and unigram entropy of token sequences, beside those of as many held-out ones. */
export async function judgeTokens(
  model: TextGenerator,
  { dataset, judge, real }: TextReference,
  tokens: Int32Array,
  { resamples, seed = 0, signal }: { resamples?: number; seed?: number; signal?: AbortSignal } = {},
): Promise<MetricReport[]> {
  const { length } = model;
  const random = new Random(seed, "bootstrap");
  await pause(signal);
  const nats = await judge.nats(tokens, length, { signal });
  const spread = unigramEntropies(tokens, length);
  const perToken = nats.map((v) => v / length);
  const interval = intervalOfMean(perToken, { resamples, random });
  const common = { n: nats.length, reference: `${dataset.id} test` };
  return [
    {
      name: `Perplexity per token under ${judge.name}`,
      value: Math.exp(mean(perToken)),
      interval: interval && [Math.exp(interval[0]), Math.exp(interval[1])],
      floor: real.perplexity,
      features: judge.name,
      ...common,
    },
    {
      name: "Unigram entropy (nats)",
      value: mean(spread),
      interval: intervalOfMean(spread, { resamples, random }),
      floor: real.entropy,
      features: "tokens",
      ...common,
    },
    ...(model.lines ? sharesOfLines(model, dataset, tokens) : []),
  ];
}

/**
 * Which samples of a model of lines are new, and which of the new ones are real; the floors are those of the held-out
 * test lines.
 */
function sharesOfLines(model: TextGenerator, dataset: TextDataset, tokens: Int32Array): MetricReport[] {
  const { length } = model;
  const samples = Array.from({ length: tokens.length / length }, (_, i) =>
    model.decode(tokens.subarray(i * length, (i + 1) * length)),
  );
  const training = new Set(dataset.train.lines());
  const test = [...dataset.test.lines()];
  const judged = new Set(dataset.judge.lines());
  const shares = lineShares(samples, training, new Set([...judged, ...test]));
  const floors = lineShares(test, training, judged);
  const report = (name: string, value: number, floor: number | null): MetricReport => ({
    name,
    value,
    floor,
    interval: null,
    features: "lines",
    n: samples.length,
    reference: `${dataset.id} training`,
  });
  return [
    report("Share valid (all neighbouring characters occur)", shares.valid, floors.valid),
    report("Share novel (not in the training lines)", shares.novel, floors.novel),
    report("Share novel and real (held-out lines)", shares.real, null),
    report("Share distinct", shares.distinct, floors.distinct),
  ];
}
