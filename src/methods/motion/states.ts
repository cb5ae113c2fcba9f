import { show } from "../../io/show.js";
import { OptionError } from "../../models/options.js";
import type { StatesShape } from "./shape.js";

/**
 * The words of given states, as rows of a batch: `words` [count, length, width], and in `signs` [count, length, 2] which
 * of them there are. @throws OptionError where they are of another size, or there is a prompt without them
 */
export function givenStates(
  { encoder, length, width }: StatesShape,
  { states, count, prompt }: { states?: Float32Array; count: number; prompt: boolean },
): { words: Float32Array; signs: Float32Array } {
  const words = new Float32Array(count * length * width);
  const signs = new Float32Array(count * length * 2);
  const needs = `the last hidden states of ${encoder} for each piece of the prompt's words, Float32Array [count · pieces · ${width}]`;
  if (prompt !== (states !== undefined))
    throw new OptionError(
      prompt
        ? `This model has no text encoder of its own; a prompt comes with its \`states\`: ${needs}.`
        : "There are states but no prompt; give the prompt too, which is kept with the motions.",
    );
  if (states === undefined) return { words, signs };
  const given = states.length / count / width;
  if (!(states instanceof Float32Array) || !Number.isInteger(given) || given < 1 || given > length)
    throw new OptionError(
      `states are ${needs}, of at most ${length} pieces; for ${count} got ${show(states.length ?? states)} numbers.`,
    );
  if (!states.every(Number.isFinite)) throw new OptionError("states are finite numbers.");
  for (let i = 0; i < count; i++) {
    const own = states.subarray(i * given * width, (i + 1) * given * width);
    if (own.every((value) => value === 0)) throw new OptionError(`The states of prompt ${i + 1} are all 0.`);
    words.set(own, i * length * width);
    for (let piece = 0; piece < given; piece++) {
      if (own.subarray(piece * width, (piece + 1) * width).some((value) => value !== 0))
        signs[(i * length + piece) * 2] = 1;
    }
  }
  return { words, signs };
}
