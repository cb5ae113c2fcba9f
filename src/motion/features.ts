import type { Clip } from "./clip.js";
import { headingOf, wrap } from "./heading.js";
import { contactsOf, type Pose, poseAt, requireBody } from "./kinematics.js";
import { COLUMNS, PLACE, rowMirror } from "./mirror-rows.js";
import { fromSix, multiply, type Quaternion, rotate, toSix, yaw } from "./rotations.js";
import { requireRows } from "./rows.js";
import { BODY, type Skeleton } from "./skeleton.js";

/** Numbers of a frame: see {@link FEATURE_PARTS}. */
export const BODY_FEATURES = 203;

/**
 * What the numbers of a frame say, each part from its first place to the one after its last.
 *
 * - `turn`: how much the heading turned on the way into this frame, radians, to the left where positive; 0 in the first.
 * - `travel`: how far the root moved over the floor on that way, x and z in metres, seen in this frame's heading.
 * - `height`: the root above the floor, metres.
 * - `positions`: joints 1 … 21 seen from the root's place on the floor in this frame's heading, metres, [21, 3].
 * - `rotations`: the joints' rotations as their matrices' first two columns, [22, 6]; the root's without the heading.
 * - `contacts`: 1 where left ankle, left foot, right ankle, right foot stand.
 *
 * A frame needs only itself and the one before it: features can be made and read while a motion goes on.
 */
export const FEATURE_PARTS = {
  turn: [0, 1],
  travel: [1, 3],
  height: [3, 4],
  positions: [4, 67],
  rotations: [67, 199],
  contacts: [199, 203],
} as const;

const { positions: POSITIONS, rotations: ROTATIONS, contacts: CONTACTS } = FEATURE_PARTS;
const JOINTS = BODY.names.length;

/** Where a body stands and looks: radians, metres. */
export interface Place {
  readonly yaw: number;
  readonly x: number;
  readonly z: number;
}

export const ORIGIN: Place = { yaw: 0, x: 0, z: 0 };

/** Where the body stands and looks in its first frame: what {@link toFeatures} leaves out. */
export function startOf(clip: Clip): Place {
  requireBody(clip.skeleton);
  return placeOf(poseAt(clip, 0), ORIGIN);
}

const placeOf = ({ positions }: Pose, before: Place): Place => ({
  yaw: headingOf((joint) => positions[joint], before.yaw),
  x: positions[0][0],
  z: positions[0][2],
});

/**
 * A clip's features, [T, 203] as {@link FEATURE_PARTS} says; the same wherever the clip begins and looks at first.
 * @throws RangeError unless it is on the body of 22 joints.
 */
export function toFeatures(clip: Clip): Float32Array {
  requireBody(clip.skeleton);
  const rows = new Float32Array(clip.frames * BODY_FEATURES);
  const contacts = clip.contacts ?? contactsOf(clip);
  let before: Place | null = null;
  for (let frame = 0; frame < clip.frames; frame++) {
    const pose = poseAt(clip, frame);
    const place = placeOf(pose, before ?? ORIGIN);
    const last = before ?? place;
    const back = yaw(-place.yaw);
    const [dx, , dz] = rotate(back, [place.x - last.x, 0, place.z - last.z]);
    const row = rows.subarray(frame * BODY_FEATURES, (frame + 1) * BODY_FEATURES);
    row.set([wrap(place.yaw - last.yaw), dx, dz, pose.positions[0][1]]);
    for (let joint = 0; joint < JOINTS; joint++) {
      const [x, y, z] = pose.positions[joint];
      if (joint > 0) row.set(rotate(back, [x - place.x, y, z - place.z]), POSITIONS[0] + 3 * (joint - 1));
      const local = clip.rotations.subarray(4 * (frame * JOINTS + joint), 4 * (frame * JOINTS + joint + 1));
      const turned = [...local] as Quaternion;
      row.set(toSix(joint === 0 ? multiply(back, turned) : turned), ROTATIONS[0] + 6 * joint);
    }
    row.set(contacts.subarray(4 * frame, 4 * frame + 4), CONTACTS[0]);
    before = place;
  }
  return rows;
}

export interface FeatureOptions {
  /** Frames a second. */
  readonly fps: number;
  /** The body that the rotations turn; {@link BODY} if none is given. */
  readonly skeleton?: Skeleton;
  /** Where the frame before the first row stands and looks; the origin, looking along +z, if none is given. */
  readonly start?: Place;
}

/**
 * The clip of features [T, 203]: root from `turn`, `travel` and `height`, joints from `rotations`, contacts from one
 * half on. `positions` are not used.
 * @throws RangeError for numbers that are no whole rows or not finite.
 */
export const fromFeatures = (rows: Float32Array, options: FeatureOptions): Clip =>
  new FeatureReader(options).read(rows);

/** Reads features that come block by block: each block's clip begins where the one before it ended. */
export class FeatureReader {
  private readonly fps: number;
  private readonly skeleton: Skeleton;
  /** Where the last frame that was read stands and looks. */
  place: Place;

  constructor({ fps, skeleton = BODY, start = ORIGIN }: FeatureOptions) {
    requireBody(skeleton);
    this.fps = fps;
    this.skeleton = skeleton;
    this.place = start;
  }

  /** The clip of the next rows, [T, 203], T ≥ 1; see {@link fromFeatures}. */
  read(rows: Float32Array): Clip {
    const frames = requireRows(rows, BODY_FEATURES);
    const wrong = rows.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0)
      throw new RangeError(
        `Feature ${wrong % BODY_FEATURES} of row ${Math.floor(wrong / BODY_FEATURES)} is ${rows[wrong]}.`,
      );
    const rotations = new Float32Array(frames * JOINTS * 4);
    const root = new Float32Array(frames * 3);
    const contacts = new Uint8Array(frames * 4);
    let { yaw: heading, x, z } = this.place;
    for (let frame = 0; frame < frames; frame++) {
      const row = rows.subarray(frame * BODY_FEATURES, (frame + 1) * BODY_FEATURES);
      heading = wrap(heading + row[0]);
      const facing = yaw(heading);
      const [dx, , dz] = rotate(facing, [row[1], 0, row[2]]);
      x += dx;
      z += dz;
      root.set([x, row[3], z], 3 * frame);
      for (let joint = 0; joint < JOINTS; joint++) {
        const local = fromSix(row.subarray(ROTATIONS[0] + 6 * joint, ROTATIONS[0] + 6 * joint + 6));
        rotations.set(joint === 0 ? multiply(facing, local) : local, 4 * (frame * JOINTS + joint));
      }
      for (let i = 0; i < 4; i++) contacts[4 * frame + i] = row[CONTACTS[0] + i] >= 0.5 ? 1 : 0;
    }
    this.place = { yaw: heading, x, z };
    return { skeleton: this.skeleton, fps: this.fps, frames, rotations, root, contacts };
  }
}

/** Features [T, 203] of the mirrored motion: those of `mirror(clip)`, for a body whose sides are alike. */
export const mirrorFeatures: (rows: Float32Array) => Float32Array = rowMirror(
  BODY_FEATURES,
  [
    { first: POSITIONS[0], from: 1, signs: PLACE },
    { first: ROTATIONS[0], from: 0, signs: COLUMNS },
  ],
  CONTACTS[0],
);
