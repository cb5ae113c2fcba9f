import type { Style } from "./gaits.js";
import type { Manner } from "./manner.js";
import { beat } from "./pelvis.js";
import type { UpperBody } from "./upper.js";

/** Degrees of deviation of each value's noise. */
const NOISE = {
  ...{ lean: 0.8, tilt: 0.7, turn: 1, nod: 1.5, cock: 1, look: 2.5 },
  ...{ leftForward: 1.5, leftSpread: 1, leftElbow: 1.5, rightForward: 1.5, rightSpread: 1, rightElbow: 1.5 },
};

/** How the upper body is carried by the gait: the arms swing against the legs, the head stays level. */
export function carriage(manner: Manner): (style: Style, phase: number, t: number) => UpperBody {
  const noises = (Object.keys(NOISE) as (keyof typeof NOISE)[]).map((key) => {
    const noise = manner.noise(key);
    return { key, degrees: NOISE[key], noise };
  });
  return (style, phase, t) => {
    const swing = beat(phase, 0.98 - style.duty); // 1 where the left leg is farthest ahead
    const pose: UpperBody = {
      lean: 0.75 * style.lean,
      tilt: style.hipRoll * beat(phase, (1 - style.duty) / 2),
      turn: (style.hipYaw + style.twist) * swing,
      nod: -0.8 * style.lean,
      cock: 0,
      look: -0.9 * style.twist * swing,
      leftForward: style.armForward - style.armSwing * swing,
      leftSpread: style.spread,
      leftRoll: 0,
      leftElbow: Math.max(3, style.elbow - style.elbowSwing * swing),
      rightForward: style.armForward + style.armSwing * swing,
      rightSpread: style.spread,
      rightRoll: 0,
      rightElbow: Math.max(3, style.elbow + style.elbowSwing * swing),
    };
    for (const { key, degrees, noise } of noises) pose[key] += degrees * noise(t);
    return pose;
  };
}
