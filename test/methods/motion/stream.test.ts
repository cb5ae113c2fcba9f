import { afterAll, describe, expect, test } from "vitest";
import { TokenCache } from "../../../src/methods/motion/cache.js";
import { decodingStream, encodingStream } from "../../../src/methods/motion/codec.js";
import type { MotionModel, SessionOptions } from "../../../src/methods/motion/index.js";
import { OptionError } from "../../../src/models/options.js";
import { Programs } from "../../../src/models/programs.js";
import { type Clip, joinClips, PathFollower } from "../../../src/motion/index.js";
import { Random } from "../../../src/random/index.js";
import { compile } from "../../../src/runtime/index.js";
import { drawn } from "./golden.js";
import { madeModel } from "./made.js";

const made = new Map<string, MotionModel>();
/** One model of each kind for all tests. */
const modelOf = (attention: "causal" | "window" = "causal", block = 3): MotionModel => {
  const key = `${attention} ${block}`;
  if (!made.has(key)) made.set(key, madeModel({ attention, block }));
  return made.get(key)!;
};
afterAll(async () => {
  for (const model of made.values()) await model.release();
});

/** The numbers of clips one after the other. */
const numbersOf = (clips: readonly Clip[]) => clips.flatMap(({ root, rotations }) => [...root, ...rotations]);

async function streamed(model: MotionModel, options: SessionOptions, blocks: number): Promise<Clip[]> {
  const session = await model.open(options);
  const clips: Clip[] = [];
  for (let i = 0; i < blocks; i++) clips.push(await session.next());
  session.close();
  return clips;
}

/** The noise of a session's first blocks, as `sample` takes it. */
function noiseOf(model: MotionModel, seed: number, blocks: number): Float32Array {
  const per = model.shape.network.block * model.shape.codec.latent;
  const all = new Float32Array(blocks * per);
  for (let b = 0; b < blocks; b++) all.set(new Random(seed, "session").split(b).normals(per), b * per);
  return all;
}

/** How far numbers are apart, at most. */
const distance = (a: readonly number[], b: readonly number[]) => Math.max(...a.map((v, i) => Math.abs(v - b[i])));

describe("a session gives what drawing the whole at once gives", () => {
  test.each([
    ["causal", 3, 4, 2],
    ["causal", 3, 5, 2],
    ["causal", 3, 4, 4],
    ["causal", 1, 6, 3],
    ["window", 3, 4, 2],
    ["window", 3, 5, 3],
  ] as const)("%s, blocks of %i, %i steps, lag %i", async (attention, block, steps, lag) => {
    const model = modelOf(attention, block);
    const [blocks, all] = [5, 8];
    const options = { prompt: "a person walks", guidance: 2, steps, lag };
    const clips = await streamed(model, { ...options, seed: 3 }, blocks);
    // With a window, blocks see the ones after them: the whole has some more
    const seconds = (all * 4 * block) / 20;
    const {
      clips: [whole],
    } = await model.sample({ ...options, seconds }, { noise: noiseOf(model, 3, all) });
    expect(clips.map(({ frames }) => frames)).toEqual(new Array(blocks).fill(4 * block));
    const places = clips.flatMap(({ root }) => [...root]);
    expect(distance(places, [...whole.root])).toBeLessThan(2e-3);
    const turns = clips.flatMap(({ rotations }) => [...rotations]);
    expect(distance(turns, [...whole.rotations])).toBeLessThan(2e-3);
  });

  test("and would not, were the cache written from what is not clean", async () => {
    const model = modelOf();
    const options = { prompt: "a person walks", steps: 4, lag: 2, seed: 3 };
    const clean = await streamed(model, options, 6);
    const dirty = await streamed(model, { ...options, history: 1 / 4 }, 6);
    const last = (clips: Clip[]) => [...clips.at(-1)!.rotations];
    expect(distance(last(clean), last(dirty))).toBeGreaterThan(0.01);
  });
});

