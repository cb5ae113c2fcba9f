import { expect, test } from "vitest";
import { type ImageDataset, splitText, type TextDataset } from "../../src/data/index.js";
import { levelsToPixels, quantise, quantised } from "../../src/data/tokens/pixels.js";
import { gather, pixelSequences } from "../../src/data/tokens/sequences.js";
import { textSequences } from "../../src/data/tokens/text-sequences.js";
import { batchesOf } from "../../src/models/batches.js";

const running: TextDataset = {
  id: "t",
  kind: "text",
  ...splitText("abcdefghij".repeat(400), { lines: false, name: "t" }),
  licence: "",
  attribution: "",
};
const characters = { kind: "characters" } as const;

test("running text: every stretch to train on, stretches apart to test on", async () => {
  const data = await textSequences(running, { tokens: characters, length: 64 });
  expect(data.vocabulary).toBe(10);
  expect(data.train.count).toBe(running.train.length - 63);
  expect(data.tokenizer.decode(data.train.at(1))).toBe(running.train.slice(1, 65));
  expect(data.test.count).toBe(Math.floor(running.test.length / 64));
  expect(data.tokenizer.decode(data.test.at(1))).toBe(running.test.slice(64, 128));
  expect(data.judgeTokens).toHaveLength(running.judge.length);
  expect(gather(data.test, [1, 0])).toEqual(Int32Array.of(...data.test.at(1), ...data.test.at(0)));
  await expect(textSequences(running, { tokens: characters, length: 5000 })).rejects.toThrow("fewer than a sequence");
  await expect(textSequences(running, { tokens: { kind: "pixels", levels: 2 }, length: 8 })).rejects.toThrow(
    'is text; tokens.kind "pixels" takes images',
  );
});

test("lines are filled up with line ends; byte pairs join what is frequent", async () => {
  const names = Array.from({ length: 60 }, (_, i) => `name${String.fromCodePoint(97 + (i % 26))}${i}`);
  const lines: TextDataset = { ...running, ...splitText(names.join("\n"), { lines: true, name: "n" }) };
  const data = await textSequences(lines, { tokens: characters, length: 12 });
  const first = data.tokenizer.decode(data.train.at(0));
  expect(first).toHaveLength(12);
  expect(first.replace(/\n+$/, "")).toBe([...lines.train.lines()][0]);
  const merged = await textSequences(lines, { tokens: { kind: "bpe", size: data.vocabulary + 3 }, length: 12 });
  expect(merged.vocabulary).toBe(data.vocabulary + 3);
  expect(merged.tokenizer.encode("name").length).toBe(1);
});

test("pixels: equal parts of the bytes, ends at black and white, channel by channel", () => {
  expect([0, 127, 128, 255].map((byte) => quantise(byte, 2))).toEqual([0, 0, 1, 1]);
  for (const levels of [2, 16, 256]) {
    const used = new Set(Array.from({ length: 256 }, (_, byte) => quantise(byte, levels)));
    expect(used.size).toBe(levels);
    expect([...levelsToPixels([0, levels - 1], levels)]).toEqual([-1, 1]);
  }
  const pixels = Uint8Array.from({ length: 12 }, (_, i) => i * 23); // 2×2 pixels of three channels
  const split = { count: 1, pixels, labels: null, channels: 3 as const };
  const images: ImageDataset = {
    id: "i",
    kind: "images",
    height: 2,
    width: 2,
    channels: 3,
    classNames: null,
    train: split,
    test: split,
    licence: "",
    attribution: "",
  };
  const { train, length } = pixelSequences(images, 256);
  expect(length).toBe(12);
  expect([...train.at(0)]).toEqual([0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11].map((i) => i * 23));
  // What a model of 16 levels can draw is what test images are rounded to
  const rounded = quantised(images, 16).test.pixels;
  rounded.forEach((byte, i) => {
    expect(byte).toBe(Math.round((levelsToPixels([quantise(pixels[i], 16)], 16)[0] + 1) * 127.5));
  });
});

test("requests are split into batches that they fill for the most part", () => {
  const rows = (count: number) => [...batchesOf(count)].map(({ n, size }) => `${n}/${size}`);
  expect(rows(1)).toEqual(["1/1"]);
  expect(rows(6)).toEqual(["6/8"]);
  expect(rows(16)).toEqual(["8/8", "8/8"]);
  expect(rows(40)).toEqual(["40/64"]);
  expect(rows(100)).toEqual(["64/64", "36/64"]);
  for (const count of [1, 2, 5, 33, 65, 200])
    expect([...batchesOf(count)].reduce((sum, { n }) => sum + n, 0)).toBe(count);
});
