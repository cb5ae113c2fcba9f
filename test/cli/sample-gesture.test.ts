import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { drawVoices } from "../../src/data/dialogue/conversations.js";
import { writeWav } from "../../src/io/sound-write.js";
import { writeModel } from "../../src/models/files.js";
import * as nn from "../../src/nn/index.js";
import { madeModel } from "../methods/dyadic/made.js";
import { inProcess } from "./in-process.js";

const root = mkdtempSync(join(tmpdir(), "fewstep-sample-gesture-"));
const [model, audio] = [join(root, "model"), join(root, "both.wav")];
const fewstep = inProcess(join(root, "cache"));
const run = (...args: string[]) =>
  fewstep(["sample", model, "--device", "cpu", "--steps", "1", "--guidance", "1", "--audio", audio, ...args]);
afterAll(() => rmSync(root, { recursive: true, force: true }));

beforeAll(async () => {
  await writeWav(audio, drawVoices({ seconds: 2, relation: 0, seed: 1 }).sounds);
  const { config, net } = madeModel();
  await writeModel(model, { config, weights: nn.join(net).toRecord() });
});

test("files are told by the names that they have", async () => {
  const { code, stderr } = await run("--out", join(root, "talk.bvh"));
  expect(code, stderr).toBe(0);
  const files = ["a", "b"].map((person) => join(root, `talk-${person}.bvh`));
  expect(stderr).toContain(`→ ${files.join(", ")}`);
  expect(files.map((file) => existsSync(file))).toEqual([true, true]);
  const one = await run("--out", join(root, "first.bvh"), "--people", "first", "--json");
  expect(JSON.parse(one.stdout)).toMatchObject({ kind: "gesture", written: [join(root, "first.bvh")] });
  expect(existsSync(join(root, "first.bvh"))).toBe(true);
});

test("a style clip is read from a file that the program wrote, and changes whom it is of only", async () => {
  const talk = (name: string, ...args: string[]) => run("--out", join(root, `${name}.bvh`), ...args);
  expect((await talk("plain")).code).toBe(0);
  const styled = await talk("styled", "--style-clip", join(root, "plain-b.bvh"));
  expect(styled.code, styled.stderr).toBe(0);
  const read = (name: string) => readFileSync(join(root, `${name}.bvh`), "utf8");
  expect(read("styled-a")).not.toBe(read("plain-a"));
  expect(read("styled-b")).toBe(read("plain-b"));
  for (const [given, message] of [
    [["nowhere.bvh"], "There is no file"],
    [[audio], "--style-clip takes files of BVH"],
    [[audio, audio, audio], "two for both; got 3"],
  ] as const) {
    const { code, stderr } = await talk("none", "--style-clip", ...given);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  }
});

test("an option that is given twice is refused, as the second would take the place of the first", async () => {
  const { code, stderr } = await run("--out", join(root, "twice.glb"), "--seed", "1", "--seed", "2");
  expect([code, stderr]).toEqual([2, expect.stringContaining("it is given twice; give it once")]);
  expect(existsSync(join(root, "twice.glb"))).toBe(false);
});

test("a sound that is shorter than a frame is refused by its samples, before anything is written", async () => {
  const short = join(root, "short.wav");
  await writeWav(short, [new Float32Array(100), new Float32Array(100)]);
  const args = ["sample", model, "--device", "cpu", "--audio", short, "--out", join(root, "short.glb")];
  const { code, stderr } = await fewstep(args);
  expect([code, stderr]).toEqual([2, expect.stringContaining("has 100 samples at 16 kHz, less than one frame")]);
  expect(existsSync(join(root, "short.glb"))).toBe(false);
});

test("voices that are not there are wrong use (2), voices that cannot be read a failure (1)", async () => {
  const [cut, text, folder] = ["cut.wav", "text.wav", "folder.wav"].map((name) => join(root, name));
  writeFileSync(cut, readFileSync(audio).subarray(0, 30));
  writeFileSync(text, "no sound at all, but a text of some length");
  mkdirSync(folder);
  const out = join(root, "none.glb");
  for (const [path, expected, message] of [
    [join(root, "gone.wav"), 2, /There is no file .*gone\.wav"; give a WAV, FLAC or MP3 file/],
    [folder, 2, /folder\.wav is a folder; give a WAV/],
    [cut, 1, /cut\.wav/],
    [text, 1, /text\.wav/],
  ] as const) {
    const { code, stderr } = await fewstep(["sample", model, "--audio", path, "--out", out]);
    expect([code, stderr]).toEqual([expected, expect.stringMatching(message)]);
  }
  expect(existsSync(out)).toBe(false);
});
