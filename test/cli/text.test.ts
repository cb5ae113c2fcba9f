import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { command } from "./command.js";
import { inProcess } from "./in-process.js";

const root = mkdtempSync(join(tmpdir(), "cli-text-"));
const at = (name: string) => join(root, name);
const fewstep = command(at("cache"));
const refused = inProcess(at("cache"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const small = [
  'network={"kind":"transformer","width":16,"heads":2,"blocks":1,"condition":16,"tied":false}',
  "length=16",
  "training.steps=6",
  "training.batch=8",
];

beforeAll(async () => {
  writeFileSync(at("other.txt"), "zebras zigzag. ".repeat(400));
  writeFileSync(at("mine.txt"), "the cat sat on the mat. ".repeat(400));
  const train = ["train", "discrete", "--data", at("mine.txt"), "--out", at("run"), "--json", "--set", ...small];
  const { code, stderr, stdout } = await fewstep(train);
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ status: "finished", step: 6 });
});

test("a text file is learnt, and texts are drawn, continued and filled in", async () => {
  const out = at("drawn.txt");
  const drawn = await fewstep(["sample", at("run"), "--count", "3", "--steps", "4", "--out", out, "--json"]);
  expect(drawn.code, drawn.stderr).toBe(0);
  const result = JSON.parse(drawn.stdout);
  expect(result).toMatchObject({ kind: "text", count: 3, nfe: 5, out });
  expect(result.texts.every((text: string) => [...text].length === 16)).toBe(true);
  expect(readFileSync(out, "utf8")).toBe(`${result.texts.join("\n\n")}\n`);
  const common = ["--count", "1", "--out", out, "--sampler", "cap", "--eta", "0.1", "--nucleus", "0.9"];
  const continued = await fewstep(["sample", at("run"), "--prompt", "the cat", ...common]);
  expect(continued.stdout).toMatch(/^the cat.{9}\n$/s);
  const filled = await fewstep(["sample", at("run"), "--template", "the _at_________", ...common]);
  expect(filled.stdout).toMatch(/^the .at.{9}\n$/s);
});

test("a model of text is measured under a judge, and its network exported", async () => {
  const { code, stdout, stderr } = await fewstep(["eval", at("run"), "--count", "16", "--steps", "2,8", "--json"]);
  expect(code, stderr).toBe(0);
  const { likelihood, samples } = JSON.parse(stdout);
  expect(likelihood[0].name).toMatch(/NELBO without end terms, bits per character/);
  expect(samples.map(({ nfe }: { nfe: number }) => nfe)).toEqual([3, 9]);
  for (const [i, steps] of [2, 8].entries())
    expect(samples[i].options).toMatchObject({ count: 16, steps, seed: 0, sampler: "ancestral", nucleus: 1 });
  for (const { metrics } of samples) for (const { value } of metrics) expect(Number.isFinite(value)).toBe(true);
  const table = await fewstep(["eval", at("run"), "--count", "8", "--steps", "2"]);
  expect(table.stdout).toContain("Kneser–Ney");
});

