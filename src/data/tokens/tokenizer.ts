import { z } from "zod";
import { faults } from "../../io/faults.js";
import { WrongUse } from "../../io/wrong-use.js";
import type { Text } from "../characters.js";
import { applyMerge, learnMerges } from "./bpe.js";

/** Text to tokens and back. */
export interface Tokenizer {
  /** Number of tokens. */
  readonly size: number;
  /** Of a tokenizer of characters: the character of each token. */
  readonly characters?: readonly string[];
  /** Throws on a character that the vocabulary lacks. */
  encode(text: string): Int32Array;
  /** Throws on a token outside the vocabulary. */
  decode(tokens: ArrayLike<number>): string;
  /** Plain JSON for `loadTokenizer`. */
  toJSON(): TokenizerData | Gpt2;
}

/** Ends a line, and fills it up to the sequence's length. */
export const LINE_END = "\n";

const tokenizerData = z.object({
  /** Token to text; the first `characters` are single characters, the rest merges of two earlier tokens. */
  characters: z.array(z.string().min(1)).min(2),
  merges: z.array(z.tuple([z.number().int().min(0), z.number().int().min(0)])),
});
export type TokenizerData = z.infer<typeof tokenizerData>;

/** One token for each character of `text`, in code point order. */
export function characterTokenizer(text: string): Tokenizer {
  return tokenizerFrom({ characters: alphabet(text), merges: [] });
}

const alphabet = (text: string): string[] =>
  [...new Set(text)].sort((a, b) => (a.codePointAt(0) ?? 0) - (b.codePointAt(0) ?? 0));

/** Pieces that merges do not cross: a word with the space before it, or a run of anything else. */
const pieces = (text: string): string[] => text.match(/ ?[\p{L}\p{M}]+| ?\p{N}+| ?[^\s\p{L}\p{M}\p{N}]+|\s/gu) ?? [];

/** A text in stretches that end where no piece of any tokenizer does not, of about `size` characters. */
export function* stretches(text: Text, size?: number): Generator<string, void, void> {
  let rest = "";
  for (const piece of text.pieces(size)) {
    const all = rest + piece;
    const end = lastCut(all);
    yield all.slice(0, end);
    rest = all.slice(end);
  }
  if (rest !== "") yield rest;
}

/** Characters at the end among which a cut is looked for. */
const SEARCHED = 4096;
/** Before white space that follows something else, and before punctuation that follows a letter. */
const CUT = /(?<=\S)(?=\s)|(?<=\p{L})(?=[^\s\p{L}\p{M}\p{N}])/gu;

/** The last place where a text can be cut; where there is none near the end, the end itself. */
function lastCut(text: string): number {
  const from = Math.max(0, text.length - SEARCHED);
  let cut = text.length;
  for (const { index } of text.slice(from).matchAll(CUT)) if (index > 0) cut = from + index;
  return cut;
}

/**
 * Byte-pair encoding over the characters of `covers`: the most frequent pair of `text` (ties: the earliest tokens) is
 * merged until there are `size` tokens.
 */
export function trainBpe(
  text: string | Text,
  size: number,
  covers: string | readonly string[] = charactersOf(text),
): Tokenizer {
  const characters = typeof covers === "string" ? alphabet(covers) : [...covers];
  if (!Number.isInteger(size) || size < characters.length)
    throw new WrongUse(`A vocabulary of ${size} is smaller than the text's ${characters.length} characters.`);
  const index = new Map(characters.map((character, i) => [character, i]));
  const counts = new Map<string, number>();
  for (const stretch of typeof text === "string" ? [text] : stretches(text))
    for (const piece of pieces(stretch)) counts.set(piece, (counts.get(piece) ?? 0) + 1);
  const words = Array.from(counts, ([piece, count]) => ({ tokens: [...piece].map((c) => index.get(c)!), count }));
  return tokenizerFrom({ characters, merges: learnMerges(words, characters.length, size) });
}

const charactersOf = (text: string | Text) => (typeof text === "string" ? text : text.characters);

/** What stands for the end of a text among GPT-2's tokens, the last of them. */
const TEXT_END = "<|endoftext|>";

/** What stands for padding where there is a token for it, one more than GPT-2's. */
const PADDING = "[PAD]";

/** How a file names GPT-2's tokens: its own, or with one more for padding, as some published models have it. */
const gpt2Kinds = ["gpt2", "gpt2-padded"] as const;
export type Gpt2 = (typeof gpt2Kinds)[number];

