import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type EditCommand, editCommand } from "../../src/cli/edit.js";
import { resolveDataset } from "../../src/data/index.js";
import { decodeImage, loadSafetensors, savePng } from "../../src/io/index.js";
import { writeModel } from "../../src/models/files.js";
import { writeUntrainedDrifting } from "../methods/fixtures/untrained.js";
import { shapes } from "../methods/pictures.js";
import { untrainedFiles, untrainedShape } from "../methods/sphere/untrained.js";
import { inProcess } from "./in-process.js";

const root = mkdtempSync(join(tmpdir(), "edit-"));
const at = (name: string) => join(root, name);
afterAll(() => rmSync(root, { recursive: true, force: true }));

beforeAll(async () => {
  await writeModel(at("sphere"), untrainedFiles(untrainedShape(2, 16)));
  await writeUntrainedDrifting(at("drifting"), shapes());
  const { train } = shapes();
  for (const i of [0, 1, 2, 3]) await savePng(at(`${i}.png`), train.pixels.subarray(i * 256, (i + 1) * 256), 16, 16, 1);
  await savePng(at("small.png"), new Uint8Array(64), 8, 8, 1);
  await savePng(
    at("mask.png"),
    new Uint8Array(256).map((_, i) => (i % 16 < 8 ? 0 : 255)),
    16,
    16,
    1,
  );
});

const edit = (verb: string, sources: string[], options: Partial<EditCommand> = {}) =>
  editCommand(verb, at("sphere"), sources.map(at), { out: at(`out-${verb}.png`), device: "cpu", ...options });
const size = async (file: string) => {
  const { width, height } = await decodeImage(at(file));
  return [width, height];
};

describe("verbs", () => {
  test("encode, then decode, is reconstruct", async () => {
    await edit("encode", ["0.png", "1.png"], { out: at("latents.safetensors") });
    expect((await loadSafetensors(at("latents.safetensors"))).tensors.latents.shape).toEqual([2, 16]);
    await edit("decode", ["latents.safetensors"]);
    await edit("reconstruct", ["0.png", "1.png"]);
    const [a, b] = [await decodeImage(at("out-decode.png")), await decodeImage(at("out-reconstruct.png"))];
    expect(a.pixels).toEqual(b.pixels);
  });
  test.each<[string, string[], Partial<EditCommand>, number]>([
    ["project", ["0.png"], { steps: 2 }, 1],
    ["vary", ["0.png"], { count: 3, angle: 20 }, 3],
    ["morph", ["0.png"], { label: "cross" }, 1],
    ["crossover", ["0.png", "1.png"], { split: "horizontal" }, 1],
    [
      "inpaint",
      ["0.png"],
      {
        get mask() {
          return at("mask.png");
        },
      },
      1,
    ],
    ["interpolate", ["0.png", "1.png"], { count: 4, labels: ["disc", "cross"] }, 4],
  ])("%s", async (verb, sources, options, count) => {
    await edit(verb, sources, options);
    const [width, height] = await size(`out-${verb}.png`);
    expect(width).toBeGreaterThanOrEqual(16);
    expect(width * height).toBeGreaterThanOrEqual(256 * count);
  });
  test("inpaint leaves the known half as it was", async () => {
    await edit("inpaint", ["0.png"], { mask: at("mask.png") });
    const [before, after] = [
      await decodeImage(at("0.png"), { channels: 1 }),
      await decodeImage(at("out-inpaint.png"), { channels: 1 }),
    ];
    const half = (pixels: Uint8Array) => pixels.filter((_, i) => i % 16 < 8);
    expect(half(after.pixels)).toEqual(half(before.pixels));
    expect(after.pixels).not.toEqual(before.pixels);
  });
  test("--resize scales what does not fit", async () => {
    await edit("reconstruct", ["small.png"], { out: at("scaled.png"), resize: true });
    expect(await size("scaled.png")).toEqual([16, 16]);
  });
});