test.each([
  [["sample", "--prompt", "the cat sat on the mat."], 2, /prompt has 23 tokens, the sequence 16/],
  [["sample", "--prompt", "Zebra"], 2, /character "Z" is not in this model's vocabulary/],
  [["sample", "--prompt", "the", "--template", "t_"], 2, /a prompt or a template, not both/],
  [["sample", "--sampler", "constant", "--kappa", "2"], 2, /kappa must be a number in \[0, 1\], got 2/],
  [["sample", "--sampler", "ancestral", "--eta", "0.1"], 2, /sampler ancestral takes no eta/],
  [["sample", "--sampler", "euler"], 2, /sampler must be one of ancestral/],
  [["sample", "--nucleus", "0"], 2, /nucleus must be a number in \(0, 1\], got 0/],
  [["eval", "--sampler", "loop", "--steps", "2"], 2, /2 steps are too few for a loop/],
  [["sample", "--guidance", "2"], 2, /takes no "guidance"; it takes count, steps/],
  [["sample", "--share-noise", "none"], 2, /takes no "shareNoise"; it takes count, steps/],
  [["eval", "--guidance", "2"], 2, /takes no "guidance"; it takes count, steps/],
  [["eval", "--judge", "nobody"], 2, /no model "nobody"/],
  [["eval", "--features", "pixel-pca"], 2, /draws text; leave out --features/],
  [["eval", "--data", at("other.txt")], 2, /character "b" is not in this model's vocabulary/],
] as const)("%o exits %d", async ([verb, ...options], code, message) => {
  const outcome = await refused([verb, at("run"), ...options]);
  expect(outcome.stderr).toMatch(message);
  expect(outcome.code).toBe(code);
});

test("what is no text is refused, and leaves nothing behind", async () => {
  writeFileSync(at("bad.txt"), Buffer.concat([Buffer.from("xé".repeat(4000)), Buffer.of(0xff)]));
  const bad = await refused(["train", "discrete", "--data", at("bad.txt"), "--out", at("z")]);
  expect(bad.stderr).toMatch(/bad\.txt is not valid UTF-8/);
  const wrong = await refused(["train", "drifting", "--data", at("mine.txt"), "--out", at("z")]);
  expect(wrong.stderr).toMatch(/mine\.txt" is text; "drifting" learns from images/);
  expect([bad.code, wrong.code]).toEqual([1, 2]);
  expect(existsSync(at("z"))).toBe(false);
  const drawsImages = await refused(["sample", "drifting-fashion", "--prompt", "x"]);
  expect(drawsImages.stderr).toMatch(/drifting-fashion takes no "prompt"; it takes count, label/);
});

const micro = (data: string, out: string, ...args: string[]) =>
  fewstep(["train", "discrete", "--data", at(data), "--out", at(out), "--json", ...args, "--set", ...small]);

test("what a text is made of is asked for by flags, kept, and measured alike", async () => {
  const lines = Array.from({ length: 60 }, (_, i) => `жук ${i}`);
  writeFileSync(at("lines.txt"), Buffer.from([...lines, "9081726354".repeat(3)].join("\r"), "utf16le"));
  const flags = ["--lines", "--encoding", "utf-16le", "--long-lines", "skip", "--tokens", "bpe:20"];
  const { code, stderr } = await micro("lines.txt", "lines", ...flags);
  expect(code, stderr).toBe(0);
  expect(stderr).toMatch(/1 of 61 lines have more than 16 tokens \(the longest \d\d\) and are left out\./);
  const config = JSON.parse(readFileSync(at("lines/config.json"), "utf8"));
  expect(config).toMatchObject({ lines: true, encoding: "utf-16le", longLines: "skip" });
  expect(config.settings.tokens).toEqual({ kind: "bpe", size: 20 });
  const { content, leftOut, notes } = JSON.parse(readFileSync(at("lines/data.json"), "utf8"));
  expect(content.slice(3)).toEqual(["utf-16le (as asked)", "line ends 60 CR"]);
  expect([leftOut, notes]).toEqual([[], [expect.stringMatching(/^1 of 61 lines have more than 16 tokens/)]]);
  const { training } = JSON.parse(readFileSync(at("lines/model/config.json"), "utf8"));
  expect(training.reading).toEqual({ lines: true, encoding: "utf-16le", longLines: "skip" });
  const measured = await fewstep(["eval", at("lines"), "--count", "8", "--steps", "2", "--json"]);
  expect(measured.code, measured.stderr).toBe(0);
});

test("two letters can be learnt, and a long text drawn", async () => {
  writeFileSync(at("two.txt"), Buffer.from("ab".repeat(300) + "ba".repeat(800), "utf16le"));
  const { code, stderr } = await micro("two.txt", "two");
  expect(code, stderr).toBe(0);
  expect(stderr.split("two.txt is read as utf-16le, by its content.")).toHaveLength(2); // once
  const drawn = await fewstep(["sample", at("two"), "--count", "2", "--steps", "2", "--length", "50", "--json"]);
  expect(drawn.code, drawn.stderr).toBe(0);
  const { texts, nfe } = JSON.parse(drawn.stdout);
  expect(texts.map((text: string) => text.length)).toEqual([50, 50]);
  expect(nfe).toBe(3 * 6); // windows that end at 16, 24, 32, 40, 48 and 50
});

// The data do not exist: they would be refused first, were they read before the settings are checked
test.each([
  [["--set", "training.batch=-1"], /settings cannot be: training\.batch is -1/],
  [["--set", "tokens=words"], /settings cannot be: tokens is "words"/],
  [["--set", "traning.batch=2"], /there is no setting "traning.batch"/],
  [["--tokens", "words"], /--tokens: Tokens are chars, bpe:<size> \(such as bpe:4096\) or gpt2, got "words"/],
  [["--tokens", "chars", "--set", "tokens.size=3"], /Give --tokens or --set tokens=…, not both/],
] as const)("%o is refused before the data are read", async (options, message) => {
  const args = ["train", "discrete", "--data", at("nowhere.txt"), "--out", at("never"), ...options];
  const outcome = await refused(args);
  expect(outcome.stderr).toMatch(message);
  expect(outcome.code).toBe(2);
});

test.each([
  ["discrete", ["--encoding", "klingon"], /There is no encoding "klingon"/],
  ["discrete", ["--long-lines", "cut"], /Running text has no long lines/],
  ["discrete", ["--long-lines", "drop"], /Allowed choices are skip, cut/],
  ["discrete", ["--size", "32"], /is a text, for which --size would have no effect; leave it out/],
  ["discrete", ["--tokens", "bpe:3"], /A vocabulary of 3 is smaller than the text's 11 characters/],
  ["discrete", ["--preset", "pixels"], /is text; tokens.kind "pixels" takes images/],
  ["drifting", ["--tokens", "chars"], /"drifting" learns no tokens; leave out --tokens/],
] as const)("%s %o is wrong use", async (method, options, message) => {
  const outcome = await refused(["train", method, "--data", at("mine.txt"), "--out", at("never"), ...options]);
  expect(outcome.stderr).toMatch(message);
  expect(outcome.code).toBe(2);
  expect(existsSync(at("never"))).toBe(false);
});
