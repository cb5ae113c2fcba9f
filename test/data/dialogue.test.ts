import { describe, expect, test } from "vitest";
import { dialogueFeatures, SAMPLE_RATE, SOUND_PARTS } from "../../src/audio/index.js";
import { BEHAVIOURS, drawPerson } from "../../src/data/dialogue/behaviour.js";
import { conversations, drawVoices } from "../../src/data/dialogue/conversations.js";
import { simulate } from "../../src/data/dialogue/simulate.js";
import { drawTurns, speaks } from "../../src/data/dialogue/turns.js";
import { resolveData } from "../../src/data/index.js";
import {
  correlation,
  energyOf,
  gestureFrechet,
  leadLag,
  ownCoupling,
  partnerCoupling,
} from "../../src/metrics/gesture/index.js";
import { mean, quantile } from "../../src/metrics/quantile.js";
import {
  ARM_CHANNELS,
  channelsOf,
  GESTURE_CHANNELS,
  gestureOf,
  SPINE_LEAN,
} from "../../src/motion/gesture-channels.js";
import { FULL_BODY, fromGesture, positionsOf } from "../../src/motion/index.js";
import { Random } from "../../src/random/index.js";
import { furthest } from "../motion/fixtures.js";

const DIM = 12;
const talks = (count: number, label = "talks") =>
  Array.from({ length: count }, (_, i) => simulate(new Random(7, label).split(i), { frames: 300, relation: i % 4 }));

describe("channels", () => {
  test("are gestures and back, exactly", () => {
    const random = new Random(5);
    const channels = Float32Array.from({ length: 20 * DIM }, () => 0.5 * random.normal());
    expect(furthest(channelsOf(gestureOf(channels)), channels)).toBeLessThan(1e-6);
    const scaled = gestureOf(channels).map((value, at) => (at % 6 < 3 ? 2 * value : value));
    expect(furthest(channelsOf(scaled), channels)).toBeLessThan(1e-6);
  });

  test.each([
    ["leftElbow", "leftWrist", 2, 1],
    ["rightElbow", "rightWrist", 2, 1],
    ["rightShoulder", "rightElbow", 2, 1],
    ["neckPitch", "head", 2, 1],
    ["spineLean", "head", 2, 1],
    ["leftFingers", "leftMiddle3", 0, -1],
    ["rightFingers", "rightMiddle3", 0, 1],
  ])("%s moves %s", (channel, joint, axis, sign) => {
    const place = (radians: number) => {
      const clip = fromGesture(gestureOf(GESTURE_CHANNELS.map((name) => (name === channel ? radians : 0))), 30);
      return positionsOf(clip)[3 * FULL_BODY.names.indexOf(joint) + axis];
    };
    expect(sign * (place(0.4) - place(0))).toBeGreaterThan(0.005);
  });
});

