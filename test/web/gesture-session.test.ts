import { afterAll, expect, test } from "vitest";
import { FULL_BODY, positionsOf } from "../../src/motion/index.js";
import { GestureSessions, openGesture } from "../../src/web/gesture.js";
import { buffersOf, pack, unpack } from "../../src/web/wire.js";
import { madeModel, normals } from "../methods/dyadic/made.js";

const model = madeModel({ window: 12 });
const sessions = new GestureSessions(model);
const options = { steps: 2, guidance: 1, seed: 3 };
const [first, second] = ["a", "b"].map((name) => normals(name, 16000 * 3).map((x) => 0.1 * x));
afterAll(() => model.release());

/** As between two threads: what is handed over is gone on the other side. */
const cross = (value: unknown) => {
  const packed = pack(value);
  return unpack(structuredClone(packed, { transfer: buffersOf(packed) }));
};
const opened = (given: Record<string, unknown> = options) =>
  openGesture(async (action, session, value) => cross(await sessions.ask(action, session, cross(value))), given);

test("a page pushes voices and pulls blocks of both people, from another thread too", async () => {
  const own = await model.open(options);
  const session = await opened();
  expect(session).toMatchObject({ fps: 30, frames: 16 });
  expect(await session.pull()).toBeNull();
  // A view of a longer sound, which must stay as it is
  await session.push(first.subarray(0, 32000), second.subarray(0, 32000));
  own.push(first.slice(0, 32000), second.slice(0, 32000));
  for (let i = 0; i < 2; i++) {
    const clips = (await own.pull())!;
    const { people, speech } = (await session.pull())!;
    expect(people).toEqual(clips.map((clip) => ({ clip, joints: positionsOf(clip) })));
    expect(people[0].clip.skeleton).toBe(FULL_BODY);
    expect(people[0].joints).toHaveLength(16 * 52 * 3);
    expect(speech.map((one) => one.length)).toEqual([16, 16]);
    expect(speech).toEqual(own.speech);
  }
  expect(FULL_BODY.offsets).toHaveLength(52 * 3);
  expect(first).toHaveLength(48000);
  await session.close();
  await expect(session.pull()).rejects.toThrow("This session is closed");
});

test("relation, personality and guidance can change between blocks, and nothing else of what comes does", async () => {
  const [same, changed] = [await opened(), await opened()];
  const next = async (session: typeof same) => (await session.pull())!.people.map(({ clip }) => clip.rotations);
  for (const session of [same, changed]) await session.push(first, second);
  expect(await next(changed)).toEqual(await next(same));
  await same.change({ relation: undefined, guidance: 1 });
  await changed.change({ relation: "dating", personality: [2, 0, 0, -2, 1], guidance: 3 });
  expect(await next(changed)).not.toEqual(await next(same));
  await expect(changed.change({ relation: "rivals" })).rejects.toThrow("rivals");
  await expect(changed.change({ seed: 4 })).rejects.toThrow("The seed of a session stays");
  await next(changed);
});

test("guided blocks come in WebAssembly, which runs one network at a time", async () => {
  const web = madeModel({ window: 12 }, {}, "wasm");
  const session = await web.open({ steps: 1, guidance: 2 });
  session.push(first, second);
  expect((await session.pull())!.map(({ frames }) => frames)).toEqual([16, 16]);
  await web.release();
});

test("the speech of a block is that of its own frames", async () => {
  const session = await opened();
  const half = (sound: Float32Array) => sound.map((value, i) => (i < 16000 ? 0 : value));
  await session.push(half(first), null);
  const blocks: (readonly [Float32Array, Float32Array])[] = [];
  for (let block = await session.pull(); block; block = await session.pull()) blocks.push(block.speech);
  const of = (person: 0 | 1) => blocks.flatMap((block) => [...block[person]]);
  expect(of(0)[20]).toBeLessThan(0.1);
  expect(of(0)[45]).toBeGreaterThan(0.9);
  expect(Math.max(...of(1))).toBeLessThan(0.1);
});
