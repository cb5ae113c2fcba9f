import { nearest } from "../../io/known.js";
import { show } from "../../io/show.js";
import { OptionError } from "../../io/wrong-use.js";
import { ASKED } from "./network.js";
import { tokensOf } from "./objective.js";
import type { VisionLanguageShape } from "./shape.js";

/** A question as people write it, as the words that it has: without capitals and marks. */
export const wordsOf = (question: string): string[] =>
  question
    .toLowerCase()
    .replace(/[?.!,]/g, " ")
    .split(/\s+/)
    .filter(Boolean);

/**
 * A question as tokens, with the mark behind it. @throws OptionError where it is none, has a word that the model does not
 * know, or leaves no room for an answer
 */
export function questionTokens(question: unknown, { words, length }: VisionLanguageShape): number[] {
  if (typeof question !== "string") throw new OptionError(`A question is a text, got ${show(question)}.`);
  const own = wordsOf(question);
  if (own.length === 0) throw new OptionError(`A question has words, got ${show(question)}.`);
  const unknown = own.find((word) => !words.includes(word));
  if (unknown !== undefined) {
    const near = nearest(unknown, words);
    throw new OptionError(
      `The model does not know the word "${unknown}"${near ? ` (is "${near}" meant?)` : ""}; it knows ${words.join(", ")}.`,
    );
  }
  if (own.length + 1 >= length)
    throw new OptionError(`The question has ${own.length} words; the model reads ${length - 2} at most.`);
  return [...tokensOf(own.join(" "), words), ASKED];
}