test("frames decoded as tokens come are those of all at once, and tokens encoded so too", async () => {
  const { net, shape, graphs } = modelOf();
  await using programs = new Programs("codec", { device: "cpu", threads: 1 });
  const tokens = drawn("stream", 60 * shape.codec.latent);
  const { rows } = await programs.run("whole", graphs.decode(60), 1, { tokens });
  const decoder = decodingStream(programs, net, shape, 1);
  const encoder = encodingStream(programs, net, shape, 2);
  const wanted = (await programs.run("back", graphs.encode(60), 1, { rows })).tokens;
  const found: number[] = [];
  const again: number[] = [];
  for (let i = 0; i < 60; i++) found.push(...(await decoder.push(tokens.slice(4 * i, 4 * i + 4))));
  for (let i = 0; i < 30; i++) again.push(...(await encoder.push(rows.slice(8 * 203 * i, 8 * 203 * (i + 1)))));
  expect(distance(found, [...rows])).toBeLessThan(1e-5);
  expect(distance(again, [...wanted])).toBeLessThan(1e-4);
});

describe("a session", () => {
  const options = { prompt: "a person walks", steps: 4, lag: 2, seed: 1 };

  test("goes on beyond what the network looks at, the same way every time", async () => {
    const model = modelOf();
    const [one, two] = [await streamed(model, options, 14), await streamed(model, options, 14)];
    expect(numbersOf(one)).toEqual(numbersOf(two));
    expect(numbersOf(one).every(Number.isFinite)).toBe(true);
    const other = await streamed(model, { ...options, seed: 2 }, 2);
    expect(numbersOf(other)).not.toEqual(numbersOf(one.slice(0, 2)));
  });

  test("shows another text in the blocks that are not given yet", async () => {
    const model = modelOf();
    const plain = await streamed(model, options, 6);
    const session = await model.open(options);
    expect(session.delay).toBe(2);
    const clips: Clip[] = [];
    for (let i = 0; i < 6; i++) {
      if (i === 3) session.say("a person waves");
      clips.push(await session.next());
    }
    expect(numbersOf(clips.slice(0, 3))).toEqual(numbersOf(plain.slice(0, 3)));
    for (const i of [3, 4, 5]) expect(numbersOf([clips[i]])).not.toEqual(numbersOf([plain[i]]));
  });

  test("at a new text begins again from noise behind the last block, or goes on with what it had begun", async () => {
    const told = async (change: SessionOptions, after: number) => {
      const session = await modelOf().open({ ...options, ...change });
      for (let i = 0; i < after; i++) await session.next();
      session.say("a person walks"); // as before: nothing changes
      const foreseen = await session.ahead();
      session.say("a person waves");
      return { next: numbersOf([await session.next()]), foreseen, ahead: await session.ahead() };
    };
    const [anew, blend, alone] = [{ turn: "anew" }, { turn: "blend" }, { turn: "blend", lag: 4 }] as const;
    const [first, mixed, fresh] = [await told(anew, 1), await told(blend, 1), await told(alone, 1)];
    expect(first.foreseen).toHaveLength(1);
    expect(first.foreseen[0].clip).toEqual(mixed.foreseen[0].clip);
    // One block is all of the past here, and nothing was begun where blocks come one after the other
    expect(distance(first.next, fresh.next)).toBeLessThan(1e-4);
    expect(distance(mixed.next, fresh.next)).toBeGreaterThan(1e-3);
    expect(first.ahead.map(({ certainty }) => certainty)).toEqual([0.5]);
    // Of three blocks, two are forgotten
    const [later, remembered] = [await told({ ...anew, lag: 4 }, 3), await told(alone, 3)];
    expect(distance(later.next, remembered.next)).toBeGreaterThan(1e-3);
    const plain = await streamed(modelOf(), options, 4);
    const same = await modelOf().open(options);
    const clips = [await same.next(), await same.next()];
    same.say("a person walks");
    clips.push(await same.next(), await same.next());
    expect(numbersOf(clips)).toEqual(numbersOf(plain));
  });

  test("goes on from a clip where that ends, and remembers more of it than its end", async () => {
    const model = modelOf();
    const clip = joinClips(await streamed(model, { ...options, feet: "free" }, 4));
    const begin = { steps: 4, lag: 4, seed: 1, guidance: 2, feet: "free" } as const;
    const session = await model.open(begin, { from: clip });
    const clips = [await session.next(), await session.next()];
    const { cache } = (session as unknown as { network: { cache: TokenCache } }).network;
    expect(cache.held.reduce((sum, one) => sum + one)).toBe(3 * 5); // the clip's four blocks, and its own first
    const [at, next] = [clip.root.slice(-3), clips[0].root.slice(0, 3)];
    const way = Math.hypot(clips[0].root[3] - next[0], clips[0].root[5] - next[2]);
    expect(Math.hypot(next[0] - at[0], next[2] - at[2])).toBeLessThan(3 * way + 0.05);
    const other = await model.open({ ...begin, seed: 2 }, { from: clip });
    expect(numbersOf([await other.next()])).not.toEqual(numbersOf([clips[0]]));
    const shorter = await model.open(begin, { from: joinClips([clip, clip]) });
    expect(numbersOf([await shorter.next()])).not.toEqual(numbersOf([clips[0]]));
    const one = await streamed(model, { ...options, feet: "free" }, 1);
    const short = {
      ...one[0],
      frames: 8,
      rotations: one[0].rotations.slice(0, 8 * 88),
      root: one[0].root.slice(0, 24),
    };
    await expect(model.open(begin, { from: { ...short, contacts: null } })).rejects.toThrow("0.6 seconds at least");
    const skeleton = { ...clip.skeleton, names: clip.skeleton.names.slice(1) };
    await expect(model.open(begin, { from: { ...clip, skeleton } })).rejects.toThrow(OptionError);
  });

  test("without a text shows anything, and can begin to follow one", async () => {
    const session = await modelOf().open({ steps: 4, lag: 4 });
    await session.next();
    session.say("a person walks");
    session.guidance = 3;
    expect((await session.next()).frames).toBe(12);
    session.say(null);
    expect((await session.next()).frames).toBe(12);
  });

  test("gives its blocks in order, however fast they are asked for", async () => {
    const session = await modelOf().open(options);
    const together = await Promise.all([session.next(), session.next(), session.next()]);
    expect(numbersOf(together)).toEqual(numbersOf(await streamed(modelOf(), options, 3)));
  });

  test("foresees the blocks in the making, and goes on as if nobody had asked", async () => {
    const model = modelOf();
    const far = { ...options, steps: 7, lag: 1, feet: "free" as const };
    const plain = await streamed(model, far, 8);
    const session = await model.open(far);
    expect(await session.ahead()).toEqual([]);
    const clips: Clip[] = [];
    const guesses: { clip: Clip; certainty: number }[][] = [];
    for (let i = 0; i < 8; i++) {
      clips.push(await session.next());
      guesses.push(await session.ahead());
    }
    expect(numbersOf(clips)).toEqual(numbersOf(plain));
    for (const all of guesses)
      expect(all.map(({ certainty }) => certainty)).toEqual([6, 5, 4, 3, 2, 1].map((done) => done / 7));
    const [{ clip, certainty }] = guesses[2];
    expect([clip.frames, certainty]).toEqual([12, 6 / 7]);
    // The seventh block, as it was foreseen after each of the six before it: from far to near
    const errors = guesses.slice(0, 6).map((all, i) => distance(numbersOf([all[5 - i].clip]), numbersOf([plain[6]])));
    expect(errors[5]).toBeLessThan(0.1 * errors[0]);
    expect(errors[5]).toBeLessThan(0.05);
    session.close();
    expect(() => session.ahead()).toThrow("This session is closed");
  });

  test("foresees nothing where blocks are made one by one, and waits for its turn", async () => {
    const one = await modelOf().open({ ...options, steps: 2, lag: 2 });
    const [, none] = await Promise.all([one.next(), one.ahead()]);
    expect(none).toEqual([]);
    const session = await modelOf().open(options);
    const [first, ahead] = await Promise.all([session.next(), session.ahead()]);
    expect(ahead).toHaveLength(1);
    expect(numbersOf([first])).toEqual(numbersOf(await streamed(modelOf(), options, 1)));
  });

  test("refuses what it cannot show, and what it cannot be", async () => {
    const model = modelOf();
    await expect(model.open({ prompt: "走る" })).rejects.toThrow("has no word that this model knows");
    await expect(model.open({ steps: 16, lag: 1 })).rejects.toThrow(
      "16 blocks are in the making at once, and the network looks at 8; take a lag of at least 3",
    );
    await expect(model.open({ steps: 4, lag: 5 })).rejects.toThrow("lag is at most steps (4)");
    await expect(model.open({ steps: 4, lag: 0 })).rejects.toThrow("lag must be a whole number in [1, 1000], got 0");
    await expect(model.open({ lenght: 3 } as object)).rejects.toThrow('takes no "lenght"');
    const session = await model.open({ ...options, guidance: 1 });
    expect(() => session.say("walks, then waves")).toThrow('say "walks" first, and "waves" when it is time');
    expect(() => {
      session.guidance = 2;
    }).toThrow("began without guidance");
    session.close();
    expect(() => session.next()).toThrow("This session is closed");
    expect(() => session.say("walks")).toThrow("This session is closed");
  });

  test("ends with its model, or where it is called off", async () => {
    const model = madeModel();
    const session = await model.open(options);
    await session.next();
    await model.release();
    await expect(session.next()).rejects.toThrow("was released while it was at work");
    const controller = new AbortController();
    const other = await model.open(options, { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(other.next()).rejects.toThrow("enough");
    await model.release();
  });
});

describe("a cache", () => {
  test("whose positions are counted anew has the keys of the new ones", async () => {
    await using program = compile({ x: [1, 1, 2, 6], p: [2] }, ({ x, p }) => ({ keys: x.rotary({ positions: p }) }), {
      device: "cpu",
      threads: 1,
    });
    const x = drawn("keys", 12);
    const at = async (p: number[]) => (await program.run({ x, p })).keys;
    const cache = new TokenCache({ rows: 1, layers: 1, heads: 1, places: 2, depth: 6 });
    const keys = await at([1005, 1009]);
    cache.put(0, 2, keys, keys);
    cache.shift(1000);
    expect(distance([...cache.keys], [...(await at([5, 9]))])).toBeLessThan(1e-3);
    expect([...cache.values]).toEqual([...keys]);
  });

  test("holds the first tokens of a list at their places, and forgets them", () => {
    const cache = new TokenCache({ rows: 1, layers: 1, heads: 2, places: 4, depth: 2 });
    const keys = Float32Array.from({ length: 12 }, (_, i) => i + 1); // two heads of three tokens
    cache.put(1, 2, keys, keys);
    expect([...cache.keys]).toEqual([0, 0, 1, 2, 3, 4, 0, 0, /* */ 0, 0, 7, 8, 9, 10, 0, 0]);
    expect([...cache.held]).toEqual([0, 1, 1, 0]);
    cache.forget(1, 1);
    expect([...cache.held]).toEqual([0, 0, 1, 0]);
  });
});

describe("a session follows a path", () => {
  const options: SessionOptions = { prompt: "a person walks", steps: 4, lag: 2, feet: "free", seed: 2 };
  const path: [number, number][] = [
    [2, 1],
    [2, 9],
  ];

  test("from its beginning as a follower of all of it does, also where it looks ahead", async () => {
    const follower = new PathFollower();
    follower.follow(path);
    const expected = follower.steer(joinClips(await streamed(modelOf(), options, 4)));
    const given = await streamed(modelOf(), { ...options, path: "2,1 2,9" }, 4);
    expect(distance(numbersOf([joinClips(given)]), numbersOf([expected]))).toBeLessThan(1e-6);
    const session = await modelOf().open(options);
    session.follow(path);
    const clips = [await session.next()];
    const [guess] = await session.ahead();
    const [at, next] = [clips[0].root.slice(-3), guess.clip.root];
    expect(Math.hypot(next[0] - at[0], next[2] - at[2])).toBeLessThan(1); // it goes on from there
    for (let i = 1; i < 4; i++) clips.push(await session.next());
    expect(numbersOf(clips)).toEqual(numbersOf(given));
  });

  test("from where it is, once told; what is no path is refused and changes nothing", async () => {
    const plain = await streamed(modelOf(), options, 3);
    const session = await modelOf().open(options);
    session.follow(null);
    const first = await session.next();
    expect(() => session.follow([[0, 0]])).toThrow("two different points");
    expect(numbersOf([first, await session.next()])).toEqual(numbersOf(plain.slice(0, 2)));
    session.follow(path);
    const { root } = await session.next();
    const before = plain[1].root.slice(-3);
    expect(Math.hypot(root[0] - before[0], root[2] - before[2])).toBeCloseTo(
      Math.hypot(plain[2].root[0] - before[0], plain[2].root[2] - before[2]),
      4,
    );
    session.close();
    expect(() => session.follow(null)).toThrow("closed");
  });
});