const drift = (verb: string, sources: string[], options: Partial<EditCommand> = {}) =>
  editCommand(verb, at("drifting"), sources.map(at), { out: at(`out-${verb}.png`), device: "cpu", ...options });
const like = () => ({ like: [at("0.png"), at("1.png")] });
const pixels = async (file: string) => (await decodeImage(at(file), { channels: 1 })).pixels;

describe("a drifting model", () => {
  test("refine moves pictures, and does not without a step", async () => {
    await drift("refine", ["2.png", "3.png"], { ...like(), steps: 3 });
    await drift("refine", ["2.png", "3.png"], { ...like(), steps: 0, out: at("still.png") });
    const [moved, still] = [await pixels("out-refine.png"), await pixels("still.png")];
    expect(moved).not.toEqual(still);
  });
  test("inpaint leaves the known half as it was, and what the hole held does not matter", async () => {
    await drift("inpaint", ["2.png", "2.png"], { ...like(), mask: at("mask.png"), temperatures: [1] });
    const [before, sheet] = [await pixels("2.png"), await decodeImage(at("out-inpaint.png"), { channels: 1 })];
    // The first picture stands at the top left of the sheet, within a border.
    const border = (sheet.height - 16) / 2;
    const after = before.map((_, i) => sheet.pixels[(border + Math.floor(i / 16)) * sheet.width + border + (i % 16)]);
    const half = (values: Uint8Array) => values.filter((_, i) => i % 16 < 8);
    expect(half(after)).toEqual(half(before));
    expect(after).not.toEqual(before);
    const scribbled = before.map((value, i) => (i % 16 < 8 ? value : 255 - value));
    await savePng(at("scribbled.png"), scribbled, 16, 16, 1);
    const again = { ...like(), mask: at("mask.png"), temperatures: [1], out: at("b.png") };
    await drift("inpaint", ["scribbled.png", "scribbled.png"], again);
    expect(await pixels("b.png")).toEqual(sheet.pixels);
  });
});

test.each<[string, () => Promise<void>, RegExp]>([
  ["a picture of another size", () => edit("reconstruct", ["small.png"]), /8×8.*takes 16×16.*--resize/],
  ["a picture that is none", () => edit("reconstruct", ["nowhere.png"]), /There is no file .*give a picture/],
  ["a picture within a file", () => edit("reconstruct", ["0.png/1.png"]), /There is no file .*give a picture/],
  ["a folder for a sheet", () => edit("vary", ["0.png"], { out: `${at("each")}/` }), /each\/ names a folder/],
  ["a file for each picture", () => edit("vary", ["0.png"], { out: at("%02d.png") }), /into one sheet.*leave out/],
  [
    "a folder for latents",
    () => edit("encode", ["0.png"], { out: root }),
    /names a folder; give a file for the latents/,
  ],
  ["a mask of another size", () => edit("inpaint", ["0.png"], { mask: at("small.png") }), /mask must have 16×16/],
  ["no mask", () => edit("inpaint", ["0.png"]), /--mask/],
  ["no class to morph to", () => edit("morph", ["0.png"]), /morph needs "label"/],
  ["an unknown class", () => edit("morph", ["0.png"], { label: "boot" }), /no class "boot"/],
  ["one picture for two", () => edit("crossover", ["0.png"]), /Two pictures.*got 1/],
  [
    "an edit that only others have",
    () => edit("refine", ["0.png"]),
    /sphere model and has no "refine"; drifting models do/,
  ],
  ["a mask without use", () => drift("refine", ["0.png"], { ...like(), mask: at("mask.png") }), /no use for --mask/],
  ["exemplars without use", () => edit("inpaint", ["0.png"], { mask: at("mask.png"), ...like() }), /no use for --like/],
  ["another method's option", () => edit("project", ["0.png"], { eta: 0.1 }), /takes no "eta"/],
  ["no step that there is", () => drift("refine", ["0.png"], { ...like(), eta: 2 }), /eta must be .*\(0, 1\], got 2/],
  ["a picture without company", () => drift("refine", ["0.png"], like()), /at least two/],
  ["two sources of exemplars", () => drift("refine", ["0.png"], { ...like(), data: "mnist" }), /--data or --like/],
  ["no exemplars", () => drift("refine", ["0.png"]), /does not say what it was trained on.*--data/],
  [
    "a class of exemplars that have none",
    () => drift("refine", ["0.png", "1.png"], { ...like(), label: "disc" }),
    /other classes/,
  ],
  ["exemplars of another size", () => drift("refine", ["0.png"], { like: [at("small.png")] }), /8×8.*takes 16×16/],
  [
    "three classes",
    () => edit("interpolate", ["0.png", "1.png"], { labels: ["a", "b", "c"] }),
    /labels must be a list of 2 texts.*a.*b.*c/,
  ],
  [
    "another method's model",
    () => editCommand("vary", at("drifting"), [at("0.png")], { out: at("x.png"), device: "cpu" }),
    /is a drifting model and has no "vary"; sphere models do\. It has refine, inpaint/,
  ],
])("%s is refused, and nothing is written", async (_, use, message) => {
  const before = readdirSync(root);
  await expect(use()).rejects.toThrow(message);
  expect(readdirSync(root)).toEqual(before);
});

