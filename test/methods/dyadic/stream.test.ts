import { afterAll, expect, test } from "vitest";
import { SOUND_PARTS } from "../../../src/audio/index.js";
import type { DyadicStream } from "../../../src/methods/dyadic/stream.js";
import type { Clip } from "../../../src/motion/index.js";
import { madeModel, normals } from "./made.js";

const model = madeModel({ window: 12 });
afterAll(() => model.release());
const voice = normals("voice", 16000 * 6).map((x) => 0.1 * x);

async function listen(stream: DyadicStream, piece: number): Promise<Clip[][]> {
  const blocks: Clip[][] = [];
  for (let at = 0; at < voice.length; at += piece) {
    stream.push(voice.subarray(at, at + piece), null);
    for (let block = await stream.pull(); block; block = await stream.pull()) blocks.push([...block]);
  }
  return blocks;
}

const angle = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let sum = 0;
  for (let joint = 0; joint < 52; joint++) {
    let dot = 0;
    for (let i = 0; i < 4; i++) dot += a[4 * joint + i] * b[4 * joint + i];
    sum += 2 * Math.acos(Math.min(1, Math.abs(dot)));
  }
  return sum;
};

test("blocks of both come as soon as enough is heard, the same however the voices are cut", async () => {
  const options = { steps: 2, guidance: 1, seed: 3 };
  const [a, b] = [await model.open(options), await model.open(options)];
  const [whole, pieces] = [await listen(a, 16000), await listen(b, 3217)];
  expect(whole.length).toBeGreaterThan(8);
  expect(whole[0].map(({ frames }) => frames)).toEqual([16, 16]);
  expect(pieces).toHaveLength(whole.length);
  whole.forEach((block, k) => void expect(pieces[k][1].rotations).toEqual(block[1].rotations));
});

test("a session keeps no more after a while than at first, and what it keeps begins the next window", async () => {
  const stream = await model.open({ steps: 1, guidance: 1 });
  const kept = () => {
    const { past, heard } = stream as unknown as { past: Float32Array[]; heard: { rows: Float32Array }[] };
    return past[0].length + heard[0].rows.length;
  };
  let most = 0;
  for (let second = 0; second < 12; second++) {
    stream.push(voice.subarray(0, 16000), voice.subarray(16000, 32000));
    while (await stream.pull());
    if (second === 5) most = kept();
    if (second > 5) expect(kept()).toBeLessThanOrEqual(most + 40 * 32);
  }
  stream.close();
  expect(() => stream.push(voice, voice)).toThrow("closed");
});

test("where a block begins it goes on as smoothly as within", async () => {
  const calm = madeModel({ window: 12 }, { objective: "drift" });
  const stream = await calm.open({ guidance: 1 });
  const blocks = await listen(stream, 16000);
  for (const person of [0, 1]) {
    const frames = blocks.flatMap((block) =>
      Array.from({ length: 16 }, (_, f) => block[person].rotations.subarray(4 * 52 * f, 4 * 52 * (f + 1))),
    );
    const steps = frames.slice(1).map((frame, i) => angle(frames[i], frame));
    const median = [...steps].sort((a, b) => a - b)[steps.length >> 1];
    const seams = steps.filter((_, i) => i % 16 === 15);
    const middle = [...seams].sort((a, b) => a - b)[seams.length >> 1];
    expect(middle).toBeLessThan(1.5 * median);
  }
  await calm.release();
});

test("a session hears both by one gain: how loud they are recorded makes no difference, who is louder does", async () => {
  const heardOf = async (first: number, second: number) => {
    const stream = await model.open({ guidance: 1 });
    const [a, b] = [voice.subarray(0, 16000), voice.subarray(16000, 32000)];
    stream.push(
      a.map((x) => first * x),
      b.map((x) => second * x),
    );
    const { heard } = stream as unknown as { heard: { rows: Float32Array }[] };
    stream.close();
    return heard.map(({ rows }) => rows.subarray(10 * 40));
  };
  const largest = (a: Float32Array, b: Float32Array) => Math.max(...a.map((x, i) => Math.abs(x - b[i])));
  const loud = await heardOf(2, 2);
  const quiet = await heardOf(0.2, 0.2);
  for (const person of [0, 1]) expect(largest(loud[person], quiet[person])).toBeLessThan(0.01);
  const energy = SOUND_PARTS.energy[0] + 40 * 5;
  const [before, after] = [loud, await heardOf(2, 0.2)].map(([a, b]) => a[energy] - b[energy]);
  expect(after - before).toBeCloseTo(Math.log(10), 1);
});

test("silence of both is to be said, and voices are as long as each other", async () => {
  const stream = await model.open({ guidance: 1 });
  expect(() => stream.push(null, null)).toThrow("push zeros");
  expect(() => stream.push(voice, voice.subarray(1))).toThrow("share one timeline");
  await expect(model.open({ count: 2 } as never)).rejects.toThrow("count");
});
