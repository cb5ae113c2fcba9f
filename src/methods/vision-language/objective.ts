import { tokenNats } from "../../judges/language-model/network.js";
import { countedMean } from "../../networks/counted-mean.js";
import type { Tensor } from "../../tensor/index.js";
import { ASKED, END, SPECIAL } from "./network.js";

/** A question with its answer, each as tokens. */
export interface Exchange {
  question: readonly number[];
  answer: readonly number[];
  /** Whether the answer has an end, as all do that are learnt from; one that was written may have filled its row. */
  ended?: boolean;
}

/** Words as tokens, by their place in the list. @throws where one is not in it */
export function tokensOf(text: string, words: readonly string[]): number[] {
  return text.split(" ").map((word) => {
    const at = words.indexOf(word);
    if (at < 0) throw new Error(`There is no word "${word}".`);
    return at + SPECIAL;
  });
}

/**
 * Exchanges as what the network reads, `tokens` [N, L], what follows each token, `next` [N, L], and 1 where that is a part
 * of the answer or its end, `counted` [N, L]; a shorter one is filled up.
 */
export function sequences(exchanges: readonly Exchange[], length: number) {
  const size = exchanges.length * length;
  const [tokens, next, counted] = [
    new Int32Array(size).fill(END),
    new Int32Array(size).fill(END),
    new Float32Array(size),
  ];
  for (const [i, { question, answer, ended = true }] of exchanges.entries()) {
    const said = ended ? [...answer, END] : answer;
    const read = [...question, ASKED, ...said.slice(0, -1)];
    if (read.length > length)
      throw new Error(`A question with its answer has ${read.length} tokens, more than ${length}.`);
    tokens.set(read, i * length);
    next.set([...question.slice(1), ASKED, ...said], i * length);
    counted.fill(1, i * length + question.length, i * length + read.length);
  }
  return { tokens, next, counted };
}

/**
 * Cross-entropy of what follows, in nats: the mean over the tokens that count, of logits [N, L, K].
 */
export function answerLoss(logits: Tensor, next: Tensor, counted: Tensor): { loss: Tensor } {
  return { loss: countedMean(tokenNats(logits, next), counted) };
}
