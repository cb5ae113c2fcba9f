import type { TextDataset } from "../index.js";
import { gather, type Sequences, type TextData } from "./sequences.js";
import type { TokenSettings } from "./settings.js";
import { characterTokenizer, gpt2Tokenizer, LINE_END, type Tokenizer, trainBpe } from "./tokenizer.js";

/** Every stretch of `length` tokens, or (`apart`) those that follow one another without overlap. */
function windows(tokens: Int32Array, length: number, apart: boolean, name: string): Sequences {
  if (tokens.length < length)
    throw new Error(`The text "${name}" has ${tokens.length} tokens in a part, fewer than a sequence of ${length}.`);
  const step = apart ? length : 1;
  return {
    count: Math.floor((tokens.length - length) / step) + 1,
    at: (i) => tokens.subarray(i * step, i * step + length),
    labels: null,
  };
}

function lineSequences(text: string, length: number, tokenizer: Tokenizer, name: string): Sequences {
  const [end] = tokenizer.encode(LINE_END);
  const lines = text.split(LINE_END);
  const all = new Int32Array(lines.length * length).fill(end);
  lines.forEach((line, i) => {
    const tokens = tokenizer.encode(line);
    if (tokens.length > length)
      throw new Error(`"${name}" has a line of ${tokens.length} tokens ("${line}"), longer than the length ${length}.`);
    all.set(tokens, i * length);
  });
  return { count: lines.length, at: (i) => all.subarray(i * length, (i + 1) * length), labels: null };
}

async function tokenizerFor(dataset: TextDataset, tokens: TokenSettings): Promise<Tokenizer> {
  const { train, judge, test, lines } = dataset;
  const all = [train, judge, test].join(lines ? LINE_END : "");
  switch (tokens.kind) {
    case "characters":
      return characterTokenizer(all);
    case "bpe":
      // Merges are learnt from the training text, the alphabet from all of it
      return trainBpe(train, tokens.size, all);
    case "gpt2":
      return gpt2Tokenizer();
    default:
      throw new Error(`The data "${dataset.id}" is text; tokens.kind "${tokens.kind}" takes images.`);
  }
}

/** Text as tokens; a given tokenizer (of a trained model) is used as it is. */
export async function textSequences(
  dataset: TextDataset,
  { tokens, length }: { tokens: TokenSettings; length: number },
  given?: Tokenizer,
): Promise<TextData> {
  const tokenizer = given ?? (await tokenizerFor(dataset, tokens));
  const { id, lines, train, judge, test } = dataset;
  const sequences = (text: string, apart: boolean) =>
    lines ? lineSequences(text, length, tokenizer, id) : windows(tokenizer.encode(text), length, apart, id);
  const held = sequences(judge, false);
  return {
    id,
    vocabulary: tokenizer.size,
    length,
    train: sequences(train, false),
    test: sequences(test, true),
    tokenizer,
    judge: held,
    // Lines as they stand in sequences, filled up
    judgeTokens: lines
      ? gather(
          held,
          Array.from({ length: held.count }, (_, i) => i),
        )
      : tokenizer.encode(judge),
  };
}
