import type { Clip } from "../motion/clip.js";
import { type Quaternion, toEuler, type Vector } from "../motion/rotations.js";

/** BVH is read in centimetres by most programs. */
const SCALE = 100;
/** How far a bone without a child reaches on, as a share of its own length. */
const REACH = 0.4;

const fixed = (value: number): string => String(Number(value.toFixed(6)) + 0);

/**
 * A clip as a BVH file: centimetres, degrees, rotations in the order Z, X, Y; the root has positions too, and an OFFSET
 * of 0, so that readers which add it and readers which do not agree.
 */
export function writeBvh({ skeleton, rotations, root, frames, fps }: Clip): string {
  const { names, parents, offsets } = skeleton;
  const order: number[] = [];
  const lines = ["HIERARCHY"];
  const vector = (joint: number, scale = SCALE) =>
    [0, 1, 2].map((axis) => fixed(scale * offsets[3 * joint + axis])).join(" ");
  const visit = (joint: number, indent: string): void => {
    order.push(joint);
    const isRoot = parents[joint] < 0;
    lines.push(
      `${indent}${isRoot ? "ROOT" : "JOINT"} ${names[joint]}`,
      `${indent}{`,
      `${indent}  OFFSET ${isRoot ? "0 0 0" : vector(joint)}`,
      `${indent}  CHANNELS ${isRoot ? "6 Xposition Yposition Zposition" : "3"} Zrotation Xrotation Yrotation`,
    );
    const children = parents.flatMap((parent, child) => (parent === joint ? [child] : []));
    for (const child of children) visit(child, `${indent}  `);
    if (children.length === 0)
      lines.push(
        `${indent}  End Site`,
        `${indent}  {`,
        `${indent}    OFFSET ${vector(joint, SCALE * REACH)}`,
        `${indent}  }`,
      );
    lines.push(`${indent}}`);
  };
  visit(0, "");
  lines.push("MOTION", `Frames: ${frames}`, `Frame Time: ${(1 / fps).toFixed(8)}`);
  for (let frame = 0; frame < frames; frame++) {
    const row = Array.from(root.subarray(3 * frame, 3 * frame + 3), (value) => fixed(SCALE * value));
    for (const joint of order) {
      const at = 4 * (frame * names.length + joint);
      row.push(...turns([...rotations.subarray(at, at + 4)] as Quaternion).map(fixed));
    }
    lines.push(row.join(" "));
  }
  return `${lines.join("\n")}\n`;
}

/** Degrees about z, x, y. */
const turns = (q: Quaternion): Vector => toEuler("ZXY", q);
