import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { streamMotion } from "../../src/cli/stream.js";
import { motionsOf } from "../../src/data/motion/read-file.js";
import { Motions } from "../../src/media/motions.js";
import { loadModel } from "../../src/methods/load.js";
import { trainMotion } from "../../src/methods/motion/train.js";
import type { MotionGenerator } from "../../src/models/generator.js";
import { clips, micro } from "../methods/motion/clips.js";
import { inProcess } from "./in-process.js";
import { reader } from "./lines.js";

const root = mkdtempSync(join(tmpdir(), "cli-stream-"));
const walker = join(root, "walker");
const refused = inProcess(join(root, "cache"));
let model: MotionGenerator;

beforeAll(async () => {
  await trainMotion(clips(), micro, { out: walker, threads: 1, sampleEvery: 0, onProgress: () => {} });
  model = await loadModel(walker, { kind: "motion", device: "cpu", threads: 1 });
}, 300_000);
afterAll(async () => {
  await model?.release();
  rmSync(root, { recursive: true, force: true });
});

const never = new AbortController().signal;
const options = { prompt: "a person walks", steps: 4, lag: 2, seed: 5 };

test("blocks come as JSON lines, as many as --seconds says, with new texts on the way", async () => {
  const session = await model.open(options);
  const expected = [await session.next(), await session.next()];
  session.say("a person waves");
  expected.push(await session.next());
  const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const input = new PassThrough();
  const { output, lines } = reader();
  const slow = new Writable({
    highWaterMark: 1,
    async write(chunk, encoding, done) {
      output.write(chunk, encoding);
      if (lines.length === 2) {
        input.write('чёрт\n["a person walks", "a person waves"]\na person waves\n');
        await new Promise((resolve) => setTimeout(resolve, 50)); // the lines are read while the reader is slow
      }
      done();
    },
  });
  expect(await streamMotion(model, { ...options, seconds: 1.5 }, { output: slow, input, signal: never })).toBe(30);
  expect(lines.map(({ time, frames }) => [time, frames])).toEqual([
    [0, 12],
    [0.6, 12],
    [1.2, 6],
  ]);
  for (const [i, { frames, root, rotations }] of lines.entries()) {
    expect(root.flat()).toEqual([...expected[i].root.subarray(0, 3 * frames)]);
    expect(rotations.flat(2)).toEqual([...expected[i].rotations.subarray(0, 88 * frames)]);
  }
  expect(said.mock.calls.flat().join("")).toMatch(/word/);
  expect(said.mock.calls.flat().join("")).toContain("A line is a text as it is to be shown, not JSON");
  said.mockRestore();
});

test("a signal ends it after the present block, and so does a reader that goes", async () => {
  const controller = new AbortController();
  const stopped = reader((line) => line === 2 && controller.abort());
  await streamMotion(model, options, { output: stopped.output, input: null, signal: controller.signal });
  expect(stopped.lines).toHaveLength(2);
  const gone = reader((line, self) => line === 3 && void self.destroy());
  await streamMotion(model, options, { output: gone.output, input: null, signal: never });
  expect(gone.lines).toHaveLength(3);
});

test("a path leads the root of a sample and of a stream; what is none is refused", async () => {
  const out = join(root, "led.bvh");
  const short = ["--seconds", "1.2", "--steps", "2", "--lag", "2", "--device", "cpu"];
  const { code, stderr } = await refused(["sample", walker, "--path", "-1,0 1,2 3,3", "--out", out, ...short]);
  expect(code, stderr).toBe(0);
  const [{ clip }] = await motionsOf(readFileSync(out), "led.bvh");
  expect(clip.root[0]).toBeCloseTo(-1, 3);
  expect(clip.root[2]).toBeCloseTo(0, 3);
  const { output, lines } = reader();
  const led = { path: "-1,0 1,2 3,3", steps: 2, lag: 2, seconds: 0.6 };
  await streamMotion(model, led, { output, input: null, signal: never });
  expect([lines[0].root[0][0], lines[0].root[0][2]]).toEqual([-1, 0]);
  for (const wrong of ["1,2", "0,0 1", "a,b c,d"]) {
    const { code, stderr } = await refused(["sample", walker, "--path", wrong, "--out", join(root, "none.bvh")]);
    expect(code, stderr).toBe(2);
    expect(stderr).toContain("path cannot be followed");
  }
  expect(existsSync(join(root, "none.bvh"))).toBe(false);
});

