import { strFromU8, unzipSync } from "fflate";
import { expect, test } from "vitest";
import { writeNpz } from "../../src/io/motion-npz.js";
import { writeTable } from "../../src/io/motion-table.js";
import { readNpy, writeNpy } from "../../src/io/npy.js";
import { fromEuler } from "../../src/motion/rotations.js";
import { BODY, BODY_NAMES } from "../../src/motion/skeleton.js";
import { apart, randomClip } from "../motion/fixtures.js";

const clip = randomClip(4, 11);

/** A table's rows by the names of its columns. */
const rows = (text: string) => {
  const [header, ...lines] = text
    .trim()
    .split("\n")
    .map((line) => line.split(","));
  return lines.map((line) => Object.fromEntries(header.map((name, i) => [name, Number(line[i])])));
};

test("the table has 50 rows a second, and the clip's own frames where they fall on rows", () => {
  const table = rows(writeTable(clip));
  expect(table).toHaveLength(26);
  expect(Object.keys(table[0])).toHaveLength(1 + 7 + 63 + 4);
  expect(Object.keys(table[0]).slice(0, 11)).toEqual([
    "time_s",
    "pelvis_x_m",
    "pelvis_y_m",
    "pelvis_z_m",
    "pelvis_qx",
    "pelvis_qy",
    "pelvis_qz",
    "pelvis_qw",
    "leftHip_z_rad",
    "leftHip_x_rad",
    "leftHip_y_rad",
  ]);
  expect(table.map((row) => row.time_s)).toEqual(Array.from({ length: 26 }, (_, i) => i / 50));
  for (const frame of [0, 2, 4, 10]) {
    const row = table[(frame * 5) / 2];
    expect([row.pelvis_x_m, row.pelvis_y_m, row.pelvis_z_m]).toEqual(
      [...clip.root.subarray(3 * frame, 3 * frame + 3)].map((value) => expect.closeTo(value, 5)),
    );
    for (const [joint, name] of BODY_NAMES.entries()) {
      const turn = clip.rotations.subarray(4 * (22 * frame + joint), 4 * (22 * frame + joint + 1));
      const degrees = ["z", "x", "y"].map((axis) => (row[`${name}_${axis}_rad`] * 180) / Math.PI);
      const found =
        joint === 0
          ? ["x", "y", "z", "w"].map((part) => row[`pelvis_q${part}`])
          : fromEuler("ZXY", degrees as [number, number, number]);
      expect(apart(found, turn)).toBeLessThan(1e-4);
    }
  }
});

test("between frames the root runs on a cubic, joints turn evenly, and angles do not jump", () => {
  const frames = 9;
  const root = Float32Array.from({ length: 27 }, (_, i) => (i % 3 === 0 ? (Math.floor(i / 3) / 20) ** 2 : 0));
  const rotations = new Float32Array(88 * frames);
  for (let frame = 0; frame < frames; frame++)
    for (let joint = 0; joint < 22; joint++)
      rotations.set(fromEuler("ZXY", [50 * frame, 0, 0]), 4 * (22 * frame + joint));
  const table = rows(writeTable({ skeleton: BODY, fps: 20, frames, rotations, root, contacts: null }));
  for (const { time_s, pelvis_x_m, leftKnee_z_rad } of table) {
    if (time_s > 0.05 && time_s < 0.35) expect(pelvis_x_m).toBeCloseTo(time_s ** 2, 5); // a parabola's slopes are exact inside
    expect(leftKnee_z_rad).toBeCloseTo((1000 * time_s * Math.PI) / 180, 4);
  }
});

test("contacts are the clip's own, or by speed where nobody has said", () => {
  const contacts = Uint8Array.from({ length: 44 }, (_, i) => (i === 16 ? 1 : 0));
  const stands = (text: string) => rows(text).map((row) => row.contact_left_ankle);
  expect(stands(writeTable({ ...clip, contacts }))[10]).toBe(1);
  expect(stands(writeTable({ ...clip, contacts })).filter(Boolean)).toHaveLength(3);
  const still = { ...clip, frames: 1, rotations: clip.rotations.slice(0, 88), root: clip.root.slice(0, 3) };
  expect(stands(writeTable(still))).toEqual([1]);
});

test("NumPy's arrays: shapes, types and numbers, the same bytes for the same clip", () => {
  const bytes = writeNpz(clip);
  expect(writeNpz(clip)).toEqual(bytes);
  const files = unzipSync(bytes);
  const array = (name: string) => readNpy(files[`${name}.npy`], name);
  expect(Object.keys(files).sort().join()).toBe(
    "contacts.npy,fps.npy,names.npy,offsets.npy,parents.npy,root.npy,rotations.npy",
  );
  expect(array("rotations").shape).toEqual([11, 22, 4]);
  expect(array("root")).toEqual({ shape: [11, 3], data: clip.root });
  expect(array("contacts").shape).toEqual([11, 4]);
  expect(array("fps")).toEqual({ shape: [], data: Float64Array.of(20) });
  expect(array("parents").data[3]).toBe(0);
  expect(array("offsets").data).toEqual(BODY.offsets);
  const header = strFromU8(files["names.npy"], true);
  expect(header.slice(10, 60)).toContain("'descr': '<U13', 'fortran_order': False");
  expect(files["names.npy"].length % 64).toBe((22 * 13 * 4) % 64);
  for (const [i, value] of array("rotations").data.entries())
    expect(Math.abs(value)).toBeCloseTo(Math.abs(clip.rotations[i]), 5);
});

test("a .npy of other numbers, cut short or of another kind is refused", () => {
  const npy = writeNpy({ shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) });
  expect(readNpy(npy, "a.npy")).toEqual({ shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) });
  expect(npy.length).toBe(128 + 24);
  const other = (from: string, to: string) =>
    new Uint8Array(Buffer.from(Buffer.from(npy).toString("latin1").replace(from, to), "latin1"));
  expect(() => readNpy(npy.subarray(0, 140), "a.npy")).toThrow("a.npy is cut short: 12 of 24 bytes");
  expect(() => readNpy(other("<f4", ">f4"), "a.npy")).toThrow('a.npy holds ">f4" numbers');
  expect(() => readNpy(other("False", "True "), "a.npy")).toThrow("Fortran's order");
  expect(() => readNpy(other("NUMPY", "XUMPY"), "a.npy")).toThrow("no .npy file");
  expect(() => readNpy(new Uint8Array(3), "a.npy")).toThrow("no .npy file");
});
