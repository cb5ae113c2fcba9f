import { describe, expect, test } from "vitest";
import { splitText, Text, type TextDataset } from "../../src/data/index.js";
import { keyedOrder, shuffledOrder } from "../../src/data/order.js";
import { tokenSettingsNamed } from "../../src/data/tokens/settings.js";
import { textSequences } from "../../src/data/tokens/text-sequences.js";
import { tokensOf } from "../../src/data/tokens/text-tokens.js";
import { characterTokenizer, gpt2Tokenizer, stretches, trainBpe } from "../../src/data/tokens/tokenizer.js";
import { Random } from "../../src/random/index.js";

const about = { id: "t", kind: "text", licence: "", attribution: "" } as const;
const datasetOf = (text: string, lines: boolean): TextDataset => ({
  ...about,
  ...splitText(text, { lines, name: "t" }),
});
const characters = { tokens: { kind: "characters" }, length: 8 } as const;

test("a text has its string's characters, lines and stretches", () => {
  const string = "aé😀\n\nb — 天\0\ud800 end";
  const text = Text.of(string);
  expect([String(text), text.length]).toEqual([string, [...string].length]);
  expect([...text.lines()]).toEqual(string.split("\n"));
  expect(text.slice(1, 4)).toBe("é😀\n");
  expect([...text.pieces(4)]).toEqual(["aé😀\n", "\nb —", " 天\0\ud800", " end"]);
  const many = Array.from({ length: 70_000 }, (_, i) => String.fromCodePoint(0x10000 + i)).join("");
  expect(Text.of(many).codes).toBeInstanceOf(Uint32Array);
  expect(String(Text.of(many)) === many).toBe(true);
  expect(Text.of(many.slice(0, 2 * 300)).codes).toBeInstanceOf(Uint16Array);
});

describe("tokens made in stretches are those of the whole", () => {
  const words = [
    "don't",
    "I'll",
    "x  y",
    "“quoted”",
    "naïve",
    "e\u0301a",
    "12,345.67",
    "天地,玄黄",
    "\n\n",
    "a_b",
    "--",
    "😀!",
  ];
  const random = new Random(4);
  const string = Array.from({ length: 3000 }, () => random.choice(words)).join(" ");
  test("cuts are where words end", () => {
    const cut = [...stretches(Text.of(string), 100)];
    expect(cut.join("")).toBe(string);
    expect(cut.length).toBeGreaterThan(100);
  });
  test.each(["gpt2", "bpe"])("%s", async (kind) => {
    const tokenizer = kind === "gpt2" ? await gpt2Tokenizer() : trainBpe(string, 80);
    const whole = tokenizer.encode(string);
    for (const size of [37, 100, 1000])
      expect([...stretches(Text.of(string), size)].flatMap((part) => [...tokenizer.encode(part)])).toEqual([...whole]);
    expect([...tokensOf(Text.of(string), tokenizer)]).toEqual([...whole]);
    expect(tokensOf(Text.of(string), tokenizer).BYTES_PER_ELEMENT).toBe(kind === "gpt2" ? 2 : 1);
  });
  test("a word without an end is cut", () => {
    const long = "ab".repeat(20_000);
    expect([...stretches(Text.of(long), 5000)].map((part) => part.length)).toEqual(new Array(8).fill(5000));
  });
  test("GPT-2's end of a text is a token of its own", async () => {
    const tokenizer = await gpt2Tokenizer();
    expect([...tokenizer.encode("a<|endoftext|>b")]).toEqual([64, 50256, 65]);
  });
});

test("characters: the tokens are the text itself, unless the tokenizer is another's", async () => {
  const data = datasetOf("abcdefghij".repeat(400), false);
  expect(data.judge.codes.buffer).toBe((await textSequences(data, characters)).judgeTokens.buffer);
  const wider = characterTokenizer("zyxabcdefghij");
  expect(wider.decode((await textSequences(data, characters, wider)).judgeTokens)).toBe(String(data.judge));
  await expect(textSequences(data, characters, characterTokenizer("abc"))).rejects.toThrow(
    'The character "d" is not in',
  );
});