test("a picture or latents that are damaged are a failure (1), those that are not there wrong use (2)", async () => {
  const fewstep = inProcess(at("cache"));
  writeFileSync(at("bad.png"), "no picture");
  writeFileSync(at("bad.safetensors"), "no latents");
  for (const [verb, file, expected] of [
    ["reconstruct", "bad.png", 1],
    ["reconstruct", "none.png", 2],
    ["reconstruct", "small.png", 2],
    ["decode", "bad.safetensors", 1],
    ["decode", "none.safetensors", 2],
  ] as const) {
    const { code, stderr } = await fewstep(["edit", verb, at("sphere"), at(file), "--out", at("x.png")]);
    expect([code, stderr]).toEqual([expected, expect.stringContaining(file)]);
  }
});

describe("from the command line", () => {
  const main = resolve(import.meta.dirname, "../../dist/cli/main.js");
  const run = (...args: string[]) => spawnSync(process.execPath, [main, "edit", ...args], { encoding: "utf8" });
  test("a sphere model", () => {
    const done = run("vary", at("sphere"), at("0.png"), "--count", "2", "--out", at("cli.png"), "--json");
    expect(done.status, done.stderr).toBe(0);
    expect(JSON.parse(done.stdout)).toEqual({ verb: "vary", model: "untrained", count: 2, out: at("cli.png") });
    const wrong = run("morph", at("sphere"), at("0.png"), "--out", at("cli2.png"));
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toMatch(/needs "label"/);
  });
  test("a shipped drifting model", async () => {
    const data = resolve(import.meta.dirname, "../fixtures/fashion-mnist");
    const { test } = await resolveDataset(data);
    for (const i of [0, 1]) await savePng(at(`real-${i}.png`), test.pixels.subarray(i * 784, (i + 1) * 784), 28, 28, 1);
    const pictures = [
      "refine",
      "drifting-fashion",
      at("real-0.png"),
      at("real-1.png"),
      "--data",
      data,
      "--exemplars",
      "500",
    ];
    const done = run(...pictures, "--temperatures", "0.2,0.05", "--out", at("cli.png"), "--json");
    expect(done.status, done.stderr).toBe(0);
    expect(JSON.parse(done.stdout)).toMatchObject({ verb: "refine", model: "drifting-fashion", count: 2 });
    const wrong = run(...pictures, "--anchor", "-1", "--out", at("cli2.png"));
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toMatch(/anchor must be a number of at least 0, got -1/);
    expect(readdirSync(root)).not.toContain("cli2.png");
  });
});
