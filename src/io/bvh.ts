import type { Recording } from "../motion/recording.js";
import { aboutAxis, multiply, type Quaternion, type Vector } from "../motion/rotations.js";
import { type Joint, readHierarchy } from "./bvh-hierarchy.js";
import { frameRate } from "./frame-rate.js";
import { show } from "./show.js";

const AXES: Record<string, Vector> = { X: [1, 0, 0], Y: [0, 1, 0], Z: [0, 0, 1] };

/**
 * Reads a BVH file: one skeleton, its channels in any order, in the file's own unit. A joint's position channels take
 * the place of its OFFSET; only where those of a joint below the root stay nearer to 0 than to its OFFSET, they are
 * added to it. @throws with the line and what to do where the file is broken: nothing of it is taken then.
 */
export function readBvh(text: string, name: string): Recording {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n?|\n/);
  const { joints, end } = readHierarchy(lines, name);
  const { frames, fps, rows } = readFrames(lines, end, joints, name);
  const count = joints.length;
  const rest = { places: new Float32Array(3 * count), rotations: new Float32Array(4 * count) };
  for (const [j, { offset, parent }] of joints.entries()) {
    if (parent >= 0) rest.places.set(offset, 3 * j);
    rest.rotations[4 * j + 3] = 1;
  }
  const places = new Float32Array(frames * count * 3);
  const rotations = new Float32Array(frames * count * 4);
  const notes: string[] = [];
  let first = 0;
  for (const [j, { channels, offset, parent, name: joint }] of joints.entries()) {
    const moved = channels.flatMap(({ kind, axis }, c) =>
      kind === "position" ? [{ axis: "XYZ".indexOf(axis), c }] : [],
    );
    const turned = channels.flatMap(({ kind, axis }, c) => (kind === "rotation" ? [{ axis: AXES[axis], c }] : []));
    const added = parent >= 0 && isAdded(rows, first, moved, offset);
    if (added) notes.push(`The positions of "${joint}" are added to its OFFSET, which they stay far from.`);
    for (const [frame, row] of rows.entries()) {
      const place = [...offset];
      for (const { axis, c } of moved) place[axis] = row[first + c] + (added ? offset[axis] : 0);
      places.set(place, 3 * (frame * count + j));
      let turn: Quaternion = [0, 0, 0, 1];
      for (const { axis, c } of turned) turn = multiply(turn, aboutAxis(axis, (row[first + c] * Math.PI) / 180));
      rotations.set(turn, 4 * (frame * count + j));
    }
    first += channels.length;
  }
  return {
    name,
    joints: joints.map((joint) => joint.name),
    parents: joints.map(({ parent }) => parent),
    ...{ rest, fps, frames, places, rotations, notes },
  };
}

/** Whether a joint's positions are differences from its OFFSET. */
function isAdded(
  rows: readonly Float64Array[],
  first: number,
  moved: readonly { axis: number; c: number }[],
  offset: Readonly<Vector>,
): boolean {
  let [fromOffset, fromZero] = [0, 0];
  for (const row of rows)
    for (const { axis, c } of moved) {
      fromOffset += (row[first + c] - offset[axis]) ** 2;
      fromZero += row[first + c] ** 2;
    }
  return fromZero < fromOffset;
}

/** The numbers of each frame, from the line MOTION on. */
function readFrames(lines: readonly string[], start: number, joints: readonly Joint[], name: string) {
  const broken = (line: number, what: string): Error => new Error(`${name}, line ${line + 1}: ${what}`);
  let at = start;
  const next = (wanted: string, pattern: RegExp): string => {
    while (at < lines.length && lines[at].trim() === "") at++;
    const found = pattern.exec(lines[at] ?? "");
    if (!found)
      throw broken(
        at,
        `"${wanted}" must stand here, ${at < lines.length ? `not ${show(lines[at].trim())}` : "but the file ends"}. Export the file again.`,
      );
    at++;
    return found[1];
  };
  const frames = Number(next("Frames: <number>", /^\s*Frames\s*:\s*(\d+)\s*$/i));
  if (frames < 1) throw broken(at - 1, "there are 0 frames, so nothing moves. Export the file with at least one.");
  const time = next("Frame Time: <seconds>", /^\s*Frame\s*Time\s*:\s*(\S+)\s*$/i);
  const fps = frameRate(time) ?? (frames === 1 ? 20 : null); // a single pose takes no time
  if (fps === null)
    throw broken(
      at - 1,
      `the frame time must be a number of seconds above 0, got ${show(time)}. Write 1 / frames a second.`,
    );
  const width = joints.reduce((sum, { channels }) => sum + channels.length, 0);
  const rows: Float64Array[] = [];
  for (; at < lines.length; at++) {
    const line = lines[at].trim();
    if (line === "") continue;
    if (rows.length === frames)
      throw broken(at, `more frames follow than the ${frames} of "Frames:". Write how many there are.`);
    const words = line.split(/\s+/);
    if (words.length !== width)
      throw broken(
        at,
        `frame ${rows.length} has ${words.length} numbers, and the skeleton's channels are ${width}. Export the file again, or take the line away and write "Frames: ${frames - 1}".`,
      );
    const row = Float64Array.from(words, Number);
    const bad = row.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0)
      throw broken(
        at,
        `${show(words[bad])} is no number (frame ${rows.length}, channel ${bad + 1}). Mend it, or export the file again.`,
      );
    rows.push(row);
  }
  if (rows.length < frames)
    throw broken(
      lines.length - 1,
      `the file ends after ${rows.length} of ${frames} frames. Export it again, or write "Frames: ${rows.length}".`,
    );
  return { frames, fps, rows };
}
