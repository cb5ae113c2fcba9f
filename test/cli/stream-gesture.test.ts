import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { streamGesture } from "../../src/cli/stream-gesture.js";
import { writeModel } from "../../src/models/files.js";
import { fromGesture } from "../../src/motion/index.js";
import * as nn from "../../src/nn/index.js";
import { dialogue, madeModel } from "../methods/dyadic/made.js";
import { inProcess } from "./in-process.js";
import { reader } from "./lines.js";

const root = mkdtempSync(join(tmpdir(), "cli-stream-gesture-"));
const talk = join(root, "talk");
const refused = inProcess(join(root, "cache"));
const model = madeModel({ window: 12 });
const never = new AbortController().signal;
const options = { steps: 1, guidance: 1, relation: "friend", seed: 4 } as const;

beforeAll(() => writeModel(talk, { config: model.config, weights: nn.join(model.net).toRecord() }));
afterAll(async () => {
  await model.release();
  rmSync(root, { recursive: true, force: true });
});

/** Voices of 16 bits: 1.3 s, so that the last block is not a whole one. */
const voices = [1, 2].map((k) =>
  Float32Array.from({ length: 20_800 }, (_, i) => Math.round(9000 * Math.sin(i * 0.03 * k)) / 0x8000),
) as [Float32Array, Float32Array];
const FRAMES = 39;

/** The voices as a program on the other side of a pipe sends them, in chunks of so many bytes. */
function piped(size: number): Readable {
  const bytes = Buffer.from(
    Int16Array.from({ length: 2 * voices[0].length }, (_, i) => voices[i % 2][i >> 1] * 0x8000).buffer,
  );
  return Readable.from(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size)),
  );
}

test("blocks come as JSON lines as long as the voices, from a file or a pipe, as a session draws them", async () => {
  const session = await model.open(options);
  const expected = [];
  const silence = new Float32Array(4000);
  for (let at = 0; expected.length < 3; at += 4000) {
    const [first, second] = voices.map((one) => one.subarray(at, at + 4000));
    session.push(first.length > 0 ? first : silence, first.length > 0 ? second : silence);
    const block = await session.pull();
    if (block) expected.push({ clips: block, speech: session.speech });
  }
  const file = reader();
  expect(await streamGesture(model, options, { output: file.output, voices, signal: never })).toBe(FRAMES);
  expect(file.lines.map(({ time, frames }) => [time, frames])).toEqual([
    [0, 16],
    [0.533333, 16],
    [1.066667, 7],
  ]);
  for (const [i, { frames, people, speech }] of file.lines.entries())
    for (const p of [0, 1]) {
      const { root, rotations } = expected[i].clips[p];
      expect(people[p].rotations.flat(2)).toEqual([...rotations.subarray(0, 4 * 52 * frames)]);
      expect(people[p].root.flat()).toEqual([...root.subarray(0, 3 * frames)]);
      expect(speech[p]).toEqual([...expected[i].speech[p].subarray(0, frames)]);
    }
  const pipe = reader();
  await streamGesture(model, options, { output: pipe.output, voices: piped(4 * 4000), signal: never });
  expect(pipe.lines).toEqual(file.lines);
});

test("samples may be cut anywhere; what is left of one at the end is told", async () => {
  const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const cut = reader();
  const odd = Readable.from([...(await piped(777).toArray()), Buffer.of(1, 2, 3)]);
  expect(await streamGesture(model, options, { output: cut.output, voices: odd, signal: never })).toBe(FRAMES);
  expect(said.mock.calls.flat().join("")).toContain("The last 3 bytes of the voices are no whole sample");
  said.mockRestore();
});

test("a file of sound is no bare samples, no voices are told, and voices that end before --seconds too", async () => {
  const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const told = () => said.mock.calls.flat().join("");
  const to = (source: Readable, more = {}) =>
    streamGesture(model, { ...options, ...more }, { output: reader().output, voices: source, signal: never });
  const wav = Buffer.concat([Buffer.from("RIFF"), Buffer.alloc(4000)]);
  await expect(to(Readable.from([wav.subarray(0, 2), wav.subarray(2)]))).rejects.toThrow(/a WAV file.*--audio/);
  expect(await to(Readable.from([]))).toBe(0);
  expect(told()).toContain("There are no voices");
  await to(piped(4000), { seconds: 30 });
  expect(told()).toMatch(/voices end after [\d.]+ s, before the 30 s/);
  const unknown = { relation: undefined, personality: undefined, partnerPersonality: undefined };
  await expect(to(piped(4000), { ...unknown, socialGuidance: 3 })).rejects.toThrow(/no effect without a relation/);
  said.mockRestore();
});

test("a style, --seconds, a signal and a reader that goes are heeded", async () => {
  const styles = [fromGesture(dialogue("style", 48).people[0].gesture!, 30), null] as const;
  const [plain, styled] = [reader(), reader()];
  const short = { ...options, seconds: 0.4 };
  expect(await streamGesture(model, short, { output: plain.output, voices, signal: never })).toBe(12);
  await streamGesture(model, short, { output: styled.output, voices, styles, signal: never });
  expect(styled.lines[0].people[0]).not.toEqual(plain.lines[0].people[0]);
  const controller = new AbortController();
  const stopped = reader((line) => line === 1 && controller.abort());
  await streamGesture(model, options, { output: stopped.output, voices: piped(4000), signal: controller.signal });
  expect(stopped.lines).toHaveLength(1);
  const gone = reader((line, self) => line === 2 && void self.destroy());
  await streamGesture(model, options, { output: gone.output, voices: piped(4000), signal: never });
  expect(gone.lines).toHaveLength(2);
});

test.each([
  [["--out", "talk.glb"], /--out has no effect with --stream/],
  [["--count", "2"], /count/],
  [["--audio", "nowhere.wav"], /There is no file "nowhere.wav"/],
  [["--audio", "nowhere.wav", "--style-clip", "walk.txt"], /nowhere.wav/],
  [["--from-clip", "walk.bvh"], /--from-clip has no effect with --stream/],
])("%j is refused", async (args, rule) => {
  const { code, stderr, stdout } = await refused(["sample", talk, "--stream", "--device", "cpu", ...args]);
  expect([code, stdout], stderr).toEqual([2, ""]);
  expect(stderr).toMatch(rule);
});
