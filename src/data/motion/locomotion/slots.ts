/** What a person can be seen to do: the data set's classes. */
export const ACTIONS = [
  ...(["idle", "walk", "run", "walk-backward", "turn-left", "turn-right", "jump", "wave"] as const),
  ...(["side-step-left", "side-step-right", "crouch", "skip", "kick", "punch"] as const),
] as const;
export type Action = (typeof ACTIONS)[number];

export type Hand = "left" | "right";
export type Pace = "slow" | "normal" | "quick";

/** What a stretch of motion shows, piece by piece: what its captions say, and what it was made from. */
export interface Slots {
  readonly action: Action;
  /** Metres a second over the floor while it goes on; 0 on the spot. */
  readonly speed: number;
  /** How that is called, for its action; null where nothing goes on at a speed. */
  readonly pace: Pace | null;
  /** Radians a second to the left. */
  readonly turn: number;
  /** Where to: "left" of a walk is a curve, of a turn its sense; null on the spot. */
  readonly direction: "forward" | "backward" | Hand | null;
  /** The arm that waves or punches, the leg that kicks. */
  readonly arm: Hand | null;
  /** What it is done over: a wave while walking. */
  readonly over: "idle" | "walk" | null;
  /** How often it is done; 0 where it just goes on. */
  readonly times: number;
}

const OTHER = { left: "right", right: "left" } as const;
const other = (side: string): Hand => OTHER[side as Hand];

/** What the mirror shows. */
export const mirrorSlots = (slots: Slots): Slots => ({
  ...slots,
  action: slots.action.replace(/left|right/, other) as Action,
  turn: slots.turn === 0 ? 0 : -slots.turn,
  direction: (slots.direction?.replace(/left|right/, other) ?? null) as Slots["direction"],
  arm: slots.arm && other(slots.arm),
});
