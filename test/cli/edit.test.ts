import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type EditCommand, editCommand } from "../../src/cli/edit.js";
import { decodeImage, loadSafetensors, savePng } from "../../src/io/index.js";
import { writeModel } from "../../src/models/files.js";
import { writeUntrainedDrifting } from "../methods/fixtures/untrained.js";
import { shapes } from "../methods/pictures.js";
import { untrainedFiles, untrainedShape } from "../methods/sphere/untrained.js";

const root = mkdtempSync(join(tmpdir(), "edit-"));
const at = (name: string) => join(root, name);
afterAll(() => rmSync(root, { recursive: true, force: true }));

beforeAll(async () => {
  await writeModel(at("sphere"), untrainedFiles(untrainedShape(2, 16)));
  await writeUntrainedDrifting(at("drifting"), shapes());
  const { train } = shapes();
  for (const i of [0, 1]) await savePng(at(`${i}.png`), train.pixels.subarray(i * 256, (i + 1) * 256), 16, 16, 1);
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
    ["interpolate", ["0.png", "1.png"], { count: 4, labels: "disc,cross" }, 4],
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

test.each<[string, () => Promise<void>, RegExp]>([
  ["a picture of another size", () => edit("reconstruct", ["small.png"]), /8×8.*takes 16×16.*--resize/],
  ["a picture that is none", () => edit("reconstruct", ["nowhere.png"]), /Could not read the image/],
  ["a mask of another size", () => edit("inpaint", ["0.png"], { mask: at("small.png") }), /mask must have 16×16/],
  ["no mask", () => edit("inpaint", ["0.png"]), /--mask/],
  ["no class to morph to", () => edit("morph", ["0.png"]), /--label/],
  ["an unknown class", () => edit("morph", ["0.png"], { label: "boot" }), /no class "boot"/],
  ["one picture for two", () => edit("crossover", ["0.png"]), /Two pictures.*got 1/],
  ["three classes", () => edit("interpolate", ["0.png", "1.png"], { labels: "a,b,c" }), /two classes.*a,b,c/],
  [
    "another method's model",
    () => editCommand("vary", at("drifting"), [at("0.png")], { out: at("x.png"), device: "cpu" }),
    /is a drifting model and cannot encode pictures; sphere models can/,
  ],
])("%s is refused, and nothing is written", async (_, use, message) => {
  rmSync(at("out-reconstruct.png"), { force: true });
  await expect(use()).rejects.toThrow(message);
  expect(existsSync(at("out-reconstruct.png"))).toBe(false);
});

test("from the command line", () => {
  const main = resolve(import.meta.dirname, "../../src/cli/main.ts");
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ["--import", "tsx", main, "edit", ...args], { encoding: "utf8" });
  const done = run("vary", at("sphere"), at("0.png"), "--count", "2", "--out", at("cli.png"), "--json");
  expect(done.status, done.stderr).toBe(0);
  expect(JSON.parse(done.stdout)).toEqual({ verb: "vary", model: "untrained", count: 2, out: at("cli.png") });
  const wrong = run("morph", at("sphere"), at("0.png"), "--out", at("cli2.png"));
  expect(wrong.status).toBe(2);
  expect(wrong.stderr).toMatch(/--label/);
});
