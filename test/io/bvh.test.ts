import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cacheFolder } from "../../src/data/cache.js";
import { readBvh } from "../../src/io/bvh.js";
import { writeBvh } from "../../src/io/bvh-write.js";
import { frameRate } from "../../src/io/frame-rate.js";
import { positionsOf } from "../../src/motion/kinematics.js";
import { recordedPose } from "../../src/motion/recording.js";
import { randomClip } from "../motion/fixtures.js";

const goldens = join(import.meta.dirname, "../goldens/motion-files");
const small = readFileSync(join(goldens, "small.bvh"), "utf8");

test("channels of any order, tabs, CRLF, exponents and a root OFFSET: joints are where NumPy puts them", () => {
  const golden = JSON.parse(readFileSync(join(goldens, "small.json"), "utf8"));
  const recording = readBvh(small, "small");
  expect(recording.joints).toEqual(golden.joints);
  expect(recording).toMatchObject({ name: "small", parents: [-1, 0, 1, 0, 3], fps: 120, frames: 3, notes: [] });
  for (const [frame, places] of golden.places.entries())
    for (const [joint, place] of recordedPose(recording, frame).places.entries())
      for (const axis of [0, 1, 2]) expect(place[axis]).toBeCloseTo(places[joint][axis], 5);
});

test("positions of a joint below the root that stay near 0 are added to its OFFSET, and this is said", () => {
  const zero = small
    .replace("0.5 -4.25 0 0 0 0", "0 0 0.1 0 0 0")
    .replace("0.75 -4 0.125", "0 0 0")
    .replace("0.5 -4.5 -0.25", "0 0 0");
  const recording = readBvh(zero, "small");
  const places = (frame: number) => [...recording.places.subarray(3 * (5 * frame + 2), 3 * (5 * frame + 3))];
  expect([places(0), places(1)]).toEqual([
    [expect.closeTo(0.1, 6), -4.25, 0.5],
    [0, -4.25, 0.5],
  ]);
  expect(recording.notes).toEqual(['The positions of "Shin" are added to its OFFSET, which they stay far from.']);
});

test("a broken file is refused with its line and what to do", () => {
  const line = (number: number, by: (line: string) => string | string[]) =>
    small
      .split("\r\n")
      .flatMap((text, i) => (i + 1 === number ? by(text) : text))
      .join("\n");
  const refused = (text: string) => expect(() => readBvh(text, "walk.bvh"));
  expect(small.split("\r\n")[34]).toBe("Frames: 3");
  refused("").toThrow('walk.bvh, line 1: a BVH file begins with "HIERARCHY"');
  refused("Kaydara FBX").toThrow("line 1: a BVH file begins");
  refused(small.slice(0, 300)).toThrow('the file ends without the line "MOTION"');
  refused(line(4, () => [])).toThrow('line 4: "OFFSET" must stand here, not "CHANNELS"');
  refused(line(4, () => "OFFSET 1 2 x")).toThrow('line 4: a number of the OFFSET must stand here, not "x"');
  refused(line(5, () => "CHANNELS 2 Xposition Wrotation")).toThrow(
    'line 5: a channel such as Zrotation or Xposition must stand here, not "Wrotation"',
  );
  refused(line(5, () => "CHANNELS 2 Xposition Xposition")).toThrow("Xposition stands twice");
  refused(line(6, () => "JOINT")).toThrow("line 6: a joint has no name");
  refused(line(6, () => "JOINT Hips")).toThrow('line 6: a second joint is called "Hips"');
  refused(line(33, () => [])).toThrow('line 33: "JOINT", "End Site" or "}" is missing before MOTION');
  refused(line(34, () => ["ROOT Other {", "OFFSET 0 0 0", "CHANNELS 0", "}", "MOTION"])).toThrow(
    "line 34: a second ROOT begins",
  );
  refused(line(35, () => "Frames: 0")).toThrow("line 35: there are 0 frames");
  refused(line(35, () => "Frames: many")).toThrow('line 35: "Frames: <number>" must stand here, not "Frames: many"');
  refused(line(36, () => "Frame Time: 0")).toThrow(
    'line 36: the frame time must be a number of seconds above 0, got "0"',
  );
  refused(line(37, (text) => text.replace("9", "nan"))).toThrow('line 37: "nan" is no number (frame 0, channel 2)');
  refused(line(38, (text) => `${text} 1`)).toThrow(
    "line 38: frame 1 has 22 numbers, and the skeleton's channels are 21",
  );
  refused(line(39, () => [])).toThrow(
    'line 39: the file ends after 2 of 3 frames. Export it again, or write "Frames: 2"',
  );
  refused(line(35, () => "Frames: 2")).toThrow("line 39: more frames follow than the 2");
});

test("one frame is a pose, whatever its time", () => {
  const pose = small.replace("Frames: 3", "Frames: 1").replace("0.008333", "0").split("\r\n").slice(0, 37).join("\n");
  expect(readBvh(pose, "pose")).toMatchObject({ frames: 1, fps: 20 });
});

test("a frame time means the whole rate that it was rounded from, and no other", () => {
  const times = ["0.0333333", "0.0333", ".008333", "0.016666", "0.04", "0.05", "1", "4.1666667e-3"];
  expect(times.map(frameRate)).toEqual([30, 30, 120, 60, 25, 20, 1, 240]);
  expect(frameRate("0.033367")).toBeCloseTo(29.97, 2);
  expect(["0", "-1", "x", "Infinity"].map(frameRate)).toEqual([null, null, null, null]);
});

test("what is written is read back: joints within 1e-4 m, in centimetres from a root OFFSET of 0", () => {
  const clip = randomClip(3, 7);
  const text = writeBvh(clip);
  expect(text).toContain(
    "ROOT pelvis\n{\n  OFFSET 0 0 0\n  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation\n",
  );
  const recording = readBvh(text, "clip");
  expect(recording).toMatchObject({ fps: 20, frames: 7 });
  const expected = positionsOf(clip);
  for (let frame = 0; frame < 7; frame++)
    for (const [i, place] of recordedPose(recording, frame).places.entries()) {
      const joint = clip.skeleton.names.indexOf(recording.joints[i]);
      for (const axis of [0, 1, 2]) expect(place[axis] / 100).toBeCloseTo(expected[3 * (22 * frame + joint) + axis], 4);
    }
});

const walk = join(cacheFolder(), "accad-female1", "Female1_B03_Walk1.bvh");
test.skipIf(!existsSync(walk))(
  "ACCAD's walk: NumPy's joints of frame 0 (skipped until fewstep data get accad-female1)",
  () => {
    const recording = readBvh(readFileSync(walk, "latin1"), "walk");
    const { places } = recordedPose(recording, 0);
    const golden = {
      Hips: [-314.502, 89.9398, 300.388],
      Head: [-314.96594, 148.01394, 299.60008],
      LeftFoot: [-341.6835, 10.0331, 322.2842],
      LeftToeBase: [-330.9806, 4.8708, 315.1259],
      RightFoot: [-295.3538, 8.1388, 284.9447],
      RightToeBase: [-285.818, 2.9088, 276.2875],
    };
    for (const [name, expected] of Object.entries(golden))
      for (const axis of [0, 1, 2])
        expect(Math.abs(places[recording.joints.indexOf(name)][axis] - expected[axis])).toBeLessThan(1e-3);
  },
);
