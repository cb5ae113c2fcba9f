import { BODY, BODY_JOINTS, type Skeleton } from "./skeleton.js";

const FINGERS = ["Index", "Middle", "Pinky", "Ring", "Thumb"] as const;

/** The left hand's three joints of each finger in metres from the joint before, palm down, the arm along +x. */
const REST: Record<(typeof FINGERS)[number], readonly (readonly [number, number, number])[]> = {
  // biome-ignore format: a row for each joint is easier to read
  Index: [[0.092, 0, 0.026], [0.034, 0, 0.002], [0.023, 0, 0.001]],
  // biome-ignore format: as above
  Middle: [[0.096, 0, 0.004], [0.037, 0, 0], [0.026, 0, 0]],
  // biome-ignore format: as above
  Pinky: [[0.08, -0.004, -0.035], [0.024, 0, -0.003], [0.018, 0, -0.002]],
  // biome-ignore format: as above
  Ring: [[0.09, -0.001, -0.016], [0.034, 0, -0.001], [0.024, 0, -0.001]],
  // biome-ignore format: as above
  Thumb: [[0.026, -0.012, 0.024], [0.027, -0.005, 0.027], [0.025, -0.002, 0.019]],
};

const fingers = (["left", "right"] as const).flatMap((side) => {
  const first = BODY_JOINTS.length + (side === "left" ? 0 : 3 * FINGERS.length);
  const wrist = BODY_JOINTS.findIndex(([name]) => name === `${side}Wrist`);
  return FINGERS.flatMap((finger, i) =>
    REST[finger].map(([x, y, z], k) => ({
      name: `${side}${finger}${k + 1}`,
      parent: k === 0 ? wrist : first + 3 * i + k - 1,
      offset: [side === "left" ? x : -x, y, z],
    })),
  );
});

/**
 * The body of 52 joints, in T-pose with the palms down: {@link BODY}'s 22, then the fingers of the left and of the right
 * hand (index, middle, pinky, ring, thumb; each from the palm to its tip), in SMPL-H's order.
 */
export const FULL_BODY: Skeleton = {
  names: [...BODY.names, ...fingers.map(({ name }) => name)],
  parents: [...BODY.parents, ...fingers.map(({ parent }) => parent)],
  offsets: Float32Array.of(...BODY.offsets, ...fingers.flatMap(({ offset }) => offset)),
};

/** @throws RangeError unless the skeleton has the 52 joints of {@link FULL_BODY} in their order, of any lengths. */
export function requireFullBody({ names }: Skeleton): void {
  const other = FULL_BODY.names.findIndex((name, joint) => names[joint] !== name);
  if (other < 0 && names.length === FULL_BODY.names.length) return;
  throw new RangeError(
    `This needs the body of ${FULL_BODY.names.length} joints, fingers too, not a skeleton of ${names.length}` +
      `${other < 0 ? "" : ` whose joint ${other} is "${names[other]}", not "${FULL_BODY.names[other]}"`}.`,
  );
}
