import { z } from "zod";

/** Text to tokens and back. */
export interface Tokenizer {
  /** Number of tokens. */
  readonly size: number;
  /** Throws on a character that the vocabulary lacks. */
  encode(text: string): Int32Array;
  /** Throws on a token outside the vocabulary. */
  decode(tokens: ArrayLike<number>): string;
  /** Plain JSON for `tokenizerFrom`. */
  toJSON(): TokenizerData;
}

const tokenizerData = z.object({
  /** Token to text; the first `characters` are single characters, the rest merges of two earlier tokens. */
  characters: z.array(z.string().min(1)).min(2),
  merges: z.array(z.tuple([z.number().int().min(0), z.number().int().min(0)])),
});
export type TokenizerData = z.infer<typeof tokenizerData>;

/** UTF-8 bytes as text; throws where they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Error("The text is not valid UTF-8; convert it to UTF-8 first.", { cause });
  }
}

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

/** Byte-pair encoding over characters: the most frequent pair (ties: the earliest tokens) is merged until there are `size` tokens. */
export function trainBpe(text: string, size: number): Tokenizer {
  const characters = alphabet(text);
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

/** A stored tokenizer; throws where the data are none. */
export function tokenizerFrom(data: unknown): Tokenizer {
  const parsed = tokenizerData.safeParse(data);
  if (!parsed.success) throw new Error(`This is no tokenizer: ${z.prettifyError(parsed.error)}`);
  const { characters, merges } = parsed.data;
  const texts = [...characters];
  const ranks = new Map<string, number>();
  for (const [a, b] of merges) {
    if (a >= texts.length || b >= texts.length)
      throw new Error(`The merge [${a}, ${b}] refers to tokens that come after it.`);
    ranks.set(`${a} ${b}`, texts.length);
    texts.push(texts[a] + texts[b]);
  }
  const index = new Map(characters.map((character, i) => [character, i]));
  const cache = new Map<string, number[]>();

  const encodePiece = (piece: string): number[] => {
    let tokens = [...piece].map((character) => {
      const token = index.get(character);
      if (token === undefined)
        throw new Error(`The character ${JSON.stringify(character)} is not in this model's vocabulary; remove it.`);
      return token;
    });
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
      const parts = merges.length === 0 ? [...text] : pieces(text);
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
        if (!(token in texts))
          throw new Error(`Token ${token} is outside this tokenizer's vocabulary 0 … ${texts.length - 1}.`);
        return texts[token];
      }).join(""),
    toJSON: () => ({ characters, merges }),
  };
}