/** GPT-2's tokens: 50,256 pieces and the end of a text; padded with one more. */
export async function gpt2Tokenizer(kind: Gpt2 = "gpt2"): Promise<Tokenizer> {
  const { encode, vocabularySize } = await import("gpt-tokenizer/encoding/r50k_base");
  const { default: pieces } = await import("gpt-tokenizer/bpeRanks/r50k_base");
  const encoder = new TextEncoder();
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  /** Tokens that stand for a word of their own, by it. */
  const special = new Map([[TEXT_END, vocabularySize - 1]]);
  if (kind === "gpt2-padded") special.set(PADDING, vocabularySize);
  const size = Math.max(...special.values()) + 1;
  const words = new Map(Array.from(special, ([word, token]) => [token, word]));
  const between = kind === "gpt2-padded" ? /(<\|endoftext\|>|\[PAD\])/ : /(<\|endoftext\|>)/;
  const bytesOf = (token: number) => {
    const piece = words.get(token) ?? pieces[token];
    return typeof piece === "string" ? encoder.encode(piece) : Uint8Array.from(piece);
  };
  return {
    size,
    encode: (text) =>
      Int32Array.from(text.split(between).flatMap((part) => (special.has(part) ? [special.get(part)!] : encode(part)))),
    decode: (tokens) => {
      const bad = Array.from(tokens).find((token) => !(Number.isInteger(token) && token >= 0 && token < size));
      if (bad !== undefined) throw outside(bad, size);
      // Not by the package's `decode`, which keeps a part of a character for its next call
      const parts = Array.from(tokens, bytesOf);
      const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
      let at = 0;
      for (const part of parts) {
        bytes.set(part, at);
        at += part.length;
      }
      return decoder.decode(bytes);
    },
    toJSON: () => kind,
  };
}

const outside = (token: number, size: number) =>
  new Error(`Token ${token} is outside this tokenizer's vocabulary 0 … ${size - 1}.`);

/** The tokenizer of a model's file. */
export const loadTokenizer = async (data: unknown): Promise<Tokenizer> =>
  gpt2Kinds.includes(data as Gpt2) ? gpt2Tokenizer(data as Gpt2) : tokenizerFrom(data);

/** Throws unless a tokenizer has as many tokens as its network. */
export function requireTokens({ size }: Tokenizer, vocabulary: number): void {
  if (size !== vocabulary)
    throw new Error(`The tokenizer has ${size} tokens, the network ${vocabulary}: they do not belong together.`);
}

/** Characters of a token at most: merges can double it each time. */
const LONGEST = 65_536;

/** A stored tokenizer of characters and merges; throws where the data are none. */
export function tokenizerFrom(data: unknown): Tokenizer {
  const parsed = tokenizerData.safeParse(data);
  if (!parsed.success) throw new Error(`This is no tokenizer: ${faults(parsed.error, data, "tokenizer")}.`);
  const { characters, merges } = parsed.data;
  const texts = [...characters];
  const ranks = new Map<string, number>();
  for (const [a, b] of merges) {
    if (a >= texts.length || b >= texts.length)
      throw new Error(`The merge [${a}, ${b}] refers to tokens that come after it.`);
    const length = texts[a].length + texts[b].length;
    if (length > LONGEST)
      throw new Error(`The merge [${a}, ${b}] makes a token of ${length} characters; at most ${LONGEST}.`);
    ranks.set(`${a} ${b}`, texts.length);
    texts.push(texts[a] + texts[b]);
  }
  const index = new Map(characters.map((character, i) => [character, i]));
  const cache = new Map<string, number[]>();

  const tokenOf = (character: string): number => {
    const token = index.get(character);
    if (token === undefined)
      throw new WrongUse(`The character ${JSON.stringify(character)} is not in this model's vocabulary; remove it.`);
    return token;
  };
  const encodeCharacters = (text: string): Int32Array => {
    const tokens = new Int32Array(text.length);
    let count = 0;
    for (const character of text) tokens[count++] = tokenOf(character);
    return tokens.slice(0, count);
  };
  const encodePiece = (piece: string): number[] => {
    let tokens = Array.from(piece, tokenOf);
    for (;;) {
      let first = Infinity;
      for (let i = 0; i + 1 < tokens.length; i++)
        first = Math.min(first, ranks.get(`${tokens[i]} ${tokens[i + 1]}`) ?? Infinity);
      if (first === Infinity) return tokens;
      const [a, b] = merges[first - characters.length];
      tokens = applyMerge(tokens, a, b, first);
    }
  };

  return {
    size: texts.length,
    ...(merges.length === 0 && { characters }),
    encode(text) {
      if (merges.length === 0) return encodeCharacters(text);
      const all: number[] = [];
      for (const piece of pieces(text)) {
        let tokens = cache.get(piece);
        if (!tokens) {
          tokens = encodePiece(piece);
          if (cache.size < 65536) cache.set(piece, tokens);
        }
        for (const token of tokens) all.push(token);
      }
      return Int32Array.from(all);
    },
    decode: (tokens) =>
      Array.from(tokens, (token) => {
        if (!(token in texts)) throw outside(token, texts.length);
        return texts[token];
      }).join(""),
    toJSON: () => ({ characters, merges }),
  };
}
