import type { Codes } from "../codes.js";
import { type ImageDataset, type ImageSplit, toFloat } from "../dataset.js";
import { quantise } from "./pixels.js";
import type { Tokenizer } from "./tokenizer.js";

/** Token sequences of one length, by index. */
export interface Sequences {
  readonly count: number;
  /** [L]; not to be changed. */
  at(index: number): Int32Array;
  /** Class of a sequence, or null where there are none. */
  readonly labels: ArrayLike<number> | null;
}

/** A data set as tokens. */
export interface TokenData {
  id: string;
  vocabulary: number;
  length: number;
  train: Sequences;
  test: Sequences;
}

/** A text as tokens. */
export interface TextData extends TokenData {
  tokenizer: Tokenizer;
  /** What judges of samples learn from. */
  judge: Sequences;
  /** The same in one piece. */
  judgeTokens: Codes;
  /** Of a text in lines. */
  longLines: LongLinesFound | null;
}

/** How many lines have more tokens than a sequence, and how many the longest line has. */
export interface LongLinesFound {
  lines: number;
  long: number;
  longest: number;
}

/** Images as tokens, one per pixel and channel, in the order channel, row, column. */
export function pixelSequences(dataset: ImageDataset, levels: number): TokenData {
  const { id, height, width, channels, train, test } = dataset;
  const length = height * width * channels;
  const sequences = (split: ImageSplit): Sequences => ({
    count: split.count,
    at: (i) => Int32Array.from(toFloat(split, [i]), (x) => quantise(Math.round((x + 1) * 127.5), levels)),
    labels: split.labels,
  });
  return {
    id,
    vocabulary: levels,
    length,
    train: sequences(train),
    test: sequences(test),
  };
}

/** The tokens at `indices`, row-major [n, L]. */
export function gather(sequences: Sequences, indices: ArrayLike<number>): Int32Array {
  const rows = Array.from(indices, (i) => sequences.at(i));
  const length = rows[0]?.length ?? 0;
  const out = new Int32Array(rows.length * length);
  rows.forEach((row, i) => {
    out.set(row, i * length);
  });
  return out;
}
