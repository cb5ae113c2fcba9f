import { afterAll, expect, test } from "vitest";
import { type Clip, positionsOf } from "../../src/motion/index.js";
import { MotionSessions, openMotion } from "../../src/web/motion.js";
import { buffersOf, pack, unpack } from "../../src/web/wire.js";
import { madeModel } from "../methods/motion/made.js";

const model = madeModel();
const sessions = new MotionSessions(model);
const options = { prompt: "a person walks", steps: 3, lag: 1, seed: 4 };
afterAll(() => model.release());

const lastFrame = (clip: Clip) => positionsOf(clip).slice(-66);

test("a page sees a session's blocks, and where those in the making are foreseen to end", async () => {
  const own = await model.open(options);
  const session = await openMotion((...asked) => sessions.ask(...asked), options);
  expect(session).toMatchObject({ fps: 20, frames: 12, delay: 3 });
  for (let i = 0; i < 3; i++) {
    const [clip, { clip: seen, joints }] = [await own.next(), await session.next()];
    expect(seen).toEqual(clip);
    expect(joints).toEqual(positionsOf(clip));
    const [guesses, ghosts] = [await own.ahead(), await session.ahead()];
    expect(ghosts).toEqual(guesses.map(({ clip, certainty }) => ({ joints: lastFrame(clip), certainty })));
    expect(ghosts.map(({ joints, certainty }) => [joints.length, certainty])).toEqual([
      [66, 2 / 3],
      [66, 1 / 3],
    ]);
  }
  await session.close();
  await expect(session.ahead()).rejects.toThrow("This session is closed");
});

test("and so it does from another thread: nothing that the model needs again is handed over", async () => {
  const cross = (value: unknown) => {
    const packed = pack(value);
    return unpack(structuredClone(packed, { transfer: buffersOf(packed) }));
  };
  const own = await model.open(options);
  const session = await openMotion(async (...asked) => cross(await sessions.ask(...asked)), options);
  for (let i = 0; i < 3; i++) {
    const clip = await own.next();
    const crossed = await session.next();
    expect(crossed).toEqual({ clip, joints: positionsOf(clip) });
    expect(crossed.clip.skeleton).toBe(clip.skeleton);
    expect(await session.ahead()).toHaveLength(2);
  }
  const motions = await model.sample({ seconds: 0.6, steps: 1, lag: 1 });
  const { clips } = cross({ clips: motions.clips }) as { clips: Clip[] };
  expect(clips).toEqual([...motions.clips]);
});

test("the root of a page's session follows the path that the page gives, and no other", async () => {
  const [own, session] = [await model.open(options), await openMotion((...asked) => sessions.ask(...asked), options)];
  const path: [number, number][] = [
    [1, 2],
    [1, 9],
  ];
  own.follow(path);
  await session.follow(path);
  await expect(session.follow([[0, 0]])).rejects.toThrow("two different points");
  const { clip } = await session.next();
  expect(clip).toEqual(await own.next());
  expect([clip.root[0], clip.root[2]]).toEqual([1, 2]);
  own.follow(null);
  await session.follow(null);
  expect((await session.next()).clip).toEqual(await own.next());
  await session.close();
});
