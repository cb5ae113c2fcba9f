import { afterAll, describe, expect, test } from "vitest";
import type { Motions } from "../../../src/media/motions.js";
import type { MotionSampleOptions } from "../../../src/methods/motion/index.js";
import { motionOptions } from "../../../src/methods/motion/options.js";
import { FeetPlanter, PathFollower, seamJump, startOf } from "../../../src/motion/index.js";
import { madeModel } from "./made.js";

const model = madeModel();
afterAll(() => model.release());

const numbersOf = ({ clips }: Motions, i = 0) => [...clips[i].root, ...clips[i].rotations];
const quick: MotionSampleOptions = { steps: 4, lag: 2, seconds: 2, prompt: "a person walks", seed: 3 };
/** A block's frames of a motion. */
const block = (motions: Motions, b: number, i = 0) => [
  ...motions.clips[i].rotations.slice(b * 12 * 88, (b + 1) * 12 * 88),
];

describe("a motion", () => {
  test("has the frames that were asked for, and says what it shows", async () => {
    const motions = await model.sample({ ...quick, count: 3, seconds: 1.25 });
    expect([motions.count, motions.clips[2].frames, motions.clips[2].fps]).toEqual([3, 25, 20]);
    expect(motions.prompts).toEqual(["a person walks", "a person walks", "a person walks"]);
    expect((await model.sample({ ...quick, prompt: undefined })).prompts).toBeNull();
  });

  test("is the same from the same seed, whatever else is drawn", async () => {
    const alone = await model.sample(quick);
    const many = await model.sample({ ...quick, count: 3 });
    expect(numbersOf(await model.sample(quick))).toEqual(numbersOf(alone));
    numbersOf(many).forEach((value, i) => void expect(value).toBeCloseTo(numbersOf(alone)[i], 3));
    expect(numbersOf(many, 1)).not.toEqual(numbersOf(many, 0));
  });

  test("begins as a shorter one does", async () => {
    const [short, long] = [await model.sample(quick), await model.sample({ ...quick, seconds: 3 })];
    block(long, 2).forEach((value, i) => void expect(value).toBeCloseTo(block(short, 2)[i], 3));
  });

  test("shows the parts of a prompt one after the other", async () => {
    const [walks, both] = [
      await model.sample(quick),
      await model.sample({ ...quick, prompt: "a person walks, then waves" }),
    ];
    expect(both.prompts).toEqual(["a person walks, then waves"]);
    block(both, 0).forEach((value, i) => void expect(value).toBeCloseTo(block(walks, 0)[i], 3));
    expect(block(both, 3)).not.toEqual(block(walks, 3));
  });

  test("each has its own prompt where there is one for each, with as many parts as it likes", async () => {
    const prompts = ["a person walks", "a person waves, then walks"];
    const both = await model.sample({ ...quick, count: 2, prompt: prompts });
    expect(both.prompts).toEqual(prompts);
    const first = await model.sample(quick);
    numbersOf(both).forEach((value, i) => void expect(value).toBeCloseTo(numbersOf(first)[i], 3));
  });

  test("longer than the network looks at is drawn in stretches", async () => {
    expect(model.cost({ ...quick, seconds: 9 })).toBe(2 * (4 + 7 * 2 + 2 * (4 + 3 * 2) - 2 * 1));
    const long = await model.sample({ ...quick, seconds: 9 });
    expect(long.clips[0].frames).toBe(180);
    expect(numbersOf(long).every(Number.isFinite)).toBe(true);
  });

  test.each([{ sampler: "renoise" }, { schedule: "trapezoid" }, { lag: 0 }, { guidance: 1 }, { guidance: 0 }] as const)(
    "can be drawn otherwise: %o",
    async (change) => {
      const changed = await model.sample({ ...quick, ...change });
      expect(numbersOf(changed)).not.toEqual(numbersOf(await model.sample(quick)));
      expect(numbersOf(await model.sample({ ...quick, ...change }))).toEqual(numbersOf(changed));
    },
  );

  test("has its feet planted unless they are to be free, together with others or not", async () => {
    const [planted, free] = [await model.sample(quick), await model.sample({ ...quick, feet: "free" })];
    expect(numbersOf(await model.sample({ ...quick, feet: "planted" }))).toEqual(numbersOf(planted));
    expect(planted.clips[0]).toEqual(new FeetPlanter().plant(free.clips[0]));
    expect(numbersOf(planted)).not.toEqual(numbersOf(free));
    expect(model.sharing({ ...quick, feet: "free" })).toBe(model.sharing(quick));
  });

  test("without a prompt is that of guidance 0", async () => {
    expect(numbersOf(await model.sample({ ...quick, prompt: undefined }))).toEqual(
      numbersOf(await model.sample({ ...quick, guidance: 0 })),
    );
  });

  test("comes step by step, and costs what it says", async () => {
    const steps: number[] = [];
    for await (const { step, evaluations, output } of model.stream(quick)) {
      steps.push(evaluations);
      if (step === 1) expect((await output()).clips[0].frames).toBe(40);
    }
    expect(steps.at(-1)).toBe(model.cost(quick));
    expect(model.cost({ ...quick, guidance: 1 })).toBe(model.cost(quick) / 2);
  });
});

