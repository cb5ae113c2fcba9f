import { partnersOf } from "./mirror.js";
import { requireRows } from "./rows.js";
import { BODY } from "./skeleton.js";

/** Numbers of each of the body's joints in turn, from the joint `from` on, beginning at place `first` of a row. */
interface JointPart {
  readonly first: number;
  readonly from: number;
  /** What the mirror makes of a joint's numbers: 1 or −1 for each. */
  readonly signs: readonly number[];
}

/** What the mirror at x = 0 makes of a place or a way x, y, z. */
export const PLACE = [-1, 1, 1];
/** What it makes of the first two columns of a rotation's matrix. */
export const COLUMNS = [1, -1, -1, -1, 1, 1];

/**
 * Mirrors rows of numbers about the body: the turn (0) and the way to the left (1) change their signs, joints and, from
 * the place `contacts` on, the four feet change sides.
 * @throws RangeError for numbers that are no whole rows.
 */
export function rowMirror(width: number, parts: readonly JointPart[], contacts: number) {
  const partners = partnersOf(BODY);
  const from = Array.from({ length: width }, (_, place) => place);
  const sign: number[] = from.map((place) => (place < 2 ? -1 : 1));
  for (const { first, from: joint0, signs } of parts)
    for (let joint = joint0; joint < partners.length; joint++)
      for (const [i, value] of signs.entries()) {
        const place = first + signs.length * (joint - joint0) + i;
        from[place] = first + signs.length * (partners[joint] - joint0) + i;
        sign[place] = value;
      }
  for (let i = 0; i < 4; i++) from[contacts + i] = contacts + (i ^ 2);
  return <Rows extends Float32Array | Float64Array>(rows: Rows): Rows => {
    requireRows(rows, width);
    return rows.map((_, at) => sign[at % width] * rows[at - (at % width) + from[at % width]]) as Rows;
  };
}
