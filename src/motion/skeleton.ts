/** A tree of joints at rest: metres, y up, right-handed, facing +z, the person's left at +x. */
export interface Skeleton {
  readonly names: readonly string[];
  /** Index of each joint's parent, which stands before it; −1 for the root, which is joint 0. */
  readonly parents: readonly number[];
  /** [J, 3]: where each joint is, seen from its parent at rest; the root's is 0. */
  readonly offsets: Float32Array;
}

/** The 22 joints of SMPL's body, in HumanML3D's order, with the parent of each. */
export const BODY_JOINTS = [
  ["pelvis", -1],
  ["leftHip", 0],
  ["rightHip", 0],
  ["spine1", 0],
  ["leftKnee", 1],
  ["rightKnee", 2],
  ["spine2", 3],
  ["leftAnkle", 4],
  ["rightAnkle", 5],
  ["spine3", 6],
  ["leftFoot", 7],
  ["rightFoot", 8],
  ["neck", 9],
  ["leftCollar", 9],
  ["rightCollar", 9],
  ["head", 12],
  ["leftShoulder", 13],
  ["rightShoulder", 14],
  ["leftElbow", 16],
  ["rightElbow", 17],
  ["leftWrist", 18],
  ["rightWrist", 19],
] as const;

export const BODY_NAMES: readonly string[] = BODY_JOINTS.map(([name]) => name);
export const BODY_PARENTS: readonly number[] = BODY_JOINTS.map(([, parent]) => parent);

/** Each joint's lengths in metres from its parent, in T-pose: the legs hang down, the arms point to the sides. */
const REST: Record<string, readonly [number, number, number]> = {
  pelvis: [0, 0, 0],
  leftHip: [0.09, -0.06, 0],
  spine1: [0, 0.11, 0],
  leftKnee: [0, -0.42, 0],
  spine2: [0, 0.13, 0],
  leftAnkle: [0, -0.43, 0],
  spine3: [0, 0.06, 0],
  leftFoot: [0, -0.06, 0.13],
  neck: [0, 0.22, 0],
  leftCollar: [0.08, 0.14, 0],
  head: [0, 0.1, 0],
  leftShoulder: [0.1, 0, 0],
  leftElbow: [0.27, 0, 0],
  leftWrist: [0.25, 0, 0],
};

/** The body of 22 joints that motion is brought to, in T-pose; the ankles stand 0.08 m above the floor. */
export const BODY: Skeleton = {
  names: BODY_NAMES,
  parents: BODY_PARENTS,
  offsets: Float32Array.from(
    BODY_NAMES.flatMap((name) => {
      const [x, y, z] = REST[name] ?? REST[name.replace("right", "left")];
      return [name.startsWith("right") ? -x : x, y, z];
    }),
  ),
};