describe("a path on the floor", () => {
  const free = { ...quick, feet: "free" } as const;

  test("is followed by each motion, given as points or as text", async () => {
    const path: [number, number][] = [
      [1, 2],
      [1, 4],
      [3, 4],
    ];
    const plain = await model.sample({ ...free, count: 2 });
    const led = await model.sample({ ...free, count: 2, path });
    for (const i of [0, 1]) {
      const follower = new PathFollower();
      follower.follow(path);
      expect(led.clips[i]).toEqual(follower.steer(plain.clips[i]));
    }
    expect(numbersOf(led)).not.toEqual(numbersOf(plain));
    for (const text of ["1,2 1,4 3,4", " 1,2;1,4\n3,4 "])
      expect(numbersOf(await model.sample({ ...free, count: 2, path: text }), 1)).toEqual(numbersOf(led, 1));
  });

  test("has its feet planted behind the steering", async () => {
    const path = "0,0 3,0";
    const [free, planted] = [
      await model.sample({ ...quick, path, feet: "free" }),
      await model.sample({ ...quick, path }),
    ];
    expect(planted.clips[0]).toEqual(new FeetPlanter().plant(free.clips[0]));
  });

  test.each([
    ["1,2", "two different points"],
    ["", "x and z in metres"],
    ["0,0 1", "x and z in metres"],
    ["0,0 a,b", "x and z in metres"],
    ["0,0,0 1,1,1", "x and z in metres"],
    ["0,0 0,3 3;3", 'its point 3, "3", is not x and z in metres, 100000 at most'],
    [`0,0 ${"0,1 ".repeat(30)}0,x`, /its point 32, "0,x", is not .* such as "0,0 0,3 3,3"; got "0,0 .{55,60}…"\.$/],
    ["0,1 ".repeat(1001), /A path has 1000 points at most, got 1001\. A path is points, .* got "0,1 .{55,60}…"\.$/],
    ["0,1 ".repeat(12_501), /it has 50004 characters, and 50000 at most are read\. A path .* got "0,1 .*…"\.$/],
  ] as const)("is refused where it is none: %.40s", async (path, rule) => {
    await expect(model.sample({ ...quick, path })).rejects.toThrow(`path cannot be followed: `);
    await expect(model.sample({ ...quick, path })).rejects.toThrow(rule);
  });
});

test("requests share a batch where they differ in prompts, seeds and counts", async () => {
  const requests = [
    { options: { ...quick, seed: 1 } },
    { options: { ...quick, seed: 2, count: 2, prompt: "a person waves slowly" } },
  ];
  expect(model.sharing(requests[0].options)).toBe(model.sharing(requests[1].options));
  expect(model.sharing({ ...quick, steps: 5 })).not.toBe(model.sharing(quick));
  const together = await model.sampleTogether(requests);
  for (const [i, { options }] of requests.entries()) {
    const alone = await model.sample(options);
    expect(together[i].prompts).toEqual(alone.prompts);
    numbersOf(together[i]).forEach((value, k) => void expect(value).toBeCloseTo(numbersOf(alone)[k], 3));
  }
});

test.each([
  [{ prompt: "走る" }, "has no word that this model knows"],
  [{ prompt: "a person walks, then xyzzy" }, 'The prompt "xyzzy" has no word'],
  [{ prompt: "a a a a a a a" }, "has 7 words, and the model reads 6 at most"],
  [{ prompt: ["walks", "waves"] }, "2 prompts for 1 motions: give one for all, or one for each"],
  [{ prompt: "" }, "prompt must be a text of 1 to 2000 characters"],
  [
    { prompt: "walk ".repeat(401) },
    /prompt must be a text of 1 to 2000 characters .*, got "walk .*…" \(2005 characters\)/,
  ],
  [{ seconds: 0 }, "seconds must be a number in (0, 600]"],
  [{ steps: 4, lag: 5 }, "lag is at most steps (4), where blocks come one after the other; got 5"],
  [{ schedule: "trapezoid", seconds: 10 }, "of at most 4.8 seconds; take the staircase"],
  [{ label: 1 }, 'takes no "label"'],
] as const)("what cannot be is refused: %o", async (change, message) => {
  await expect(model.sample({ steps: 4, ...change } as MotionSampleOptions)).rejects.toThrow(message);
});

test("its noise can be mixed and given back", async () => {
  const noise = model.drawNoise(quick);
  expect(noise).toHaveLength(4 * 3 * 4);
  expect(numbersOf(await model.sample(quick, { noise }))).toEqual(numbersOf(await model.sample(quick)));
});

test("a loop has the frames that were asked for, meets its beginning, and costs the frames that it is chosen from", async () => {
  const looped = { ...quick, seconds: 1.8, loop: true, feet: "free" } as const;
  const plain = (await model.sample({ ...looped, loop: false, count: 2 })).clips;
  const found = (await model.sample({ ...looped, count: 2 })).clips;
  for (const [i, clip] of found.entries()) {
    expect(clip.frames).toBe(36);
    expect(seamJump(clip, clip)).toBeLessThan(0.6 * seamJump(plain[i], plain[i]));
    const begins = startOf(clip);
    for (const value of [begins.x, begins.z, begins.yaw]) expect(Math.abs(value)).toBeLessThan(1e-5);
  }
  expect(found[0].rotations).not.toEqual(found[1].rotations);
  const [planted] = (await model.sample({ ...looped, feet: "planted" })).clips;
  expect(planted.rotations).not.toEqual(found[0].rotations);
  // 3 blocks, or 8 for 4.3 s
  expect([model.cost({ ...looped, loop: false }), model.cost(looped)]).toEqual([16, 36]);
  await expect(model.sample({ ...looped, path: "0,0 0,3" })).rejects.toThrow("leave out path, or loop");
  await expect(model.sample({ ...looped, seconds: 0.5 })).rejects.toThrow("1 s at least");
});

test("feet are not planted where frames have another layout", () => {
  const options = motionOptions({ ...model.shape, features: 263 });
  expect(options.parse({}).feet).toBe("free");
  expect(options.safeParse({ feet: "planted" }).error?.message).toContain("Feet are planted for frames of 203 numbers");
});
