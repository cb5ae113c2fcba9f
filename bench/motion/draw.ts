import type { LabelledClip } from "../../src/data/motion-dataset.js";
import type { Ask } from "../../src/judges/motion/judged.js";
import { MotionModel } from "../../src/methods/motion/model.js";
import type { Stretch } from "../../src/methods/motion/sampler.js";
import type { Clip } from "../../src/motion/index.js";
import type { Random } from "../../src/random/index.js";
import { STEPS } from "./variants.js";

/** Seconds of a motion that is judged. */
export const SECONDS = 4.8;
/** Seconds of one that shows a first and a second thing. */
export const TWICE = 9.6;

/** Draws in pieces of so many blocks, each given the last block of the one before it. */
export class Chunks extends MotionModel {
  chunk = Number.POSITIVE_INFINITY;

  protected override stretchesOf(options: Parameters<MotionModel["stretchesOf"]>[0]): Stretch[] {
    if (!Number.isFinite(this.chunk)) return super.stretchesOf(options);
    const blocks = this.blocksOf(options);
    const stretches: Stretch[] = [];
    for (let start = 0; stretches.length === 0 || start + 1 < blocks; start += this.chunk - 1)
      stretches.push({ start, blocks: Math.min(this.chunk, blocks - start), known: start === 0 ? 0 : 1 });
    return stretches;
  }
}

/** Captions of segments of test clips, as many of each action as can be. */
export function asks(clips: readonly LabelledClip[], count: number, random: Random): Ask[] {
  const byLabel = new Map<number, string[]>();
  for (const { segments } of clips)
    for (const { captions, label } of segments) byLabel.set(label, [...(byLabel.get(label) ?? []), ...captions]);
  const labels = [...byLabel.keys()].sort((a, b) => a - b);
  return Array.from({ length: count }, (_, i) => {
    const label = labels[i % labels.length];
    return { prompt: random.choice(byLabel.get(label)!), label };
  });
}

/** Motions of prompts, in batches of one kind. */
export async function draw(
  model: Chunks,
  prompts: readonly string[],
  {
    lag,
    chunks,
    seconds,
    seed,
    guidance,
  }: { lag: number; chunks?: number; seconds: number; seed: number; guidance: number },
): Promise<Clip[]> {
  model.chunk = chunks ?? Number.POSITIVE_INFINITY;
  const { clips } = await model.sample({
    ...{ prompt: prompts, count: prompts.length, seconds, steps: STEPS, lag, seed, guidance, feet: "planted" },
    ...(chunks !== undefined && { sampler: "renoise" as const }),
  });
  return [...clips];
}
