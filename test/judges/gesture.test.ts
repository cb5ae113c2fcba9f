import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { standing } from "../../bench/dyadic.js";
import { conversations } from "../../src/data/dialogue/conversations.js";
import { evaluateGestures, type GestureSampler, measureGestureReference } from "../../src/judges/gesture/evaluate.js";
import { CHANNELS, moversOf } from "../../src/judges/gesture/features.js";
import { gestureSampler } from "../../src/judges/gesture/sampler.js";
import { fitSocialJudge, relationAccuracy, traitCorrelations } from "../../src/judges/gesture/social.js";
import { SPINE_LEAN } from "../../src/motion/gesture-channels.js";
import { toGesture } from "../../src/motion/index.js";
import { dialogue, madeModel } from "../methods/dyadic/made.js";

const data = conversations({ dyads: 60, test: 24, seconds: 6, seed: 3 });
const real: GestureSampler = {
  ...{ name: "real", nfe: () => 1 },
  draw: async (asked) => asked.map(({ dialogue, side }) => dialogue.people[side].gesture!),
};

test("relations and traits are told from how people move, not from nothing", () => {
  const [train, judged] = [moversOf(data.train), moversOf(data.test)];
  const judge = fitSocialJudge(train);
  const relations = judged.map(({ dialogue }) => dialogue.relation);
  const channels = judged.map((one) => one.channels);
  expect(relationAccuracy(judge, channels, relations)).toBeGreaterThan(0.8);
  const upright = channels.map((clip) => clip.map((value, at) => (at % CHANNELS === SPINE_LEAN ? 0 : value)));
  expect(relationAccuracy(judge, upright, relations)).toBeLessThan(0.6);
  const traits = judged.map(({ dialogue, side }) => dialogue.people[side].traits);
  const [extraversion, , , neuroticism] = traitCorrelations(judge, channels, traits)!;
  expect(extraversion).toBeGreaterThan(0.4);
  expect(neuroticism).toBeGreaterThan(0.7);
  expect(
    relationAccuracy(
      judge,
      channels,
      relations.map(() => -1),
    ),
  ).toBe(null);
});

test("an evaluation stands beside real people, shuffled ones and the mean pose", async () => {
  const { figures, count, model } = await evaluateGestures(real, data, { count: 24 });
  expect([count, model]).toEqual([24, "real"]);
  const of = (name: string) => figures.find((one) => one.name.startsWith(name))!;
  expect(of("FD static (12").value).toBeLessThan(1e-6);
  expect(of("FD static (12").meanPose).toBeGreaterThan(10 * of("FD static (12").real!);
  expect(of("FD static of own").shuffled).toBeGreaterThan(of("FD static of own").value!);
  expect(of("Coupling with own").value).toBeGreaterThan(of("Coupling with own").shuffled! + 0.2);
  expect(of("Coupling with partner").value).toBeLessThan(of("Coupling with partner").shuffled! - 0.1);
  expect(of("Diversity static").meanPose).toBe(0);
  expect(of("Relation told").value).toBeGreaterThan(0.8);
  expect(of("Relation told").shuffled).toBeLessThan(0.2);
  expect(of("Relation told").meanPose).toBeLessThan(0.5);
  expect(of("Nods after").value).toBeGreaterThan(of("Nods after").shuffled!);
  expect(Math.abs(of("Mirrored leaning, lag").value!)).toBeGreaterThan(9);
  expect(of("Jerk").meanPose).toBeLessThan(1e-3);
});

test("who is drawn together is compared with each other, not with the real partner", async () => {
  const pairs = data.test;
  const elsewhere: GestureSampler = {
    ...real,
    draw: async (asked) =>
      asked.map(({ dialogue, side }) => {
        const at = pairs.indexOf(dialogue as (typeof pairs)[number]);
        return pairs[(at + 4) % pairs.length].people[side].gesture!;
      }),
  };
  const { figures } = await evaluateGestures(elsewhere, data);
  const of = (name: string) => figures.find((one) => one.name.startsWith(name))!;
  expect(Math.abs(of("Mirrored leaning, lag").value!)).toBeGreaterThan(9);
  const { value, shuffled, meanPose } = of("Mirrored leaning, corr");
  expect(value).toBeGreaterThan(0.15);
  expect(shuffled).toBeLessThan(0.1);
  expect(meanPose).toBe(0);
});

test("real people are measured once for several evaluations", async () => {
  const counted = { reads: 0 };
  const watched = {
    ...data,
    test: data.test.map((one) => ({
      ...one,
      people: one.people.map((person) => ({
        ...person,
        get gesture() {
          counted.reads++;
          return person.gesture;
        },
      })) as unknown as typeof one.people,
    })),
  };
  const clips = data.test
    .slice(0, 6)
    .flatMap(({ people }) => people.map(({ gesture }) => gesture!.map((x) => 0.9 * x)));
  const smaller: GestureSampler = { name: "smaller", nfe: () => 1, draw: async () => clips };
  const reference = await measureGestureReference(watched, { count: 12 });
  const before = counted.reads;
  expect(before).toBeGreaterThan(0);
  const found = [await evaluateGestures(smaller, reference), await evaluateGestures(smaller, reference)];
  expect(counted.reads).toBe(before);
  expect(found[1]).toEqual(found[0]);
  expect(await evaluateGestures(smaller, data, { count: 12 })).toEqual(found[0]);
  await expect(evaluateGestures(smaller, reference, { count: 12 })).rejects.toThrow("leave count out");
});

test("the bench says how far a model is trained, finished or not", () => {
  const { training } = JSON.parse(readFileSync("models/talk/config.json", "utf8"));
  expect(standing(training)).toBe("trained for 8500 steps");
  expect(standing({ steps: 40, stage: "tokenizer" })).toBe('step 40 of the stage "tokenizer"');
});

test("refuses too few people, and a sampler that gives other motions than were asked for", async () => {
  await expect(evaluateGestures(real, data, { count: 4 })).rejects.toThrow("at least 8 people, got 4");
  await expect(evaluateGestures(real, { ...data, test: data.test.slice(0, 2) })).rejects.toThrow("motion of 4 people");
  const short: GestureSampler = { ...real, draw: async (asked) => asked.map(() => new Float32Array(258)) };
  await expect(evaluateGestures(short, data)).rejects.toThrow("real gave 1 frames for test-0, which has 180.");
});

test("a model moves whom it is asked for, whatever the order and the lengths of the dialogues", async () => {
  const model = madeModel();
  const [short, long] = [dialogue("x", 24), dialogue("yy", 40)];
  const sampler = gestureSampler(model, { steps: 1, guidance: 1 });
  const asked = [
    { dialogue: long, side: 1 },
    { dialogue: short, side: 0 },
    { dialogue: short, side: 1 },
  ] as const;
  const drawn = await sampler.draw(asked, { seed: 4 });
  for (const [i, { dialogue, side }] of asked.entries()) {
    const [people] = await model.sample({ steps: 1, guidance: 1, seed: 4 }, { dialogues: [dialogue] });
    expect(drawn[i]).toEqual(toGesture(people[side]!));
  }
  expect(drawn[1]).not.toEqual(drawn[2]);
  // Windows of 32 frames that overlap by half: 2, 1 and 1
  expect(sampler.nfe(asked)).toBeCloseTo(4 / 3, 9);
  expect(() => gestureSampler(model, { relation: "friend" })).toThrow("tell relation themselves");
  expect(() => gestureSampler(model, { steps: 0 })).toThrow("steps");
  await model.release();
});
