import { SOUND_PARTS } from "../../audio/index.js";
import type { Dialogue } from "../../data/dialogue-dataset.js";
import { FULL_BODY } from "../../motion/full-body.js";
import { GESTURE_FEATURES, GESTURE_JOINTS } from "../../motion/gesture.js";
import { partnersOf } from "../../motion/mirror.js";
import { COLUMNS } from "../../motion/mirror-rows.js";
import { TOKEN_FRAMES } from "./shape.js";

/** A person of a dialogue whose motion is known, and so can be learnt. */
export interface Take {
  readonly dialogue: Dialogue;
  /** Which of the two people it is. */
  readonly person: 0 | 1;
}

/** Everyone whose motion is known, of dialogues of a token or more: each conversation gives two. */
export const takesOf = (dialogues: readonly Dialogue[]): Take[] =>
  dialogues.flatMap((dialogue) =>
    ([0, 1] as const).flatMap((person) =>
      dialogue.people[person].gesture && dialogue.frames >= TOKEN_FRAMES ? [{ dialogue, person }] : [],
    ),
  );

/** Smallest deviations that are told apart: 3 degrees of a turn, a hundredth of a feature of sound. */
export const FINEST = { gesture: 0.05, sound: 0.01 };

/** Mean and deviation, at least `finest`, of each number of rows. */
export function scaleOf(all: readonly Float32Array[], width: number, finest: number) {
  const [sum, squares] = [new Float64Array(width), new Float64Array(width)];
  let count = 0;
  for (const rows of all) {
    count += rows.length / width;
    for (let i = 0; i < rows.length; i++) {
      sum[i % width] += rows[i];
      squares[i % width] += rows[i] ** 2;
    }
  }
  const mean = sum.map((total) => total / count);
  return {
    mean: Float32Array.from(mean),
    deviation: Float32Array.from(squares, (total, j) =>
      Math.max(finest, Math.sqrt(Math.max(0, total / count - mean[j] ** 2))),
    ),
  };
}

const mirrored = (() => {
  const partners = partnersOf(FULL_BODY);
  const from = new Int32Array(GESTURE_FEATURES);
  for (const [i, joint] of GESTURE_JOINTS.entries())
    for (let j = 0; j < 6; j++) from[6 * i + j] = 6 * GESTURE_JOINTS.indexOf(partners[joint]) + j;
  return from;
})();

/** Gestures [T, 258] as a mirror shows them: left and right exchanged. */
export const mirrorGesture = (rows: Float32Array): Float32Array =>
  rows.map((_, at) => {
    const place = at % GESTURE_FEATURES;
    return COLUMNS[place % 6] * rows[at - place + mirrored[place]];
  });

/** Sounds' features [T, F], louder by so many decibels, in place. */
export function louder(rows: Float32Array, decibels: number, width: number): Float32Array {
  const amount = (decibels * Math.LN10) / 20;
  const [[mel0, mel1], [energy]] = [SOUND_PARTS.mel, SOUND_PARTS.energy];
  for (let row = 0; row < rows.length; row += width) {
    for (let at = row + mel0; at < row + mel1; at++) rows[at] += 2 * amount;
    rows[row + energy] += amount;
  }
  return rows;
}

/** Rows `start` … `start + count` − 1 of `width` numbers; beyond an end the last row there stays. */
export function stretchOf(rows: Float32Array, width: number, start: number, count: number): Float32Array {
  const out = new Float32Array(count * width);
  const last = rows.length / width - 1;
  for (let i = 0, run = 1; i < count; i += run) {
    const row = Math.max(0, Math.min(last, start + i));
    run = row === start + i ? Math.max(1, Math.min(count - i, last + 1 - row)) : 1;
    out.set(rows.subarray(row * width, (row + run) * width), i * width);
  }
  return out;
}
