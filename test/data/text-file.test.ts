import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkData, resolveData, resolveDataset, resolveText, splitText } from "../../src/data/index.js";
import type { ProgressReport } from "../../src/data/progress.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fewstep-text-file-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const written = async (bytes: Uint8Array | string, name = "mine.txt") => {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
};
const read = async (bytes: Uint8Array | string, options?: object) => resolveText(await written(bytes), options);
const whole = ({ train, judge, test }: Awaited<ReturnType<typeof read>>) => `${train}${judge}${test}`;
/** The text as the splitter has it, from a string. */
const expected = (text: string) => {
  const { train, judge, test } = splitText(text, { lines: false, name: "t" });
  return `${train}${judge}${test}`;
};

const english = "Naïve cafés — “quoted” text, 10 €.\n".repeat(120);
const latin = "Was für ein schöner Tag, sagte Jörg zu Änne.\n".repeat(120);
const cyrillic = "Широка страна моя родная, много в ней лесов.\n".repeat(120);
const chinese = Array.from({ length: 4000 }, (_, i) => String.fromCodePoint(0x4e00 + ((i * 7919) % 5003))).join("");
const utf16 = (text: string, swapped = false) => {
  const bytes = Buffer.from(text, "utf16le");
  return swapped ? bytes.swap16() : bytes;
};

test("the report has the hash of the file's bytes, over several reads, and of how it was read what is worth saying", async () => {
  const bytes = Buffer.from(`\uFEFF${english.replaceAll("\n", "\r")}`.repeat(300));
  expect(bytes.length).toBeGreaterThan(1 << 20);
  const { report } = await read(bytes);
  expect(report!.files).toEqual({ "the file": createHash("sha256").update(bytes).digest("hex") });
  expect(report!.content.slice(3)).toEqual(["utf-8 (by its byte order mark)", "line ends 36000 CR"]);
  expect([report!.leftOut, report!.notes]).toEqual([[], []]);
});

describe("the encoding is found, said, and becomes characters", () => {
  const cases: [string, string, Uint8Array, string, "mark" | "content"][] = [
    ["UTF-8", english, Buffer.from(english), "utf-8", "content"],
    ["UTF-8 with a mark", english, Buffer.from(`\uFEFF${english}`), "utf-8", "mark"],
    ["UTF-16 LE with a mark", english, utf16(`\uFEFF${english}`), "utf-16le", "mark"],
    ["UTF-16 BE with a mark", english, utf16(`\uFEFF${english}`, true), "utf-16be", "mark"],
    ["UTF-16 LE without one", english, utf16(english), "utf-16le", "content"],
    ["UTF-16 BE without one", english, utf16(english, true), "utf-16be", "content"],
    ["UTF-16 LE, Cyrillic", cyrillic, utf16(cyrillic), "utf-16le", "content"],
    ["UTF-16 BE, Chinese", chinese, utf16(chinese, true), "utf-16be", "content"],
    ["Latin-1", latin, Buffer.from(latin, "latin1"), "windows-1252", "content"],
    ["one letter", "a".repeat(2500), Buffer.from("a".repeat(2500)), "utf-8", "content"],
    ["one letter, UTF-16", "a".repeat(2500), utf16("a".repeat(2500)), "utf-16le", "content"],
  ];
  test.each(cases)("%s", async (_, text, bytes, encoding, encodingBy) => {
    const data = await read(bytes);
    expect(whole(data)).toBe(expected(text));
    expect(data.found).toMatchObject({ encoding, encodingBy, bytes: bytes.length, characters: [...text].length });
  });

  test("the quotes and the euro of windows-1252 are no control characters", async () => {
    const bytes = Buffer.concat(Array.from({ length: 900 }, () => Buffer.of(0x93, 0x61, 0x94, 0x80)));
    expect(whole(await read(bytes))).toBe(expected("“a”€".repeat(900)));
  });

  test("one that is asked for is followed; one that there is not is refused", async () => {
    const koi8 = Buffer.concat(Array.from({ length: 1200 }, () => Buffer.of(0xf0, 0xd2, 0x20))); // "Пр "
    const data = await read(koi8, { encoding: "koi8-r" });
    expect(whole(data)).toBe(expected("Пр ".repeat(1200)));
    expect(data.found).toMatchObject({ encoding: "koi8-r", encodingBy: "option" });
    await expect(read("x", { encoding: "klingon" })).rejects.toThrow(
      'There is no encoding "klingon"; take one of utf-8',
    );
    await expect(resolveText("names", { encoding: "utf-8" })).rejects.toThrow('"names" is no file');
  });
});

