import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resolveText } from "../src/data/index.js";
import { evaluateLikelihood, measureTextReference } from "../src/judges/text.js";
import { type DiscreteSettings, presets } from "../src/methods/discrete/settings.js";
import { trainDiscrete } from "../src/methods/discrete/train.js";
import { loadTextModel } from "../src/methods/load.js";
import { type BenchOptions, median, round } from "./report.js";

const KINDS = ["topk", "softmax", "none"] as const;
const SEEDS = [0, 1, 2];
const STEPS = 400;

/**
 * Bits per character of test text after the same steps (the first half with a curriculum, or none), Duo on `text-mix`:
 * three seeds that differ in weights, order and noise.
 */
export async function curriculumQuality({ note, quick, threads }: BenchOptions) {
  const dataset = await resolveText("text-mix");
  const folder = await mkdtemp(join(tmpdir(), "fewstep-curriculum-"));
  const { curriculum, training } = presets.tiny;
  const steps = quick ? STEPS / 10 : STEPS;
  const bits: Record<string, number[]> = {};
  const seconds: Record<string, number[]> = {};
  try {
    for (const seed of quick ? [0] : SEEDS)
      for (const kind of KINDS) {
        const out = join(folder, `${kind}-${seed}`);
        const settings: DiscreteSettings = {
          ...presets.tiny,
          seed,
          curriculum: { ...curriculum, kind },
          training: { ...training, steps },
        };
        const options = { out, threads, sampleEvery: 0, onProgress: () => {} };
        const result = await trainDiscrete(dataset, settings, options);
        const model = await loadTextModel(out, { threads });
        const reference = await measureTextReference(model, dataset, { name: "none", nats: () => new Float64Array(1) });
        const [{ value }] = await evaluateLikelihood(model, reference, { limit: 2048, draws: 8 });
        await model.release();
        (bits[kind] ??= []).push(round(value, 4));
        (seconds[kind] ??= []).push(Math.round(result.seconds));
        note(`${kind}, seed ${seed}: ${round(value, 4)} bits per character, ${Math.round(result.seconds)} s`);
      }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return KINDS.map((kind) => ({
    kind,
    steps,
    bits: bits[kind],
    median: round(median(bits[kind]), 4),
    seconds: seconds[kind],
  }));
}