test("a path is read from a file of points; one that holds something else is a failure", async () => {
  const write = (name: string, text: string) => {
    writeFileSync(join(root, name), text);
    return join(root, name);
  };
  const out = join(root, "by-file.bvh");
  const go = (path: string) =>
    refused(["sample", walker, "--path", path, "--out", out, "--seconds", "0.6", "--steps", "1", "--lag", "1"]);
  for (const file of [
    write("points.json", "[[-1, 0], [1, 2]]"),
    write("named.json", '[{ "x": -1, "z": 0 }, { "x": 1, "z": 2 }]'),
    write("points.csv", "x, z\r\n-1, 0\r\n1, 2\r\n"),
    write("bare.CSV", "-1;0\n1;2"),
  ]) {
    const { code, stderr } = await go(file);
    expect(code, stderr).toBe(0);
    const [{ clip }] = await motionsOf(readFileSync(out), "by-file.bvh");
    expect([clip.root[0], clip.root[2]].map((value) => Number(value.toFixed(3)))).toEqual([-1, 0]);
    rmSync(out);
  }
  for (const [file, expected, message] of [
    [join(root, "gone.csv"), 2, /There is no file/],
    [write("broken.json", "[[0, 0]"), 1, /broken.json is no JSON/],
    [write("object.json", '{"x": 1}'), 1, /is a list of points/],
    [write("texts.json", '[[0, 0], ["1", "2"]]'), 1, /point 2, .* is not \[x, z\]/],
    [write("wide.csv", "0,0\n1,2,3"), 1, /line 2, "1,2,3", is not x and z/],
    [write("others.csv", "lat,lon\n0,0\n1,2"), 1, /its columns are x and z, got "lat,lon"/],
    [write("one.csv", "0,0"), 2, /two different points/],
  ] as const) {
    const { code, stderr } = await go(file);
    expect([code, stderr]).toEqual([expected, expect.stringMatching(message)]);
  }
  expect(existsSync(out)).toBe(false);
});

