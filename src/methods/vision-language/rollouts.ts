import { answersTo, type Probe, scenePixels } from "../../data/scenes/index.js";
import type { Random } from "../../random/index.js";
import { ASKED } from "./network.js";
import { type Exchange, sequences, tokensOf } from "./objective.js";
import { answerOf, type Drawn } from "./sampler.js";
import type { VisionLanguageShape } from "./shape.js";
import type { Speaker } from "./speaker.js";

/** What an answer earns for being right, and for being an answer to such a question at all. */
const [RIGHT, FORMAT] = [0.9, 0.1];

/** Answers that a policy has given: `size` of them to each question, one after the other. */
export interface Rollouts {
  answers: (Exchange & { ended: boolean })[];
  /** log p of each token that was drawn, by answer. */
  logs: number[][];
  /** By answer: 1 for a right one, 0.1 for a wrong one that such a question can have, 0 for anything else. */
  rewards: Float32Array;
  /** Tokens that were drawn. */
  tokens: number;
}

/** Draws `size` answers to each question at temperature 1; the k-th of a question is the same however many there are. */
export async function rollOut(
  speaker: Speaker,
  { words }: VisionLanguageShape,
  probes: readonly Probe[],
  { size, random }: { size: number; random: Random },
): Promise<Rollouts> {
  const seen = await speaker.see(scenePixels(probes.map(({ scene }) => scene)), probes.length);
  const questions = probes.map(({ question }) => tokensOf(question.text, words));
  const rows = probes.flatMap((_, picture) =>
    Array.from({ length: size }, (_, k) => ({
      ...{ picture, tokens: [...questions[picture], ASKED] },
      random: random.split(picture).split(k),
    })),
  );
  const drawn = await speaker.write(rows, seen, { temperature: 1 });
  const answers = drawn.map((one, row) => ({ question: questions[rows[row].picture], ...exchanged(one) }));
  const rewards = Float32Array.from(answers, ({ answer }, row) => rewardOf(probes[rows[row].picture], answer, words));
  return {
    ...{ answers, rewards },
    logs: drawn.map((one) => one.map(({ probability }) => Math.log(probability))),
    tokens: drawn.reduce((sum, one) => sum + one.length, 0),
  };
}

function exchanged(drawn: readonly Drawn[]) {
  const { tokens, ended } = answerOf(drawn);
  return { answer: tokens, ended };
}

function rewardOf({ question: { program, answer } }: Probe, said: readonly number[], words: readonly string[]): number {
  const is = (text: string) => String(tokensOf(text, words)) === String(said);
  if (is(answer)) return RIGHT + FORMAT;
  return answersTo(program).some(is) ? FORMAT : 0;
}

/** Of groups of `size` answers, how many of each are right. */
export function rightOf(rewards: ArrayLike<number>, size: number): number[] {
  const all = Array.from(rewards, (reward) => (reward > FORMAT * 1.5 ? 1 : 0));
  return Array.from({ length: all.length / size }, (_, group) =>
    all.slice(group * size, (group + 1) * size).reduce((sum: number, one) => sum + one, 0),
  );
}

/** Answers as the network reads them, and log p of their tokens when they were drawn, where these stand: [N, L]. */
export function rolloutRows({ answers, logs }: Rollouts, length: number) {
  const rows = sequences(answers, length);
  const old = new Float32Array(rows.counted.length);
  for (const [i, own] of logs.entries()) old.set(own, i * length + answers[i].question.length);
  return { ...rows, old };
}

/** log p [N, L] of what follows each token, where it counts, by logits [N, L, K]; 0 elsewhere. */
export function tokenLogs(logits: Float32Array, { next, counted }: { next: Int32Array; counted: Float32Array }) {
  const states = logits.length / next.length;
  return Float32Array.from(next, (token, i) => {
    if (counted[i] === 0) return 0;
    const own = logits.subarray(i * states, (i + 1) * states);
    const most = own.reduce((a, b) => Math.max(a, b));
    return own[token] - most - Math.log(own.reduce((sum, value) => sum + Math.exp(value - most), 0));
  });
}
