import type { Style } from "./gaits.js";
import type { Manner } from "./manner.js";
import { beat } from "./pelvis.js";
import { UPPER_KEYS, type UpperBody } from "./upper.js";

/** Degrees of deviation of each value's noise. */
const NOISE: Partial<Record<keyof UpperBody, number>> = {
  ...{ lean: 0.8, tilt: 0.7, turn: 1, nod: 1.5, cock: 1, look: 2.5 },
  ...{ leftForward: 1.5, leftSpread: 1, leftElbow: 1.5, rightForward: 1.5, rightSpread: 1, rightElbow: 1.5 },
};

/** How the upper body is carried by the gait: the arms swing against the legs, the head stays level. */
export function carriage(manner: Manner): (style: Style, phase: number, t: number) => UpperBody {
  const noises = UPPER_KEYS.map((key) => (NOISE[key] === undefined ? null : manner.noise(key)));
  return (style, phase, t) => {
    const swing = beat(phase, 0.98 - style.duty); // 1 where the left leg is farthest ahead
    const turn = (style.hipYaw + style.twist) * swing;
    const arm = (ahead: number) => ({
      forward: style.armForward + style.armSwing * ahead,
      elbow: Math.max(3, style.elbow + style.elbowSwing * ahead),
    });
    const [left, right] = [arm(-swing), arm(swing)];
    const lean = 0.75 * style.lean;
    const pose: UpperBody = {
      ...{ lean, tilt: style.hipRoll * beat(phase, (1 - style.duty) / 2), turn },
      ...{ nod: -0.8 * style.lean, cock: 0, look: -0.9 * style.twist * swing },
      ...{ leftForward: left.forward, leftSpread: style.spread, leftRoll: 0, leftElbow: left.elbow },
      ...{ rightForward: right.forward, rightSpread: style.spread, rightRoll: 0, rightElbow: right.elbow },
    };
    UPPER_KEYS.forEach((key, i) => {
      const noise = noises[i];
      if (noise) pose[key] += NOISE[key]! * noise(t);
    });
    return pose;
  };
}
