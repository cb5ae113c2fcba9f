import type { LabelledClip } from "../../src/data/motion-dataset.js";
import type { Ask } from "../../src/judges/motion/judged.js";
import { MotionModel } from "../../src/methods/motion/model.js";
import { type Stretch, stretchesOf } from "../../src/methods/motion/sampler.js";
import type { Clip } from "../../src/motion/index.js";
import type { Random } from "../../src/random/index.js";
import { type Drawing, STEPS } from "./variants.js";

/** Seconds of a motion that is judged. */
export const SECONDS = 4.8;
const FPS = 20;
/** Seconds of one that shows a first and a second thing. */
export const TWICE = 9.6;

/** Draws in pieces, each given the end of the one before it. */
export class Chunks extends MotionModel {
  pieces: Drawing["pieces"];

  protected override stretchesOf(options: Parameters<MotionModel["stretchesOf"]>[0]): Stretch[] {
    if (!this.pieces) return super.stretchesOf(options);
    return stretchesOf(this.blocksOf(options), this.pieces.blocks, this.pieces.shared);
  }
}

/**
 * First frames of what is drawn anew: of each piece; without pieces, of the blocks that are nearest to those places, so
 * that as many are measured.
 */
export function seamsOf({ pieces }: Drawing, perBlock: number): number[] {
  const frames = TWICE * FPS;
  if (!pieces) return [48, 92, 136, 180].map((place) => perBlock * Math.round(place / perBlock));
  const [piece, step] = [pieces.blocks * perBlock, (pieces.blocks - pieces.shared) * perBlock];
  return Array.from({ length: Math.ceil((frames - piece) / step) }, (_, i) => piece + i * step);
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
  { lag, pieces, seconds, seed, guidance }: Drawing & { seconds: number; seed: number; guidance: number },
): Promise<Clip[]> {
  model.pieces = pieces;
  const { clips } = await model.sample({
    ...{ prompt: prompts, count: prompts.length, seconds, steps: STEPS, lag, seed, guidance, feet: "planted" },
    ...(pieces && { sampler: "renoise" as const }),
  });
  return [...clips];
}
