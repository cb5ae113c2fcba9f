import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { textHash } from "../../src/data/cached-text.js";
import { getText } from "../../src/data/get.js";
import { decodeUtf8, lettersOnly, resolveData, resolveText, splitText } from "../../src/data/index.js";
import { texts } from "../../src/data/sources/texts.js";
import type { TextParts } from "../../src/data/text.js";

const folders: string[] = [];
const temporary = async () => {
  const folder = await mkdtemp(join(tmpdir(), "fewstep-text-"));
  folders.push(folder);
  return folder;
};
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

const running = Array.from({ length: 5000 }, (_, i) => String.fromCodePoint(97 + (i % 26))).join("");

const stringsOf = ({ train, judge, test }: TextParts) => [train, judge, test].map(String);

test("running text is split by blocks 80 : 15 : 5, and nothing is lost or doubled", () => {
  const [train, judge, test] = stringsOf(splitText(running, { lines: false, name: "t" }));
  expect([train.length, judge.length, test.length]).toEqual([4000, 750, 250]);
  const counts = (text: string) => [...text].reduce((m, c) => m.set(c, (m.get(c) ?? 0) + 1), new Map<string, number>());
  expect(counts(train + judge + test)).toEqual(counts(running));
  expect(test).toBe(running.slice(19 * 250));
  expect(() => splitText("short", { lines: false, name: "t" })).toThrow("t has 5 characters; at least 2000");
});

test("of twenty blocks the last is for the test, the 5th, 10th and 15th are for judges; blocks are 20,000 long at most", () => {
  for (const [length, block] of [
    [2001, 101],
    [900_000, 20_000],
  ]) {
    const text = running.repeat(Math.ceil(length / 5000)).slice(0, length);
    const wanted = { train: "", judge: "", test: "" };
    for (let i = 0; i * block < length; i++) {
      const part = [4, 9, 14].includes(i % 20) ? "judge" : i % 20 === 19 ? "test" : "train";
      wanted[part] += text.slice(i * block, (i + 1) * block);
    }
    const [train, judge, test] = stringsOf(splitText(text, { lines: false, name: "t" }));
    expect(train === wanted.train && judge === wanted.judge && test === wanted.test, `${length}`).toBe(true);
  }
});

test("a character outside the basic plane is never cut in two", () => {
  const text = "😀".repeat(2001);
  const [train, judge, test] = stringsOf(splitText(text, { lines: false, name: "t" }));
  expect(train + judge + test).toBe(text);
  for (const part of [train, judge, test]) expect(part).toMatch(/^(😀)+$/u);
});

test("lines are split without repetition, always alike", () => {
  const names = Array.from({ length: 100 }, (_, i) => `name${i}`);
  const parts = splitText([...names, "name3", "", ""].join("\r\n"), { lines: true, name: "t" });
  const all = stringsOf(parts).flatMap((part) => part.split("\n"));
  expect(all.toSorted()).toEqual(names.toSorted());
  expect([...parts.test.lines()]).toHaveLength(5);
  expect([...parts.judge.lines()]).toHaveLength(15);
  expect(parts.linesFound).toEqual({ different: 100, repeated: 1, empty: 1 });
  expect(stringsOf(splitText(names.join("\r"), { lines: true, name: "t" }))).toEqual(stringsOf(parts));
  expect(() => splitText("a\nb", { lines: true, name: "t" })).toThrow("2 different lines");
});

test("letters only: what text8 does to English", () => {
  expect(lettersOnly("  The “Pequod’s” crew—30 men: don't café\n")).toBe("the pequods crew men dont cafe");
});

test("a file is a text, without its byte order mark and with line ends of one kind", async () => {
  const folder = await temporary();
  const path = join(folder, "mine.txt");
  await writeFile(path, `\uFEFF${running.replaceAll("z", "\r\n")}`);
  const text = await resolveText(path);
  expect(text).toMatchObject({ id: "mine.txt", kind: "text", lines: false });
  expect(String(text.train)).not.toContain("\r");
  expect(text.train.slice(0, 3)).toBe("abc");
  expect((await resolveData(path)).kind).toBe("text");
  await expect(resolveText(join(folder, "none.txt"))).rejects.toThrow("neither a text's name");
  await expect(resolveData(join(folder, "none.txt"))).rejects.toThrow(
    /neither a data set's name \(.*kjv.*names, accad-female1, locomotion, conversations, scenes\)/,
  );
  expect(() => decodeUtf8(Uint8Array.of(0xc3))).toThrow("not valid UTF-8");
});

test("a pinned text is checked, cached, and a damaged cache is said to be so", async () => {
  const cache = await temporary();
  const parts = splitText(running, { lines: false, name: "t" });
  const shelf = { sources: [{ name: "here", load: async () => parts }], bytes: 1, licence: "CC0", attribution: "me" };
  const pinned = { title: "t", lines: false, ...shelf, sha256: textHash(parts) };
  const known = texts.kjv;
  try {
    texts.kjv = { ...pinned, sha256: "0".repeat(64) };
    await expect(getText("kjv", { cache })).rejects.toThrow(/has SHA-256 .* instead of 0+; it was not kept/);
    texts.kjv = pinned;
    const first = await getText("kjv", { cache });
    texts.kjv = { ...pinned, sources: [] };
    expect(await getText("kjv", { cache })).toEqual(first);
    await writeFile(join(cache, "kjv", "train.txt"), "other");
    await expect(getText("kjv", { cache })).rejects.toThrow(/kjv is damaged: its content has SHA-256 .* by force/);
    await rm(join(cache, "kjv", "train.txt"));
    await expect(getText("kjv", { cache })).rejects.toThrow(/train\.txt is damaged: ENOENT/);
    await writeFile(join(cache, "kjv", "meta.json"), "{");
    await expect(getText("kjv", { cache })).rejects.toThrow(/meta\.json is damaged: .*JSON/);
    texts.kjv = pinned;
    expect(await getText("kjv", { cache, force: true })).toEqual(first);
    texts.kjv = { ...pinned, lines: true };
    await expect(getText("kjv", { cache })).rejects.toThrow(/meta\.json is damaged: lines is false instead of true/);
  } finally {
    texts.kjv = known;
  }
  await expect(getText("nothing", { cache })).rejects.toThrow("known are kjv, sotu, moby-dick, text-mix, names");
});
