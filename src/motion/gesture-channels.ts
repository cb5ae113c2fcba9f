import { FULL_BODY } from "./full-body.js";
import { GESTURE_FEATURES, GESTURE_JOINTS } from "./gesture.js";
import { requireRows } from "./rows.js";

/**
 * Twelve turns that sum up a gesture, radians: of the left and then of the right arm the shoulder (forward and up where
 * positive), the elbow (bent), the wrist (the hand's back towards the arm), the fingers (curled); the neck's pitch (down)
 * and yaw (to the left); the spine's lean (forward) and roll (to the right).
 */
export const GESTURE_CHANNELS = [
  ...["left", "right"].flatMap((side) => ["Shoulder", "Elbow", "Wrist", "Fingers"].map((part) => side + part)),
  ...["neckPitch", "neckYaw", "spineLean", "spineRoll"],
] as const;

/** Places of the channels of the arms: 0 … 7. */
export const ARM_CHANNELS = 8;
export const [NECK_PITCH, NECK_YAW, SPINE_LEAN, SPINE_ROLL] = [8, 9, 10, 11] as const;

const COUNT = GESTURE_CHANNELS.length;
/** How far the upper arms hang down from a T-pose, how far elbows and fingers are bent at rest: radians. */
const [HANGING, BENT, CURLED] = [1.25, 0.25, 0.35];
/** What each of a finger's three joints has of the curl; the thumb's have half of it. */
const SHARES = [0.4, 0.35, 0.25];
const THUMB = 0.5;

const place = (name: string): number => 6 * GESTURE_JOINTS.indexOf(FULL_BODY.names.indexOf(name));
const SPINE = ["spine1", "spine2", "spine3"].map(place);
const NECK = ["neck", "head"].map(place);
/** `out` is 1 on the left and −1 on the right: turns about y and z change their sign there. */
const ARMS = (["left", "right"] as const).map((side, i) => ({
  ...{ first: 4 * i, out: i === 0 ? 1 : -1, collar: place(`${side}Collar`) },
  ...{ shoulder: place(`${side}Shoulder`), elbow: place(`${side}Elbow`), wrist: place(`${side}Wrist`) },
  /** The joints of the four fingers beside the thumb. */
  long: ["Index", "Middle", "Pinky", "Ring"].flatMap((finger) =>
    SHARES.map((_, k) => place(`${side}${finger}${k + 1}`)),
  ),
  fingers: ["Index", "Middle", "Pinky", "Ring", "Thumb"].flatMap((finger) =>
    SHARES.map((share, k) => ({
      at: place(`${side}${finger}${k + 1}`),
      share: share * (finger === "Thumb" ? THUMB : 1),
    })),
  ),
}));

/** Writes the first two columns of Rx(a) Rz(b) at place `at`. */
function putXZ(row: Float32Array, at: number, a: number, b: number): void {
  const [ca, sa, cb, sb] = [Math.cos(a), Math.sin(a), Math.cos(b), Math.sin(b)];
  row[at] = cb;
  row[at + 1] = sb * ca;
  row[at + 2] = sb * sa;
  row[at + 3] = -sb;
  row[at + 4] = cb * ca;
  row[at + 5] = cb * sa;
}

/** Writes those of Ry(a) Rx(b). */
function putYX(row: Float32Array, at: number, a: number, b: number): void {
  const [ca, sa, cb, sb] = [Math.cos(a), Math.sin(a), Math.cos(b), Math.sin(b)];
  row[at] = ca;
  row[at + 1] = 0;
  row[at + 2] = -sa;
  row[at + 3] = sa * sb;
  row[at + 4] = cb;
  row[at + 5] = ca * sb;
}

/** The gestures [T, 258] of channels [T, 12] over a body at rest whose arms hang. @throws RangeError for no whole rows */
export function gestureOf(channels: ArrayLike<number>): Float32Array {
  const frames = requireRows(channels, COUNT, "Channels");
  const rows = new Float32Array(frames * GESTURE_FEATURES);
  for (let frame = 0; frame < frames; frame++) {
    const row = rows.subarray(frame * GESTURE_FEATURES, (frame + 1) * GESTURE_FEATURES);
    const from = frame * COUNT;
    for (const { first, out, collar, shoulder, elbow, wrist, fingers } of ARMS) {
      putXZ(row, collar, 0, 0);
      putXZ(row, shoulder, -channels[from + first], -out * HANGING);
      putYX(row, elbow, -out * (BENT + channels[from + first + 1]), 0);
      putXZ(row, wrist, 0, out * channels[from + first + 2]);
      for (const { at, share } of fingers) putXZ(row, at, 0, -out * share * (CURLED + channels[from + first + 3]));
    }
    for (const at of NECK) putYX(row, at, channels[from + NECK_YAW] / 2, channels[from + NECK_PITCH] / 2);
    for (const at of SPINE) putXZ(row, at, channels[from + SPINE_LEAN] / 3, channels[from + SPINE_ROLL] / 3);
  }
  return rows;
}

/**
 * The channels [T, 12] of gestures [T, 258]: exactly those of {@link gestureOf}; of any other motion its turns about the
 * same axes, of which the spine's and the neck's are sums over their joints, and the fingers' the mean of the four.
 * @throws RangeError for no whole rows
 */
export function channelsOf(rows: ArrayLike<number>): Float32Array {
  const frames = requireRows(rows, GESTURE_FEATURES, "Gestures");
  const channels = new Float32Array(frames * COUNT);
  const m = new Float64Array(6);
  for (let frame = 0; frame < frames; frame++) {
    const first = frame * GESTURE_FEATURES;
    const row = channels.subarray(frame * COUNT, (frame + 1) * COUNT);
    for (const arm of ARMS) {
      readColumns(rows, first + arm.shoulder, m);
      row[arm.first] = Math.atan2(arm.out * m[2], -arm.out * m[1]);
      readColumns(rows, first + arm.elbow, m);
      row[arm.first + 1] = Math.atan2(arm.out * m[2], m[0]) - BENT;
      readColumns(rows, first + arm.wrist, m);
      row[arm.first + 2] = Math.atan2(arm.out * m[1], m[0]);
      let curl = 0;
      for (const at of arm.long) {
        readColumns(rows, first + at, m);
        curl += Math.atan2(-arm.out * m[1], m[0]);
      }
      row[arm.first + 3] = (curl * SHARES.length) / arm.long.length - CURLED;
    }
    for (const at of NECK) {
      readColumns(rows, first + at, m);
      const yaw = Math.atan2(-m[2], m[0]);
      row[NECK_YAW] += yaw;
      row[NECK_PITCH] += Math.atan2(Math.sin(yaw) * m[3] + Math.cos(yaw) * m[5], m[4]);
    }
    for (const at of SPINE) {
      readColumns(rows, first + at, m);
      row[SPINE_LEAN] += Math.atan2(m[5], m[4]);
      row[SPINE_ROLL] += Math.atan2(-m[3], Math.hypot(m[4], m[5]));
    }
  }
  return channels;
}

/** Reads two columns at place `at` into `m`, orthogonal to each other; only their directions count. */
function readColumns(rows: ArrayLike<number>, at: number, m: Float64Array): void {
  let [squares, along] = [0, 0];
  for (let i = 0; i < 3; i++) {
    squares += rows[at + i] ** 2;
    along += rows[at + i] * rows[at + 3 + i];
  }
  const share = squares > 0 ? along / squares : 0;
  for (let i = 0; i < 3; i++) {
    m[i] = rows[at + i];
    m[3 + i] = rows[at + 3 + i] - share * rows[at + i];
  }
}