describe("what is no text is refused, and says where", () => {
  test("UTF-8 with a broken byte is not taken for Latin-1", async () => {
    const bytes = Buffer.concat([Buffer.from("é".repeat(1500)), Buffer.of(0xff), Buffer.from("é".repeat(1500))]);
    await expect(read(bytes)).rejects.toThrow(/mine\.txt is not valid UTF-8: byte 3001 is 0xff; .*--encoding latin1/);
    expect((await read(bytes, { encoding: "latin1" })).found!.characters).toBe(6001);
    const begins = Buffer.concat([Buffer.of(0xff), Buffer.from("é".repeat(1500))]);
    await expect(read(begins)).rejects.toThrow("not valid UTF-8: byte 1 is 0xff");
    await expect(read(Buffer.from("é".repeat(2001)).subarray(0, 4001))).rejects.toThrow("byte 4001 is 0xc3");
  });
  test("bytes of zero, control characters, UTF-32", async () => {
    await expect(read(utf16("天地玄黄宇宙洪荒́".repeat(300), true))).rejects.toThrow(
      /mine\.txt is neither UTF-8 nor Latin-1: byte \d+ is the control character \d+/,
    );
    const picture = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 251));
    await expect(read(picture)).rejects.toThrow("mine.txt is no text: byte 1 is zero");
    await expect(read(Buffer.of(0xff, 0xfe, 0, 0, 65, 0, 0, 0))).rejects.toThrow("is UTF-32, which is not read");
    await expect(read(utf16("ab".repeat(3000)).subarray(1), { encoding: "utf-16be" })).rejects.toThrow(
      /not valid utf-16be, between bytes 1 and 11999/,
    );
  });
});

test("line ends of every kind are one", async () => {
  const lines = Array.from({ length: 400 }, (_, i) => `line ${i}`);
  for (const [end, kind] of [
    ["\n", "lf"],
    ["\r\n", "crlf"],
    ["\r", "cr"],
  ] as const) {
    const data = await read(lines.join(end), { lines: true });
    expect([...data.train.lines(), ...data.judge.lines(), ...data.test.lines()].toSorted()).toEqual(lines.toSorted());
    expect(data.found!.lineEnds).toEqual({ lf: 0, crlf: 0, cr: 0, [kind]: 399 });
    expect(data.linesFound).toEqual({ different: 400, repeated: 0, empty: 0 });
  }
  const mixed = await read(`a\r\nb\rc\n\r\n\rd${"x".repeat(3000)}`);
  expect(mixed.train.slice(0, 9)).toBe("a\nb\nc\n\n\nd");
  expect(mixed.found!.lineEnds).toEqual({ lf: 1, crlf: 2, cr: 2 });
});

test("a file of more than one piece is the same as its string, and progress is told", async () => {
  // Characters of two and four bytes and CRLF on the borders of the pieces, which are 1 MiB
  const unit = "aé😀\r\nxyz ";
  const text = unit.repeat(200_000);
  const reports: ProgressReport[] = [];
  const data = await read(text, { onProgress: (report: ProgressReport) => reports.push(report) });
  expect(whole(data) === expected(text.replaceAll("\r\n", "\n"))).toBe(true);
  expect(data.found).toMatchObject({ characters: 8 * 200_000, lineEnds: { lf: 0, crlf: 200_000, cr: 0 } });
  expect(data.train.codes).toBeInstanceOf(Uint8Array); // a byte a character
  const bytes = Buffer.byteLength(text);
  expect(reports.at(-1)).toEqual({ task: "reading mine.txt", done: bytes, total: bytes, unit: "bytes" });
  expect(reports).toHaveLength(Math.ceil(bytes / 2 ** 20));
  const late = Buffer.concat([Buffer.alloc(2_500_000, "plain "), Buffer.of(0xe9), Buffer.from("\xff\xe9", "latin1")]);
  const found = await read(late);
  expect(found.found).toMatchObject({ encoding: "windows-1252", characters: late.length });
  expect(found.test.characters).toContain("é");
});

