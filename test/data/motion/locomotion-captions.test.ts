import { expect, test } from "vitest";
import { SUBJECTS } from "../../../src/data/motion/locomotion/captions.js";
import { ACTIONS, captionsOf, locomotion, mirrorSlots, type Slots } from "../../../src/data/motion/locomotion/index.js";
import { mirror, positionsOf } from "../../../src/motion/index.js";
import { Random } from "../../../src/random/index.js";

const dataset = locomotion({ clips: 40, test: 4, seed: 3, sequences: 0.4, frames: [64, 128] });
const clips = [...dataset.train, ...dataset.test];

test("the same seed gives the same bytes, whatever the number of clips; test has seeds of its own", () => {
  const again = locomotion({ clips: 6, test: 2, seed: 3, sequences: 0.4, frames: [64, 128] });
  expect(again.train).toEqual(dataset.train.slice(0, 6));
  expect(again.test).toEqual(dataset.test.slice(0, 2));
  expect(locomotion({ clips: 1, test: 1, seed: 4 }).train[0].clip.rotations).not.toEqual(
    dataset.train[0].clip.rotations,
  );
  expect(dataset.test[0].clip.rotations).not.toEqual(dataset.train[0].clip.rotations);
});

test("captions say the side, the pace and how often, as the slots have it", () => {
  for (const { segments, slots } of clips)
    segments.forEach(({ captions, label }, i) => {
      const { action, direction, arm, pace, times } = slots[i];
      expect(label).toBe(ACTIONS.indexOf(action));
      expect(captions.length).toBeGreaterThanOrEqual(3);
      expect(new Set(captions).size).toBe(captions.length);
      for (const caption of captions) {
        expect(SUBJECTS.some((subject) => caption.startsWith(`${subject} `))).toBe(true);
        for (const side of ["left", "right"] as const)
          expect(caption.includes(side)).toBe(direction === side || arm === side);
        expect(/slow|unhurried|leisurely|stroll|amble|jog/.test(caption)).toBe(pace === "slow");
        expect(/quick|fast|brisk|stride|hurries|sprint|dash/.test(caption)).toBe(pace === "quick");
        if (times > 1) expect(caption).toMatch(/twice|three times|four times|\d+ times/);
        expect(caption).not.toMatch(/[{}]| {2}| $|undefined/);
      }
    });
});

test("mirrored slots are said with the other side's words, and a mirrored clip moves to the other side", () => {
  const slots: Slots = {
    ...{ action: "turn-left", speed: 0, pace: "quick", turn: 2, direction: "left", arm: null, over: null, times: 0 },
  };
  expect(mirrorSlots(slots)).toEqual({ ...slots, action: "turn-right", turn: -2, direction: "right" });
  expect(mirrorSlots(mirrorSlots(slots))).toEqual(slots);
  const swapped = captionsOf(slots, 4, new Random(1)).map((text) => text.replace("left", "right"));
  expect(captionsOf(mirrorSlots(slots), 4, new Random(1))).toEqual(swapped);
});

test("half of the clips are mirrored, and motion goes where the slots say", () => {
  const share = clips.filter(({ mirrored }) => mirrored).length / clips.length;
  expect(share).toBeGreaterThan(0.25);
  expect(share).toBeLessThan(0.75);
  let checked = 0;
  for (const { clip, segments, slots } of clips) {
    const [{ action, arm }] = slots;
    const positions = positionsOf(clip);
    const at = (frame: number, joint: number) =>
      positions.subarray(3 * (22 * frame + joint), 3 * (22 * frame + joint) + 3);
    const middle = Math.floor((segments[0].start + segments[0].end) / 2);
    if (action.startsWith("side-step")) {
      expect(Math.sign(at(middle, 0)[0])).toBe(action.endsWith("left") ? 1 : -1);
      checked++;
    }
    if (action === "wave") {
      const [left, right] = [at(middle, 20)[1], at(middle, 21)[1]];
      expect(left > right).toBe(arm === "left");
      checked++;
    }
    if (action === "run" || action === "walk" || action === "skip") expect(at(middle, 0)[2]).toBeGreaterThan(0.2);
    if (action === "walk-backward") expect(at(middle, 0)[2]).toBeLessThan(-0.1);
  }
  expect(checked).toBeGreaterThan(2);
  expect(mirror(mirror(clips[0].clip))).toEqual(clips[0].clip);
});

test("as many clips as asked show several things", () => {
  const several = (sequences: number) =>
    locomotion({ clips: 12, test: 0, seed: 5, sequences, frames: [96, 96] }).train.filter(
      (one) => one.segments.length > 1,
    );
  expect(several(0)).toHaveLength(0);
  expect(several(1)).toHaveLength(12);
});

test.each([
  [{ clips: -1 }, /clips must be a whole number, at least 0, got -1/],
  [{ clips: 1.5 }, /got 1.5/],
  [{ clips: 1, test: -2 }, /test must be/],
  [{ sequences: 2 }, /share from 0 to 1, got 2/],
  [{ frames: [32, 64] }, /from 64 to 192, got 32 and 64/],
  [{ frames: [128, 64] }, /got 128 and 64/],
])("refuses %j", (options, message) => {
  expect(() => locomotion(options as object)).toThrow(message);
});
