import { z } from "zod";
import { faults } from "../../io/faults.js";

/** Text to tokens and back. */
export interface Tokenizer {
  /** Number of tokens. */
  readonly size: number;
  /** Throws on a character that the vocabulary lacks. */
  encode(text: string): Int32Array;
  /** Throws on a token outside the vocabulary. */
  decode(tokens: ArrayLike<number>): string;
  /** Plain JSON for `loadTokenizer`. */
  toJSON(): TokenizerData | "gpt2";
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

const applyMerge = (tokens: readonly number[], a: number, b: number, merged: number): number[] => {
  const out: number[] = [];
  for (let i = 0; i < tokens.length; i++)
    if (tokens[i] === a && tokens[i + 1] === b) {
      out.push(merged);
      i++;
    } else out.push(tokens[i]);
  return out;
};

/**
 * Byte-pair encoding over the characters of `covers`: the most frequent pair of `text` (ties: the earliest tokens) is
 * merged until there are `size` tokens.
 */
export function trainBpe(text: string, size: number, covers = text): Tokenizer {
  const characters = alphabet(covers);
  if (!Number.isInteger(size) || size < characters.length)
    throw new Error(`A vocabulary of ${size} is smaller than the text's ${characters.length} characters.`);
  const index = new Map(characters.map((character, i) => [character, i]));
  const counts = new Map<string, number>();
  for (const piece of pieces(text)) counts.set(piece, (counts.get(piece) ?? 0) + 1);
  const words = Array.from(counts, ([piece, count]) => ({ tokens: [...piece].map((c) => index.get(c)!), count }));
  const merges: [number, number][] = [];
  while (characters.length + merges.length < size) {
    const pairs = new Map<number, number>();
    for (const { tokens, count } of words)
      for (let i = 0; i + 1 < tokens.length; i++) {
        const key = tokens[i] * size + tokens[i + 1];
        pairs.set(key, (pairs.get(key) ?? 0) + count);
      }
    let [best, most] = [-1, 1];
    for (const [key, count] of pairs)
      if (count > most || (count === most && best >= 0 && key < best)) [best, most] = [key, count];
    if (best < 0) break;
    const [a, b] = [Math.floor(best / size), best % size];
    const merged = characters.length + merges.length;
    merges.push([a, b]);
    for (const word of words) word.tokens = applyMerge(word.tokens, a, b, merged);
  }
  return tokenizerFrom({ characters, merges });
}

/** GPT-2's tokens: 50,256 pieces and the end of a text. */
export async function gpt2Tokenizer(): Promise<Tokenizer> {
  const { decode, encode, vocabularySize } = await import("gpt-tokenizer/encoding/r50k_base");
  return {
    size: vocabularySize,
    encode: (text) => Int32Array.from(encode(text)),
    decode: (tokens) => {
      const bad = Array.from(tokens).find(
        (token) => !(Number.isInteger(token) && token >= 0 && token < vocabularySize),
      );
      if (bad !== undefined) throw outside(bad, vocabularySize);
      return decode(Array.from(tokens));
    },
    toJSON: () => "gpt2",
  };
}

const outside = (token: number, size: number) =>
  new Error(`Token ${token} is outside this tokenizer's vocabulary 0 … ${size - 1}.`);

/** The tokenizer of a model's file. */
export const loadTokenizer = async (data: unknown): Promise<Tokenizer> =>
  data === "gpt2" ? gpt2Tokenizer() : tokenizerFrom(data);

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
      throw new Error(`The character ${JSON.stringify(character)} is not in this model's vocabulary; remove it.`);
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
    encode(text) {
      if (merges.length === 0) return encodeCharacters(text);
      const parts = pieces(text);
      return Int32Array.from(
        parts.flatMap((piece) => {
          const known = cache.get(piece);
          if (known) return known;
          const tokens = encodePiece(piece);
          if (cache.size < 65536) cache.set(piece, tokens);
          return tokens;
        }),
      );
    },
    decode: (tokens) =>
      Array.from(tokens, (token) => {
        if (!(token in texts)) throw outside(token, texts.length);
        return texts[token];
      }).join(""),
    toJSON: () => ({ characters, merges }),
  };
}