test("byte pairs: merges by frequency, ties by the earliest tokens, as counted pair by pair", () => {
  const random = new Random(1);
  const text = Array.from({ length: 4000 }, () => "etaoin shrdlu"[Math.floor(13 * random.uniform() ** 2)]).join("");
  const { characters, merges } = trainBpe(text, 60).toJSON() as { characters: string[]; merges: [number, number][] };
  // The definition, without any bookkeeping
  let words = (text.match(/ ?\p{L}+|\s/gu) ?? []).map((word) => [...word].map((c) => characters.indexOf(c)));
  const expected: [number, number][] = [];
  while (characters.length + expected.length < 60) {
    const counts = new Map<number, number>();
    for (const w of words)
      for (let i = 0; i + 1 < w.length; i++) {
        const key = w[i] * 60 + w[i + 1];
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    const [[key]] = [...counts].sort(([a, n], [b, m]) => m - n || a - b);
    const [a, b] = [Math.floor(key / 60), key % 60];
    const merged = characters.length + expected.push([a, b]) - 1;
    words = words.map((w) => {
      const out: number[] = [];
      for (let i = 0; i < w.length; i++) {
        const found = w[i] === a && w[i + 1] === b;
        out.push(found ? merged : w[i]);
        if (found) i++;
      }
      return out;
    });
  }
  expect(merges).toEqual(expected);
});

describe("lines of more tokens than a sequence", () => {
  const short = Array.from({ length: 100 }, (_, i) => `n${i}`);
  const text = [...short, "a very long line indeed", "another of them, longer than that"].join("\n");
  const data = datasetOf(text, true);
  const rows = async (longLines: "skip" | "cut") => {
    const found = await textSequences({ ...data, longLines }, characters);
    const all = [found.train, found.judge, found.test].flatMap((part) =>
      Array.from({ length: part.count }, (_, i) => found.tokenizer.decode(part.at(i))),
    );
    expect(found.longLines).toEqual({ lines: 102, long: 2, longest: 33 });
    return all.map((row) => row.replace(/\n+$/, ""));
  };
  test("are counted and refused", async () => {
    await expect(textSequences(data, characters)).rejects.toThrow(
      '2 of the 102 lines of "t" have more tokens than the length 8; the longest has 33: "another of them, longer than that". Leave them out or cut them (longLines, --long-lines skip or cut)',
    );
  });
  test("are left out, or cut", async () => {
    expect((await rows("skip")).toSorted()).toEqual(short.toSorted());
    expect((await rows("cut")).toSorted()).toEqual([...short, "a very l", "another "].toSorted());
  });
  test("are counted in the tokens of pairs, too", async () => {
    const tokens = { kind: "bpe", size: 40 } as const;
    const found = await textSequences({ ...data, longLines: "cut" }, { tokens, length: 4 });
    expect(found.longLines!.long).toBeGreaterThanOrEqual(2);
    const lines = [...data.train.lines()];
    const own = found.tokenizer.encode(lines[3]);
    expect([...found.train.at(3)].slice(0, own.length)).toEqual([...own].slice(0, 4));
  });
});

test("a text of one letter has nothing to learn", async () => {
  await expect(textSequences(datasetOf("a".repeat(2500), false), characters)).rejects.toThrow(
    '"t" has a single character, "a", over and over: nothing to learn.',
  );
});

test("tokens by name", () => {
  expect(["chars", "bpe:4096", "gpt2"].map(tokenSettingsNamed)).toEqual([
    { kind: "characters" },
    { kind: "bpe", size: 4096 },
    { kind: "gpt2" },
  ]);
  for (const wrong of ["bpe", "bpe:1", "bpe:x", "words", ""])
    expect(() => tokenSettingsNamed(wrong)).toThrow(`chars, bpe:<size> (such as bpe:4096) or gpt2, got "${wrong}"`);
});

test("an order without memory has every index once, and is random", () => {
  for (const count of [1, 2, 3, 100, 1000, 4097]) {
    const order = keyedOrder(count, new Random(5));
    const all = Array.from({ length: count }, (_, place) => order(place));
    expect(all.toSorted((a, b) => a - b)).toEqual([...all.keys()]);
  }
  const [one, other] = [1, 2].map((seed) => keyedOrder(20_000, new Random(seed)));
  const places = Array.from({ length: 20_000 }, (_, i) => i);
  expect(places.filter((i) => one(i) === other(i)).length).toBeLessThan(10);
  // Neighbours lie as far apart as independent numbers: a third of the count on average
  const apart = places.slice(1).reduce((sum, i) => sum + Math.abs(one(i) - one(i - 1)), 0) / 19_999;
  expect(apart / 20_000).toBeGreaterThan(0.32);
  expect(apart / 20_000).toBeLessThan(0.347);
  // Half a thousand million take neither memory nor time
  const many = shuffledOrder(5e8, new Random(1));
  expect(new Set(Array.from({ length: 1000 }, (_, i) => many(i))).size).toBe(1000);
  // Up to 2^25 it is the permutation of before
  const few = shuffledOrder(1000, new Random(1));
  expect(Array.from({ length: 1000 }, (_, i) => few(i))).toEqual([...new Random(1).permutation(1000)]);
});