describe("a simulated conversation", () => {
  test("is the same bytes of the same seed, and another of another", () => {
    const [a, b, c] = [1, 1, 2].map((seed) => drawVoices({ seconds: 2, seed }));
    expect(a).toEqual(b);
    expect(c.sounds[0]).not.toEqual(a.sounds[0]);
    expect(c.conversation.people[0].gesture).not.toEqual(a.conversation.people[0].gesture);
  });

  test("size and leaning scale what is done", () => {
    const people = [drawPerson(new Random(1)), drawPerson(new Random(2))] as const;
    const tops = [BEHAVIOURS[0].size, 2 * BEHAVIOURS[0].size].map((size) => {
      const before = BEHAVIOURS[0];
      (BEHAVIOURS as any)[0] = { ...before, size };
      try {
        const { channels } = simulate(new Random(3), { frames: 300, relation: 0, people }).people[0];
        return channels.filter((_, at) => at % DIM === 0 || at % DIM === 4);
      } finally {
        (BEHAVIOURS as any)[0] = before;
      }
    });
    const noise = 0.05;
    expect(Math.max(...tops[0])).toBeGreaterThan(0.3);
    expect(
      furthest(
        tops[1],
        tops[0].map((value) => 2 * value),
      ),
    ).toBeLessThan(noise);
  });

  test("without overlap and with pauses nobody speaks at once", () => {
    const turns = Array.from({ length: 30 }, (_, i) => drawTurns(new Random(i), 10, 0)).map((list) =>
      list.filter((turn, i) => i === 0 || turn.start >= list[i - 1].end),
    );
    for (const list of turns)
      for (let t = 0; t < 10; t += 0.1) expect(speaks(list, 0, t) && speaks(list, 1, t)).toBe(false);
  });

  test("has the reference values: latencies, arms, coupling, mirroring, spread", () => {
    const all = talks(120);
    const people = all.flatMap((one) => [...one.people]);
    const [speeds, latencies] = [0, 1, 2, 3].reduce<[number[], number[]]>(
      ([a, b], relation) => {
        const own = all.filter((_, i) => i % 4 === relation).flatMap((one) => [...one.people]);
        const energy = own.map(({ channels }) => mean(energyOf(channels, DIM, { fps: 30, to: ARM_CHANNELS })));
        const delays = own.flatMap(({ beats }) => beats.map(({ apex, stress }) => apex - stress));
        return [
          [...a, mean(energy)],
          [...b, quantile(delays, 0.5)],
        ];
      },
      [[], []],
    );
    for (const [i, latency] of [0.086, 0.161, 0.114, 0.104].entries())
      expect(Math.abs(latencies[i] - latency)).toBeLessThan(0.1 * latency);
    expect(mean(speeds) / mean([1.26, 0.87, 1.04, 0.99])).toBeGreaterThan(0.9);
    expect(mean(speeds) / mean([1.26, 0.87, 1.04, 0.99])).toBeLessThan(1.1);
    const energies = people.map(({ channels }) => energyOf(channels, DIM, { fps: 30, to: ARM_CHANNELS }));
    const own = mean(people.map(({ envelope }, i) => ownCoupling(energies[i], envelope, 30)));
    const partner = mean(people.map((_, i) => partnerCoupling(energies[i], people[i ^ 1].envelope, 30)));
    expect(Math.abs(own - 0.588)).toBeLessThan(0.06);
    expect(Math.abs(partner + 0.318)).toBeLessThan(0.06);
    const lean = (channels: Float32Array) => channels.filter((_, at) => at % DIM === SPINE_LEAN);
    const pairs = all
      .filter((_, i) => i % 4 === 0 || i % 4 === 3)
      .map(({ people: [a, b] }) => [lean(a.channels), lean(b.channels)] as const);
    const { lag, peak } = leadLag([...pairs, ...pairs.map(([a, b]) => [b, a] as const)], 30);
    expect(Math.abs(Math.abs(lag) - 12)).toBeLessThanOrEqual(1);
    expect(peak).toBeGreaterThan(0.37);
    const clips = people.map(({ channels }) => channels);
    const still = clips.map((clip) => new Float32Array(clip.length));
    const means = Float32Array.from({ length: DIM }, (_, j) =>
      mean(clips.map((clip) => mean(clip.filter((_, at) => at % DIM === j)))),
    );
    for (const clip of still) for (let at = 0; at < clip.length; at++) clip[at] = means[at % DIM];
    const distance = gestureFrechet(still, clips, { dim: DIM, fps: 30 });
    expect(Math.abs(distance.static - 0.108)).toBeLessThan(0.016); // of so few people, within 15 %
    expect(Math.abs(distance.kinetic - 3.71)).toBeLessThan(0.371);
  });

  test("is heard by one gain, as a recording of it is", () => {
    const { conversation, sounds } = drawVoices({ seconds: 3, seed: 4 });
    const quiet = dialogueFeatures([sounds[0].map((x) => x / 8), sounds[1].map((x) => x / 8)]);
    for (const i of [0, 1]) expect(quiet[i]).toEqual(conversation.people[i].sound);
  });

  test("is heard: features rise with the syllables, silence is silent, and the partner bleeds in", () => {
    const { conversation, sounds } = drawVoices({ seconds: 6, seed: 4 });
    const [energy] = SOUND_PARTS.energy;
    for (const [i, { envelope }] of conversation.truth.people.entries()) {
      const { sound } = conversation.people[i];
      expect(sound).toHaveLength(180 * 40);
      const heard = Float32Array.from({ length: 180 }, (_, t) => Math.exp(sound[40 * t + energy]));
      expect(correlation(heard, envelope)).toBeGreaterThan(0.8);
    }
    expect(Math.max(...sounds.map((sound) => sound.reduce((a, b) => Math.max(a, Math.abs(b)), 0)))).toBeCloseTo(0.9, 5);
    const silent = conversation.truth.people[0].envelope.findIndex((value, t, all) => value === 0 && all[t + 3] === 0);
    expect(sounds[0][Math.round(((silent + 1.5) / 30) * SAMPLE_RATE)]).toBe(0);
    const bled = drawVoices({ seconds: 6, seed: 4, bleed: 0.3 }).sounds;
    const scale = bled[0].reduce((a, b) => a + b * b, 0) / sounds[0].reduce((a, b) => a + b * b, 0);
    expect(scale).not.toBe(1);
    const at = bled[0].findIndex((value, i) => sounds[0][i] === 0 && value !== 0);
    expect(bled[0][at] / bled[1][at]).toBeCloseTo(0.3, 4);
  });
});

describe("the data set conversations", () => {
  test("has people who are in one dialogue only, all relations, and dialogue i however many there are", () => {
    const few = conversations({ dyads: 4, seconds: 2, test: 2 });
    const more = conversations({ dyads: 6, seconds: 2, test: 0 });
    expect(few.train[3]).toEqual(more.train[3]);
    const ids = [...few.train, ...few.test].flatMap(({ people }) => people.map(({ id }) => id));
    expect(new Set(ids).size).toBe(12);
    expect(few.train.map(({ relation }) => relation)).toEqual([0, 1, 2, 3]);
    expect(few.train[0].people[1].traits).toHaveLength(5);
    expect(few.test[0].people[0].gesture).toHaveLength(60 * 258);
    expect(() => conversations({ seconds: 1 })).toThrow("seconds must be from 2 to 120, got 1");
    expect(() => conversations({ bleed: 2 })).toThrow("bleed must be from 0 to 1, got 2");
    expect(() => conversations({ dyads: 1.5 })).toThrow("dyads must be a whole number");
  });

  test("is refused options of reading", async () => {
    await expect(resolveData("conversations", { skipBroken: true })).rejects.toThrow("would have no effect");
    await expect(resolveData("conversations", { lines: true })).rejects.toThrow("--lines would have no effect");
  });
});
