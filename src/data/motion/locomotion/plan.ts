import type { Random } from "../../../random/index.js";
import type { Gait } from "./gaits.js";
import { between } from "./manner.js";
import { ACTIONS, type Action, type Hand, type Pace, type Slots } from "./slots.js";

/** One thing to do, for so long. */
export interface Act {
  readonly slots: Slots;
  readonly seconds: number;
}

/** The gait of each action that is one. */
export const GAIT_OF: Partial<Record<Action, Gait>> = {
  ...({ walk: "walk", run: "run", "walk-backward": "backward", skip: "skip" } as const),
  ...({ "side-step-left": "side", "side-step-right": "side", "turn-left": "turn", "turn-right": "turn" } as const),
};

type Range = readonly [number, number];
/** Metres a second; of turns on the spot, radians a second. */
const SPEEDS: Record<Gait, Readonly<Record<Pace, Range>>> = {
  walk: { slow: [0.6, 0.8], normal: [0.96, 1.22], quick: [1.4, 1.7] },
  run: { slow: [2.6, 3.2], normal: [4.52, 5.2], quick: [5.4, 5.9] },
  backward: { slow: [0.45, 0.6], normal: [0.68, 0.86], quick: [0.95, 1.15] },
  side: { slow: [0.45, 0.57], normal: [0.68, 0.82], quick: [0.92, 1.05] },
  turn: { slow: [0.7, 0.95], normal: [1.35, 1.8], quick: [2.1, 2.5] },
  skip: { slow: [1.35, 1.55], normal: [1.68, 1.94], quick: [2.05, 2.3] },
};
/** Of a walk in a curve, by its speed straight on. */
const CURVED = 0.8;

const NOTHING = { speed: 0, pace: null, turn: 0, direction: null, arm: null, over: null, times: 0 } as const;
const paceOf = (random: Random): Pace => (["slow", "normal", "normal", "quick"] as const)[random.integer(4)];
const handOf = (random: Random): Hand => random.choice(["left", "right"] as const);

/** Draws what one action shows, in about so many seconds. */
export function drawAct(random: Random, action: Action, seconds: number): Act {
  const gait = GAIT_OF[action];
  if (gait) return { slots: goingSlots(random, action, gait), seconds };
  if (action === "wave") {
    const walking = random.uniform() < 0.4;
    const slots = walking
      ? { ...goingSlots(random, "walk", "walk"), action, over: "walk" as const, arm: handOf(random) }
      : { ...NOTHING, action, over: "idle" as const, arm: handOf(random) };
    return { slots, seconds };
  }
  const arm = action === "kick" || action === "punch" ? handOf(random) : null;
  const each = { jump: 2.1, kick: 2.2, punch: 0.75, crouch: Math.max(3, seconds / 2), idle: Infinity, wave: Infinity };
  const times = Math.floor(seconds / each[action as keyof typeof each]);
  const direction = action === "jump" && random.uniform() < 0.4 ? "forward" : null;
  return { slots: { ...NOTHING, action, arm, direction, times: action === "idle" ? 0 : Math.max(1, times) }, seconds };
}

function goingSlots(random: Random, action: Action, gait: Gait): Slots {
  const pace = paceOf(random);
  const rate = between(random, ...SPEEDS[gait][pace]);
  const side: Hand | null = action.endsWith("left") ? "left" : action.endsWith("right") ? "right" : null;
  const sense = (hand: Hand) => (hand === "left" ? 1 : -1);
  if (gait === "turn") return { ...NOTHING, action, pace, turn: sense(side!) * rate, direction: side };
  const slots = { ...NOTHING, action, pace, speed: rate };
  if (gait === "side") return { ...slots, direction: side };
  if (gait === "backward") return { ...slots, direction: "backward" };
  const curve = gait !== "skip" && random.uniform() < 0.35 ? handOf(random) : null;
  if (!curve) return { ...slots, direction: "forward" };
  const turn = sense(curve) * between(random, 0.3, 0.65);
  return { ...slots, speed: gait === "walk" ? CURVED * rate : rate, turn, direction: curve };
}

/** Draws two or three things to do one after the other, none twice in a row, in about so many seconds. */
export function drawSequence(random: Random, seconds: number): Act[] {
  const count = seconds > 7.5 && random.uniform() < 0.5 ? 3 : 2;
  const acts: Act[] = [];
  while (acts.length < count) {
    const action = random.choice(ACTIONS);
    if (acts.at(-1)?.slots.action !== action) acts.push(drawAct(random, action, seconds / count));
  }
  return acts;
}
