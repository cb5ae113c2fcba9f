import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeKinds } from "../../scripts/torture/kinds.js";
import { numbered } from "../../src/cli/numbered.js";
import { sampleToFile } from "../../src/cli/sample.js";
import { shellWord } from "../../src/io/show.js";
import { loadModel } from "../../src/methods/load.js";

const root = mkdtempSync(join(tmpdir(), "numbered-"));
const at = (...names: string[]) => join(root, ...names);
beforeAll(() => writeKinds(at("kinds")));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("single pictures in the format of their name, in order, with their classes beside", async () => {
  await using model = await loadModel(at("kinds", "drifting"), { kind: "image", threads: 1 });
  const options = { count: 70, seed: 3, label: Array.from({ length: 70 }, (_, i) => (i % 3 === 0 ? 1 : 0)) };
  const result = await sampleToFile(model, "x", options, { out: at("each", "%03d.webp") });
  expect(result).toMatchObject({ count: 70, files: 70, out: at("each"), labels: at("each", "labels.csv") });
  expect(readdirSync(at("each"))).toHaveLength(71);
  const [head, ...rows] = readFileSync(at("each", "labels.csv"), "utf8").trimEnd().split("\n");
  const names = model.classNames!;
  expect(head).toBe("file,class,label");
  expect(rows).toEqual(options.label.map((k, i) => `${String(i).padStart(3, "0")}.webp,${names[k]},${k}`));
  const drawn = await model.sample(options); // more than a batch: files hold the same samples
  for (const i of [0, 63, 64, 69]) {
    const file = await sharp(at("each", `${String(i).padStart(3, "0")}.webp`))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(file.info).toMatchObject({ width: 8, height: 8 });
    const rgba = drawn.toRgba(i);
    for (let p = 0; p < 64; p++)
      expect(Math.abs(file.data[p * file.info.channels] - rgba[4 * p])).toBeLessThanOrEqual(1);
  }
});

test("texts become files of a folder; a folder that is there is one without a slash", async () => {
  await using model = await loadModel(at("kinds", "discrete-text"), { threads: 1 });
  const options = { count: 3, steps: 2 };
  expect(await sampleToFile(model, "x", options, { out: `${at("texts")}/` })).toMatchObject({ files: 3 });
  expect(readdirSync(at("texts")).sort()).toEqual(["00000.txt", "00001.txt", "00002.txt"]);
  expect((await sampleToFile(model, "x", { ...options, seed: 1 }, { out: at("texts") })).files).toBe(3);
  const drawn = await model.sample({ ...options, seed: 1 });
  if (drawn.kind === "text") expect(readFileSync(at("texts", "00001.txt"), "utf8")).toBe(`${drawn.strings[1]}\n`);
});

test("files of an earlier, larger request are not mixed with new ones", async () => {
  expect(() => numbered(at("texts"), "text", 2)).toThrow(/00002.txt is there already: 2 new samples would be mixed/);
  expect(numbered(at("texts"), "text", 3)!.path(7)).toBe(at("texts", "00007.txt"));
});

test.each([
  ["x.png", "image", null],
  ["x-%d.png", "image", "x-7.png"],
  ["x-%04d.jpg", "image", "x-0007.jpg"],
  ["100%.txt", "text", null],
] as const)("%s asks for %s files: %s", (out, kind, seventh) => {
  expect(numbered(at(out), kind, 9)?.path(7) ?? null).toBe(seventh && at(seventh));
});

test.each([
  ["x-%d.gif", "image", /name ends in .png/],
  ["x-%d.png", "text", /Texts cannot be written as a picture/],
] as const)("%s is refused for %ss", (out, kind, message) => {
  expect(() => numbered(at(out), kind, 1)).toThrow(message);
});

test("words of a command line are quoted where a shell would take them apart", () => {
  expect(shellWord("runs/mine-2.0")).toBe("runs/mine-2.0");
  if (process.platform !== "win32") expect(shellWord("my run's $HOME")).toBe("'my run'\\''s $HOME'");
  expect(shellWord("")).not.toBe("");
});
