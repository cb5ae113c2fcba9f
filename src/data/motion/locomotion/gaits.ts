import { mix } from "./curves.js";

/** How the body goes: metres a second forward and to its left, radians a second to the left, cycles a second. */
export interface Going {
  forward: number;
  side: number;
  turn: number;
  cadence: number;
}

/** How a body holds and moves itself while it goes or stands; degrees, metres of a body of scale 1, shares of a cycle. */
export interface Style {
  /** Share of a cycle that a foot stands. */
  duty: number;
  /** Where in its stance a foot has the pelvis above it. */
  under: number;
  /** Pitch of the foot where it lands and where it leaves the floor: heel up is positive. */
  landPitch: number;
  leavePitch: number;
  /** Shares of a stance in which the sole comes down and the heel (or toe) comes up. */
  landing: number;
  leaving: number;
  /** How high the foot swings, and how much more its heel comes up on the way. */
  lift: number;
  swingPitch: number;
  /** Between the two feet's lanes. */
  width: number;
  /** Of the pelvis: how far it is below its full height, rises and falls (lowest between steps if positive), and sways. */
  drop: number;
  bounce: number;
  sway: number;
  hipYaw: number;
  hipRoll: number;
  /** Of the upper body: forward lean, turn against the pelvis, and the arms. */
  lean: number;
  twist: number;
  armSwing: number;
  armForward: number;
  spread: number;
  elbow: number;
  elbowSwing: number;
  /** 1 where every step is followed by a hop on the same foot. */
  skip: number;
}

export const STANDING: Readonly<Style> = {
  ...{ duty: 0.62, under: 0.5, landPitch: -6, leavePitch: 22, landing: 0.2, leaving: 0.36, lift: 0.1, swingPitch: 0 },
  ...{ width: 0.18, drop: 0.008, bounce: 0, sway: 0, hipYaw: 0, hipRoll: 0, lean: 1, twist: 0 },
  ...{ armSwing: 0, armForward: 1, spread: 7, elbow: 12, elbowSwing: 0, skip: 0 },
};

export const GAITS = ["walk", "run", "backward", "side", "turn", "skip"] as const;
export type Gait = (typeof GAITS)[number];

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

/** Cycles a second of each gait at a speed in metres a second. */
const cadence: Record<Gait, (speed: number) => number> = {
  walk: (v) => 1 / clamp(1.25 * (1.1 / v) ** 0.45, 0.8, 1.6),
  run: (v) => 1 / (0.72 - 0.03 * v),
  backward: (v) => 1 / clamp(1.3 * (0.77 / v) ** 0.4, 0.9, 1.7),
  side: (v) => 1 / clamp(0.9 * (0.75 / v) ** 0.4, 0.7, 1.3),
  turn: () => 1.15,
  skip: (v) => 1 / clamp(1.3 * (1.81 / v) ** 0.25, 1, 1.6),
};

/** The style of each gait at a speed in metres a second (of a turn on the spot: radians a second). */
const styles: Record<Gait, (speed: number) => Partial<Style>> = {
  walk: (v) => ({
    ...{
      duty: clamp(0.65 - 0.03 * v, 0.58, 0.65),
      under: 0.42,
      landPitch: -15,
      leavePitch: 26 + 12 * Math.min(v, 1.6),
    },
    ...{ landing: 0.17, leaving: 0.4, lift: 0.104, swingPitch: 2, width: 0.16 },
    ...{ drop: 0.022 + 0.018 * v, bounce: 0.012 + 0.008 * v, sway: 0.02, hipYaw: 5.5 * Math.min(1.3, v), hipRoll: 3 },
    ...{ lean: 1.5 + 2 * v, twist: 7 * Math.min(1.3, v), armSwing: 23 * Math.min(1.5, v), armForward: 3 },
    ...{ spread: 8, elbow: 12, elbowSwing: 6 * Math.min(1.4, v) },
  }),
  run: (v) => {
    const fast = clamp((v - 2.3) / 2.6, 0, 1.2);
    return {
      ...{ duty: mix(0.36, 0.29, fast), under: 0.43, landPitch: -6, leavePitch: mix(42, 52, fast) },
      ...{ landing: 0.2, leaving: 0.5, lift: mix(0.24, 0.4, fast), swingPitch: mix(35, 60, fast), width: 0.08 },
      ...{ drop: mix(0.075, 0.085, fast), bounce: -0.035, sway: 0.01, hipYaw: 8, hipRoll: 4 },
      ...{ lean: mix(7, 11, fast), twist: 12, armSwing: mix(28, 36, fast), armForward: 2 },
      ...{ spread: 12, elbow: mix(95, 112, fast), elbowSwing: 11 },
    };
  },
  backward: (v) => ({
    ...{
      duty: 0.63,
      under: 0.56,
      landPitch: 22,
      leavePitch: -9,
      landing: 0.4,
      leaving: 0.2,
      lift: 0.12,
      swingPitch: 0,
    },
    ...{ width: 0.17, drop: 0.03, bounce: 0.01, sway: 0.022, hipYaw: -3 * v, hipRoll: 2.5, lean: 2, twist: 5 * v },
    ...{ armSwing: -14 * v, armForward: 2, spread: 9, elbow: 16, elbowSwing: 5 },
  }),
  side: () => ({
    ...{ duty: 0.6, under: 0.5, landPitch: -3, leavePitch: 14, landing: 0.15, leaving: 0.3, lift: 0.13, swingPitch: 0 },
    ...{ width: 0.19, drop: 0.045, bounce: 0.015, sway: 0, hipYaw: 0, hipRoll: 1.5, lean: 3, twist: 0 },
    ...{ armSwing: 0, armForward: 6, spread: 15, elbow: 25, elbowSwing: 4 },
  }),
  turn: () => ({
    ...{
      duty: 0.62,
      under: 0.5,
      landPitch: -4,
      leavePitch: 18,
      landing: 0.18,
      leaving: 0.3,
      lift: 0.09,
      swingPitch: 0,
    },
    ...{ width: 0.18, drop: 0.02, bounce: 0.008, sway: 0.022, hipYaw: 0, hipRoll: 2, lean: 2, twist: 0 },
    ...{ armSwing: 5, armForward: 3, spread: 10, elbow: 16, elbowSwing: 3 },
  }),
  skip: () => ({
    ...{
      duty: 0.58,
      under: 0.45,
      landPitch: 12,
      leavePitch: 42,
      landing: 0.25,
      leaving: 0.45,
      lift: 0.3,
      swingPitch: 25,
    },
    ...{ width: 0.12, drop: 0.03, bounce: 0.105, sway: 0.012, hipYaw: 5, hipRoll: 3, lean: 4, twist: 9 },
    ...{ armSwing: 42, armForward: 6, spread: 12, elbow: 38, elbowSwing: 16, skip: 1 },
  }),
};

/** How a gait goes straight on at a speed, in metres a second; "turn" on the spot takes radians a second to the left. */
export function goingOf(gait: Gait, speed: number): { going: Going; style: Style } {
  const size = Math.abs(speed);
  const going = { forward: 0, side: 0, turn: 0, cadence: cadence[gait](size) };
  if (gait === "turn") going.turn = speed;
  else if (gait === "side") going.side = speed;
  else going.forward = gait === "backward" ? -size : speed;
  return { going, style: { ...STANDING, ...styles[gait](size) } };
}

/** Seconds in which one speed is brought to another without haste, in metres a second. */
export const secondsBetween = (from: number, to: number): number => mix(0.7, 2, Math.min(1, Math.abs(to - from) / 5));
