import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { characterTokenizer } from "../../src/data/tokens/tokenizer.js";
import { LanguageModel } from "../../src/judges/language-model/model.js";
import { presets } from "../../src/judges/language-model/settings.js";
import { trainLanguageModel } from "../../src/judges/language-model/train.js";
import { evaluateLikelihood, evaluateText, measureTextReference } from "../../src/judges/text.js";
import { presets as discretePresets } from "../../src/methods/discrete/settings.js";
import { trainDiscrete } from "../../src/methods/discrete/train.js";
import { loadTextModel } from "../../src/methods/load.js";
import { RATE, chain as text } from "../methods/chain.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fewstep-judge-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const settings = { ...presets.tiny, length: 16, width: 32, heads: 2, blocks: 1, batch: 32, steps: 150, lr: 1e-2 };

test("an autoregressive judge learns the chain, looks at the past only, and judges samples beside real text", async () => {
  const out = join(folder, "judge");
  await trainLanguageModel(text, settings, { out, onProgress: () => {} });
  const judge = await LanguageModel.load(out);
  const real = judge.tokenizer.encode(text.test.slice(0, 1600));
  const nats = await judge.nats(real, 16);
  const perToken = nats.reduce((sum, v) => sum + v, 0) / real.length;
  // The first letter of a sequence cannot be known
  const entropy = (15 * RATE + Math.log(5)) / 16;
  expect(perToken).toBeGreaterThan(entropy - 0.06);
  expect(perToken).toBeLessThan(entropy + 0.1);

  // −log p of a prefix: that of the whole less that of what follows; what follows must not change it
  const [a, b] = [real.slice(0, 16), real.slice(0, 16)];
  b.fill(0, 8);
  const prefix = async (tokens: Int32Array) => (await judge.nats(tokens.slice(0, 8), 8))[0];
  expect(await prefix(a)).toBeCloseTo(await prefix(b), 5);
  const whole = (await judge.nats(b, 16))[0];
  expect(whole).toBeGreaterThan(await prefix(b));
  await expect(
    judge.nats(
      Int32Array.from({ length: 16 }, () => 9),
      16,
    ),
  ).rejects.toThrow("outside the judge's vocabulary");

  const generator = join(folder, "generator");
  await trainDiscrete(
    text,
    {
      ...discretePresets.tiny,
      process: "masked",
      length: 16,
      network: { kind: "transformer", width: 32, heads: 2, blocks: 2, condition: 32, tied: false },
      training: { ...discretePresets.tiny.training, batch: 32, steps: 300, lr: 4e-3, emaDecay: 0.9 },
    },
    { out: generator, sampleEvery: 0, onProgress: () => {} },
  );
  const model = await loadTextModel(generator);
  for (const by of [undefined, judge]) {
    const reference = await measureTextReference(model, text, by);
    const [bits] = await evaluateLikelihood(model, reference, { draws: 2 });
    expect(bits.value).toBeGreaterThan(entropy / Math.LN2 - 0.05);
    expect(bits.floor).toBeGreaterThan(entropy / Math.LN2 - 0.1);
    const few = await evaluateText(model, reference, { sample: { count: 64, steps: 1 } });
    const many = await evaluateText(model, reference, { sample: { count: 64, steps: 32 } });
    expect([few.nfe, many.nfe]).toEqual([2, 33]);
    expect(many.metrics[0].value).toBeGreaterThan(0.9 * many.metrics[0].floor!);
    // All positions at once, independently, are no chain. Kneser–Ney's lower orders know too little of five letters to
    // tell
    if (by) expect(few.metrics[0].value).toBeGreaterThan(1.3 * many.metrics[0].value);
    expect(many.metrics[1].floor).toBeCloseTo(Math.log(5), 0);
  }
  const { tokenizer } = model;
  const other = { name: "another", tokenizer: characterTokenizer("abc"), nats: (t: Int32Array) => judge.nats(t, 16) };
  await expect(measureTextReference(model, text, other)).rejects.toThrow("another reads 3 tokens of its own");
  expect(JSON.stringify(tokenizer)).toBe(JSON.stringify(judge.tokenizer));
  await judge.release();
  await model.release();
  await expect(LanguageModel.load(generator)).rejects.toThrow('a "discrete" model does not judge text');
});
