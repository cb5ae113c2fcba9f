import type { Text } from "../characters.js";
import { CodeList, type Codes, codesBelow } from "../codes.js";
import type { Progress } from "../progress.js";
import { stretches, type Tokenizer } from "./tokenizer.js";

const TASK = "making tokens";
/** Characters between two reports. */
const REPORTED = 1 << 20;

/** Whom encoding a long text tells how far it is. */
export interface EncodeOptions {
  onProgress?: Progress;
}

/** The tokens of a text, in as few bytes each as the vocabulary needs; of characters the text itself where it can be. */
export function tokensOf(text: Text, tokenizer: Tokenizer, { onProgress }: EncodeOptions = {}): Codes {
  if (tokenizer.characters) return characterTokens(text, tokenizer.characters, tokenizer);
  const tokens = new CodeList(Math.ceil(text.length / 2), tokenizer.size);
  let done = 0;
  for (const stretch of stretches(text)) {
    const found = tokenizer.encode(stretch);
    tokens.append(found, 0, found.length, tokenizer.size);
    done += stretch.length;
    onProgress?.({ task: TASK, done: Math.min(done, text.length), total: text.length, unit: "characters" });
  }
  return tokens.all();
}

/** Token sequences of different lengths in one array. */
export interface Ragged {
  tokens: Codes;
  /** Where each starts and ends. */
  starts: Codes;
  ends: Codes;
}

/** The tokens of each line. */
export function lineTokens(text: Text, tokenizer: Tokenizer, { onProgress }: EncodeOptions = {}): Ragged {
  const tokens = tokenizer.characters ? null : new CodeList(Math.ceil(text.length / 2), tokenizer.size);
  const [starts, ends] = [0, 1].map(() => new CodeList(1024, 2 ** 32));
  let told = 0;
  for (let [from, to] of text.lineBounds()) {
    if (to - told >= REPORTED) {
      told = to;
      onProgress?.({ task: TASK, done: to, total: text.length, unit: "characters" });
    }
    if (tokens) {
      const found = tokenizer.encode(text.slice(from, to));
      from = tokens.length;
      to = from + found.length;
      tokens.append(found, 0, found.length, tokenizer.size);
    }
    starts.append([from], 0, 1, 2 ** 32);
    ends.append([to], 0, 1, 2 ** 32);
  }
  return { tokens: tokens?.all() ?? tokensOf(text, tokenizer), starts: starts.all(), ends: ends.all() };
}

function characterTokens(text: Text, characters: readonly string[], tokenizer: Tokenizer): Codes {
  if (characters.length === text.characters.length && characters.every((c, i) => c === text.characters[i]))
    return text.codes;
  const known = new Map(characters.map((character, token) => [character, token]));
  const places = text.characters.map((character) => known.get(character) ?? tokenizer.encode(character)[0]);
  return codesBelow(characters.length, text.length).map((_, i) => places[text.codes[i]]);
}
