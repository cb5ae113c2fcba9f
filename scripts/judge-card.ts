/**
 * Writes the card of the shipped judge of text from a fresh measurement: `npm run judge-card`. The section "Limits" of
 * an existing card is kept; everything above it is written anew.
 */

import { join } from "node:path";
import { resolveText } from "../src/data/index.js";
import { gather } from "../src/data/tokens/sequences.js";
import { textSequences } from "../src/data/tokens/text-sequences.js";
import { LanguageModel } from "../src/judges/language-model/model.js";
import { kneserNeyJudge, type TextJudge } from "../src/judges/text.js";
import { bootstrapMean } from "../src/metrics/index.js";
import { mean } from "../src/metrics/quantile.js";
import { Random } from "../src/random/index.js";
import { figure, writeCard } from "./card.js";

const [name = "judge-text"] = process.argv.slice(2);
const folder = join(import.meta.dirname, "../models", name);
const judge = await LanguageModel.load(folder, { threads: 1 });
const dataset = await resolveText(String(judge.config.training.data));
const { length } = judge.shape;
const data = await textSequences(dataset, { tokens: { kind: "characters" }, length }, judge.tokenizer);
const all = Int32Array.from({ length: data.test.count }, (_, i) => i);
const tokens = gather(data.test, all);

/** Bits of a character of the test text, each sequence by itself, with a 95 % interval over the sequences. */
async function bitsUnder(reader: TextJudge) {
  const nats = await reader.nats(tokens, length);
  const bits = Float64Array.from(nats, (sum) => sum / length / Math.LN2);
  return { value: mean(bits), interval: bootstrapMean(bits, { random: new Random(0, "resamples") }) };
}

const counted = kneserNeyJudge(data);
const metrics = [
  { name: "Bits per character", ...(await bitsUnder(judge)) },
  { name: `Bits per character of ${counted.name}`, ...(await bitsUnder(counted)) },
].map((one) => ({ ...one, floor: null, features: "tokens", n: all.length, reference: `${dataset.id} test` }));
const path = await writeCard(folder, {
  config: judge.config,
  name,
  what:
    "An autoregressive transformer that judges text of 26 letters and the space: what each character costs after those before it. " +
    "It draws nothing, and has learnt from the part of the text that is kept for judges: no generator has seen it.",
  shown: [`The studio's page Text shows its figure of every step of duo-text, mdlm-text and duo-text-distilled.`],
  data: {
    ...dataset,
    size: `${data.judgeTokens.length} characters for judges to learn from, ${dataset.test.length} to test`,
  },
  measured: [
    `The whole test text in sequences of ${length} characters, each judged without what stands before it; 95 % intervals over ${all.length} sequences. The n-grams have counted the same part of the text.`,
    "",
    "| judge | bits per character | perplexity per character |",
    "|---|---|---|",
    ...metrics.map(
      ({ value, interval: [low, high] }, i) =>
        `| ${i === 0 ? name : counted.name} | ${figure(value)} (${figure(low)} … ${figure(high)}) | ${figure(2 ** value)} |`,
    ),
  ],
  metrics: { data: `${dataset.id} test`, metrics },
});
process.stdout.write(`${path}\n`);
await judge.release();
