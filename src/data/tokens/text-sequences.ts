import { WrongUse } from "../../io/wrong-use.js";
import { CodeList, type Codes, codesBelow } from "../codes.js";
import type { LongLines, TextDataset } from "../text.js";
import type { LongLinesFound, Sequences, TextData } from "./sequences.js";
import type { TokenSettings } from "./settings.js";
import { type EncodeOptions, lineTokens, type Ragged, tokensOf } from "./text-tokens.js";
import { characterTokenizer, gpt2Tokenizer, LINE_END, type Tokenizer, tokenizerFrom, trainBpe } from "./tokenizer.js";

/** Every stretch of `length` tokens, or (`apart`) those that follow one another without overlap. */
function windows(tokens: Codes, length: number, apart: boolean, name: string): Sequences {
  if (tokens.length < length)
    throw new Error(`The text "${name}" has ${tokens.length} tokens in a part, fewer than a sequence of ${length}.`);
  const step = apart ? length : 1;
  return {
    count: Math.floor((tokens.length - length) / step) + 1,
    at: (i) => new Int32Array(tokens.subarray(i * step, i * step + length)),
    labels: null,
  };
}

/** A sequence for each line, filled up with line ends; lines of more than `length` tokens are cut, or left out. */
function lineSequences(lines: Ragged, length: number, end: number, longLines: LongLines | undefined): Sequences {
  const { tokens, starts, ends } = lines;
  const kept = longLines === "skip" ? new CodeList(starts.length, 2 ** 32) : null;
  if (kept)
    for (let line = 0; line < starts.length; line++)
      if (ends[line] - starts[line] <= length) kept.append([line], 0, 1, 2 ** 32);
  const of = kept?.all();
  return {
    count: of?.length ?? starts.length,
    at(i) {
      const line = of ? of[i] : i;
      const row = new Int32Array(length).fill(end);
      row.set(tokens.subarray(starts[line], Math.min(ends[line], starts[line] + length)));
      return row;
    },
    labels: null,
  };
}

/** How many lines are of more than `length` tokens, and the longest of them. @throws where they are not to be so long. */
function longLinesOf(
  { id, longLines }: TextDataset,
  parts: readonly Ragged[],
  length: number,
  tokenizer: Tokenizer,
): LongLinesFound {
  const found: LongLinesFound = { lines: 0, long: 0, longest: 0 };
  let example = "";
  for (const { tokens, starts, ends } of parts) {
    found.lines += starts.length;
    for (let line = 0; line < starts.length; line++) {
      const own = ends[line] - starts[line];
      if (own > length) found.long++;
      if (own <= found.longest) continue;
      found.longest = own;
      if (own > length)
        example = tokenizer.decode(tokens.subarray(starts[line], Math.min(ends[line], starts[line] + 60)));
    }
  }
  const { lines, long, longest } = found;
  if (long > 0 && longLines === undefined)
    throw new Error(
      `${long} of the ${lines} lines of "${id}" have more tokens than the length ${length}; the longest has ${longest}: ` +
        `${JSON.stringify(example)}. Leave them out or cut them (longLines, --long-lines skip or cut), or set a greater length.`,
    );
  if (longLines === "skip" && long === lines) throw new Error(`No line of "${id}" has at most ${length} tokens.`);
  return found;
}

/** The characters of a text; with lines also their end. */
function charactersOf({ lines, train, judge, test }: TextDataset): readonly string[] {
  const shared = judge.characters === train.characters && test.characters === train.characters;
  if (shared && (!lines || train.characters.includes(LINE_END))) return train.characters;
  const all = [train, judge, test].flatMap(({ characters }) => characters);
  return characterTokenizer([...all, ...(lines ? [LINE_END] : [])].join("")).characters!;
}

async function tokenizerFor(dataset: TextDataset, tokens: TokenSettings): Promise<Tokenizer> {
  const { id, train } = dataset;
  if (tokens.kind === "gpt2") return gpt2Tokenizer();
  if (tokens.kind === "pixels")
    throw new WrongUse(`The data "${id}" is text; tokens.kind "${tokens.kind}" takes images.`);
  const characters = charactersOf(dataset);
  if (characters.length < 2)
    throw new Error(
      `"${id}" has a single character, ${JSON.stringify(characters[0])}, over and over: nothing to learn.`,
    );
  // Merges are learnt from the training text, the alphabet from all of it
  return tokens.kind === "bpe" ? trainBpe(train, tokens.size, characters) : tokenizerFrom({ characters, merges: [] });
}

/** Text as tokens; a given tokenizer (of a trained model) is used as it is. */
export async function textSequences(
  dataset: TextDataset,
  { tokens, length }: { tokens: TokenSettings; length: number },
  given?: Tokenizer,
  options: EncodeOptions = {},
): Promise<TextData> {
  const tokenizer = given ?? (await tokenizerFor(dataset, tokens));
  const { id, lines, train, judge, test, longLines } = dataset;
  const common = { id, vocabulary: tokenizer.size, length, tokenizer };
  if (!lines) {
    const [learnt, held, tested] = [train, judge, test].map((part) => tokensOf(part, tokenizer, options));
    return {
      ...common,
      train: windows(learnt, length, false, id),
      judge: windows(held, length, false, id),
      judgeTokens: held,
      test: windows(tested, length, true, id),
      longLines: null,
    };
  }
  const [end] = tokenizer.encode(LINE_END);
  const parts = [train, judge, test].map((part) => lineTokens(part, tokenizer, options));
  const found = longLinesOf(dataset, parts, length, tokenizer);
  const [learnt, held, tested] = parts.map((part) => lineSequences(part, length, end, longLines));
  return {
    ...common,
    train: learnt,
    judge: held,
    judgeTokens: allOf(held, length, tokenizer.size), // lines as they stand in sequences, filled up
    test: tested,
    longLines: found,
  };
}

function allOf(sequences: Sequences, length: number, vocabulary: number): Codes {
  const all = codesBelow(vocabulary, sequences.count * length);
  for (let i = 0; i < sequences.count; i++) all.set(sequences.at(i), i * length);
  return all;
}