test("an aborted reading stops", async () => {
  await expect(read("x".repeat(3000), { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
});

test("options of the other kind of data are refused", async () => {
  const path = await written("x".repeat(3000));
  for (const read of [resolveData, resolveText, resolveDataset, checkData] as ((at: string, how: never) => unknown)[]) {
    const reading = async (options: unknown) => read(path, options as never);
    await expect(reading({ linez: true })).rejects.toThrow(/takes no "linez"; did you mean "lines"/);
    await expect(reading({ lines: "no" })).rejects.toThrow('lines must be true or false, got "no"');
    await expect(reading({ frames: "al" })).rejects.toThrow('frames must be one of all, first, got "al"');
    await expect(reading({ signal: 5 })).rejects.toThrow("signal must be an AbortSignal, got 5");
    await expect(reading(null)).rejects.toThrow(/are an object, got null/);
  }
  await expect(resolveData(path, { size: 32 })).rejects.toThrow("is a text, for which --size would have no effect");
  await expect(resolveData(folder, { lines: true })).rejects.toThrow(
    "holds pictures, for which --lines would have no effect",
  );
  await expect(resolveData("kjv", { lines: true })).rejects.toThrow('"kjv" is running text; leave out lines');
  await expect(resolveData(path, { longLines: "skip" })).rejects.toThrow("Running text has no long lines");
  await expect(resolveData(path, { lines: true, longLines: "drop" as never })).rejects.toThrow("skip or cut");
});

describe("JSON", () => {
  const texts = Array.from({ length: 40 }, (_, i) => `a person walks ${i} "steps" — \u00fc`);
  const pretty = JSON.stringify(texts, null, 2).replaceAll("\n", "\r\n");
  const rows = texts.map((text) => JSON.stringify(text)).join("\n");
  test.each([
    ["list.json", pretty],
    ["LIST.JSON", `\uFEFF${JSON.stringify(texts)}`],
    ["list.jsonl", `${rows}\n\n`],
    ["list.ndjson", rows],
  ])("%s is read as the list of texts that it is, each a line", async (name, content) => {
    const { train, judge, test, lines } = await resolveText(await written(content, name));
    expect(lines).toBe(true);
    expect([train, judge, test].flatMap((part) => `${part}`.split("\n")).sort()).toEqual(texts.toSorted());
  });

  test.each([
    [
      "object.json",
      '{"texts": ["a"]}',
      /object\.json holds an object with texts; a JSON file is read as a list of texts/,
    ],
    ["number.json", `[${"1,".repeat(30)}2]`, /Entry 1 of the 31 entries of number\.json is 1; a JSON file/],
    ["two.json", JSON.stringify([...texts, "a\nb"]), /Entry 41 of the 41 entries of two\.json has a line end in it/],
    ["cut.json", pretty.slice(0, 200), /cut\.json is no JSON: .*Mend it/],
    ["cut.jsonl", `"a"\n"b`, /cut\.jsonl, line 2, is no JSON/],
    ["few.json", '["a", "b"]', /few\.json has 2 different lines; at least 20/],
  ])("%s is refused with what it should be", async (name, content, message) => {
    await expect(resolveText(await written(content, name))).rejects.toThrow(message);
  });

  test("its texts may be long, and --long-lines says what becomes of them", async () => {
    const path = await written(JSON.stringify(texts), "long.json");
    expect(await resolveText(path, { longLines: "skip" })).toMatchObject({ longLines: "skip", lines: true });
    await expect(resolveText(await written(english), { longLines: "skip" })).rejects.toThrow("Running text");
  });
});
