import type { TransformerShape } from "./shape.js";

/** Some of a motion's blocks: when they are what, and what they show. */
export interface Blocks {
  /** Times 0 (noise) to 1 (clean), a block each. */
  readonly times: ArrayLike<number>;
  /** Which caption each shows. */
  readonly captions: ArrayLike<number>;
}

/**
 * Which tokens see which, [n·block, n·block] of 0 and 1: causal, tokens see those of their own and of earlier blocks;
 * with a window, those of blocks that are not clean yet also see later ones that have begun (0 < t < 1).
 */
export function selfMask(
  { times }: Pick<Blocks, "times">,
  { block, attention }: Pick<TransformerShape, "block" | "attention">,
) {
  const tokens = times.length * block;
  const mask = new Uint8Array(tokens * tokens);
  for (let i = 0; i < tokens; i++)
    for (let j = 0; j < tokens; j++) {
      const [own, other] = [Math.floor(i / block), Math.floor(j / block)];
      mask[i * tokens + j] = other <= own || (attention === "window" && times[own] < 1 && begun(times[other])) ? 1 : 0;
    }
  return mask;
}

/** Neither noise nor clean. */
const begun = (t: number): boolean => t > 0 && t < 1;

/**
 * Which words each token sees, [n·block, C·S] of 0 and 1: those of its own block's caption. `signs` are those of C captions,
 * [C, S, 2].
 */
export function textMask(
  { captions }: Pick<Blocks, "captions">,
  { signs, length }: { signs: Float32Array; length: number },
  block: number,
): Uint8Array {
  const words = signs.length / 2;
  const mask = new Uint8Array(captions.length * block * words);
  for (let i = 0; i < captions.length * block; i++) {
    const caption = captions[Math.floor(i / block)];
    for (let s = caption * length; s < (caption + 1) * length; s++) mask[i * words + s] = signs[2 * s] === 0 ? 0 : 1;
  }
  return mask;
}
