import type { Clip } from "../motion/clip.js";
import { contactsOf } from "../motion/kinematics.js";
import { type Quaternion, slerp, toEuler } from "../motion/rotations.js";
import { BODY_NAMES } from "../motion/skeleton.js";

/** Frames a second of a table for robots. */
export const TABLE_FPS = 50;

const CONTACTS = ["left_ankle", "left_foot", "right_ankle", "right_foot"];

/**
 * A clip as a table of 50 rows a second: time, the root's place and rotation in the world, each other joint's angles
 * about z, x and y in this order (R = Rz Rx Ry, from its parent's frame), and which feet stand. Seconds, metres,
 * radians. Between frames the root runs on a smooth curve (cubic Hermite) and joints turn on great arcs; angles do not
 * jump by whole turns.
 */
export function writeTable(clip: Clip): string {
  const { names, parents } = clip.skeleton;
  const joints = names.flatMap((name, joint) => (parents[joint] < 0 ? [] : [{ name, joint }]));
  const root = names[parents.indexOf(-1)];
  const header = [
    "time_s",
    ...["x_m", "y_m", "z_m", "qx", "qy", "qz", "qw"].map((part) => `${root}_${part}`),
    ...joints.flatMap(({ name }) => ["z", "x", "y"].map((axis) => `${name}_${axis}_rad`)),
    ...CONTACTS.map((name) => `contact_${name}`),
  ];
  const contacts = clip.contacts ?? (names.join() === BODY_NAMES.join() ? contactsOf(clip) : null);
  const rows = [header.join(",")];
  const count = Math.floor(((clip.frames - 1) * TABLE_FPS) / clip.fps + 1e-6) + 1;
  const before = new Float64Array(3 * names.length);
  let turnBefore: Quaternion = [0, 0, 0, 1];
  for (let row = 0; row < count; row++) {
    const at = Math.min((row * clip.fps) / TABLE_FPS, clip.frames - 1);
    const turn = (joint: number): Quaternion => between(clip, joint, at);
    let [x, y, z, w] = turn(parents.indexOf(-1));
    if (x * turnBefore[0] + y * turnBefore[1] + z * turnBefore[2] + w * turnBefore[3] < 0)
      [x, y, z, w] = [-x, -y, -z, -w];
    turnBefore = [x, y, z, w];
    const angles = joints.flatMap(({ joint }) =>
      toEuler("ZXY", turn(joint)).map((degrees, axis) => {
        const angle = (degrees * Math.PI) / 180;
        const last = before[3 * joint + axis];
        const near = row === 0 ? angle : angle + 2 * Math.PI * Math.round((last - angle) / (2 * Math.PI));
        before[3 * joint + axis] = near;
        return near;
      }),
    );
    const stands = contacts ? [...contacts.subarray(4 * Math.round(at), 4 * Math.round(at) + 4)] : ["", "", "", ""];
    const numbers = [row / TABLE_FPS, ...rootAt(clip, at), ...turnBefore, ...angles];
    rows.push([...numbers.map((value) => String(Number(value.toFixed(6)) + 0)), ...stands].join(","));
  }
  return `${rows.join("\n")}\n`;
}

function between({ rotations, frames, skeleton }: Clip, joint: number, at: number): Quaternion {
  const joints = skeleton.names.length;
  const first = Math.floor(at);
  const [a, b] = [first, Math.min(first + 1, frames - 1)].map((frame) => {
    const from = 4 * (frame * joints + joint);
    return [...rotations.subarray(from, from + 4)] as Quaternion;
  });
  return slerp(a, b, at - first);
}

/** The root's place between frames, on the cubic through them whose slopes are those of their neighbours. */
function rootAt({ root, frames }: Clip, at: number): number[] {
  const first = Math.min(Math.floor(at), Math.max(0, frames - 2));
  const t = at - first;
  return [0, 1, 2].map((axis) => {
    const place = (frame: number) => root[3 * Math.max(0, Math.min(frame, frames - 1)) + axis];
    const slope = (frame: number) => {
      const [a, b] = [Math.max(0, frame - 1), Math.min(frame + 1, frames - 1)];
      return a === b ? 0 : (place(b) - place(a)) / (b - a);
    };
    const [p, q, m, n] = [place(first), place(first + 1), slope(first), slope(first + 1)];
    return (
      (2 * t ** 3 - 3 * t * t + 1) * p +
      (t ** 3 - 2 * t * t + t) * m +
      (3 * t * t - 2 * t ** 3) * q +
      (t ** 3 - t * t) * n
    );
  });
}