test("a motion goes on from a file's, where that one ends; what it cannot go on from is refused", async () => {
  const [clip] = (await model.sample({ prompt: "a person walks", seconds: 1.8, steps: 2, lag: 2 })).clips;
  const file = join(root, "begun.bvh");
  await new Motions([clip]).save(file);
  const out = join(root, "whole.bvh");
  const few = ["--steps", "2", "--lag", "2", "--device", "cpu"];
  const go = (...args: string[]) => refused(["sample", walker, "--out", out, ...few, ...args]);
  const { code, stderr } = await go("--from-clip", file, "--seconds", "1.5", "--prompt", "a person waves");
  expect(code, stderr).toBe(0);
  const [{ clip: whole }] = await motionsOf(readFileSync(out), "whole.bvh");
  expect(whole.frames).toBe(36 + 30);
  // Heights are measured anew from the floor where a file is read
  for (let i = 0; i < 3 * 36; i++) if (i % 3 !== 1) expect(whole.root[i]).toBeCloseTo(clip.root[i], 2);
  const step = (t: number) => Math.hypot(...[0, 2].map((k) => whole.root[3 * t + k] - whole.root[3 * t - 3 + k]));
  expect(step(36)).toBeLessThan(0.3);
  rmSync(out);
  const short = join(root, "short.bvh");
  await new Motions([(await model.sample({ seconds: 0.5, steps: 1, lag: 1 })).clips[0]]).save(short);
  for (const [args, rule] of [
    [["--from-clip", short], /lasts 0.6 seconds at least; this one has 0.5/],
    [["--from-clip", join(root, "none.bvh")], /none.bvh/],
    [["--from-clip", join(root, "walk.txt")], /file of BVH, GLB or VRMA/],
    [["--from-clip", file, "--count", "2"], /One motion goes on/],
    [["--from-clip", file, "--sampler", "renoise"], /sampler/],
  ] as const) {
    const { code, stderr } = await go(...args);
    expect(code, stderr).toBe(2);
    expect(stderr).toMatch(rule);
  }
  const arrived = join(root, "arrived.bvh");
  const there = await refused(["sample", walker, "--out", arrived, ...few, "--to-clip", file, "--seconds", "1"]);
  expect(there.code, there.stderr).toBe(0);
  expect(there.stderr).toMatch(/at .*begun.bvh it jumps by \d+\.\d of a usual step/);
  const [{ clip: reached }] = await motionsOf(readFileSync(arrived), "arrived.bvh");
  expect(reached.frames - 36).toBeGreaterThanOrEqual(20);
  expect(reached.frames - 36).toBeLessThanOrEqual(20 + 24);
  const both = await refused([
    ...["sample", walker, "--out", arrived, ...few, "--from-clip", file, "--to-clip", file, "--seconds", "1"],
  ]);
  expect(both.code, both.stderr).toBe(0);
  const [{ clip: between }] = await motionsOf(readFileSync(arrived), "arrived.bvh");
  expect(between.frames - 72).toBeGreaterThanOrEqual(20);
  for (let i = 0; i < 3 * 36; i++) if (i % 3 !== 1) expect(between.root[i]).toBeCloseTo(clip.root[i], 2);
  const round = await go("--to-clip", file, "--loop");
  expect([round.code, round.stderr]).toEqual([2, expect.stringContaining("leave out --loop")]);
  const cut = join(root, "cut.bvh");
  writeFileSync(cut, readFileSync(file).subarray(0, 200));
  const damaged = await go("--from-clip", cut);
  expect([damaged.code, damaged.stderr]).toEqual([1, expect.stringContaining("cut.bvh")]);
  expect(existsSync(out)).toBe(false);
});

test.each([
  [["--from-clip", "walk.bvh"], /--from-clip has no effect with --stream/],
  [["--to-clip", "walk.bvh"], /--to-clip has no effect with --stream/],
  [["--count", "2"], /count/],
  [["--out", "walk.bvh"], /--out has no effect with --stream/],
  [["--json"], /--json has no effect with --stream/],
  [["--sampler", "renoise"], /sampler/],
  [["--seconds", "0"], /--seconds must be above 0/],
  [["--lag", "0"], /lag/],
])("%j is refused with --stream", async (flags, rule) => {
  const { code, stderr, stdout } = await refused(["sample", walker, "--stream", ...flags]);
  expect(code, stderr).toBe(2);
  expect(stderr).toMatch(rule);
  expect(stdout).toBe("");
});

test("--history is of streams only, and --stream of motions", async () => {
  const history = await refused(["sample", walker, "--history", "0.1", "--out", join(root, "a.bvh")]);
  expect(history.code).toBe(2);
  expect(history.stderr).toMatch(/history/);
  const text = await refused(["sample", "duo-names", "--stream"]);
  expect(text.code).toBe(2);
  expect(text.stderr).toMatch(/--stream is for models of motion/);
});

test("the command ends cleanly by Ctrl-C and by a broken pipe", { timeout: 240_000 }, async () => {
  const main = resolve(import.meta.dirname, "../../src/cli/main.ts");
  const run = (end: (child: ReturnType<typeof spawn>) => void) => {
    const args = [
      "--import",
      "tsx",
      main,
      "sample",
      walker,
      "--stream",
      "--steps",
      "2",
      "--lag",
      "2",
      "--device",
      "cpu",
    ];
    const child = spawn(process.execPath, args);
    let stderr = "";
    child.stderr.on("data", (chunk) => (stderr += chunk));
    child.stdout.once("data", () => end(child));
    child.stdout.on("data", () => {});
    return new Promise((done) => child.on("close", (code, signal) => done({ code, signal, stderr })));
  };
  const clean = { code: 0, signal: null, stderr: "" };
  expect(await run((child) => child.kill("SIGINT"))).toEqual(clean);
  expect(await run((child) => child.stdout!.destroy())).toEqual(clean);
});
