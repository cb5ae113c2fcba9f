import type { Random } from "../../../random/index.js";
import type { Action, Pace, Slots } from "./slots.js";

/** Who does it: every caption begins with one of these. */
export const SUBJECTS = ["a person", "someone", "the person", "a human", "somebody"] as const;

/** Adverbs of each pace; "" says nothing of it. */
export const PACES: Readonly<Record<Pace, readonly string[]>> = {
  slow: ["slowly", "at a slow pace", "unhurriedly", "leisurely"],
  normal: ["", "", "", "at a normal pace", "at an even pace"],
  quick: ["quickly", "fast", "briskly", "at a fast pace", "at a quick pace"],
};

/** Verbs of each action; {side} is where to, {limb} what does it. */
const VERBS: Readonly<Record<Action, readonly string[]>> = {
  idle: ["stands still", "stands in place", "waits", "stays where they are", "is standing", "rests on both feet"],
  walk: ["walks", "is walking", "goes on foot", "takes steps", "paces"],
  run: ["runs", "is running", "goes at a run", "races"],
  "walk-backward": ["walks backward", "walks backwards", "steps back", "backs away", "goes backward"],
  "turn-left": [
    "turns {side}",
    "turns to the {side}",
    "rotates to the {side}",
    "turns around to the {side} on the spot",
  ],
  "turn-right": [
    "turns {side}",
    "turns to the {side}",
    "rotates to the {side}",
    "turns around to the {side} on the spot",
  ],
  jump: ["jumps", "jumps up", "leaps", "springs into the air", "makes a jump"],
  wave: ["waves with {limb}", "waves {limb}", "raises {limb} and waves", "greets by waving {limb}", "is waving {limb}"],
  "side-step-left": [
    "side-steps to the {side}",
    "steps sideways to the {side}",
    "moves sideways to the {side}",
    "shuffles {side}",
  ],
  "side-step-right": [
    "side-steps to the {side}",
    "steps sideways to the {side}",
    "moves sideways to the {side}",
    "shuffles {side}",
  ],
  crouch: ["crouches", "squats down", "crouches down", "bends the knees and gets low", "does a squat"],
  skip: ["skips", "is skipping", "skips along", "goes along with hops and steps"],
  kick: ["kicks with {limb}", "makes a kick with {limb}", "kicks out with {limb}", "swings {limb} up in a kick"],
  punch: ["punches with {limb}", "strikes out with {limb}", "boxes with {limb}", "hits the air with {limb}"],
};
/** Verbs that say the pace themselves. */
const PACED: Partial<Record<Action, Partial<Record<Pace, readonly string[]>>>> = {
  walk: { slow: ["strolls", "ambles"], quick: ["strides", "hurries on foot"] },
  run: { slow: ["jogs", "is jogging"], quick: ["sprints", "dashes"] },
};
const LIMBS: Partial<Record<Action, readonly string[]>> = {
  wave: ["the {side} hand", "the {side} arm", "their {side} hand"],
  kick: ["the {side} leg", "the {side} foot", "their {side} leg"],
  punch: ["the {side} hand", "the {side} fist", "the {side} arm"],
};
const AHEAD = ["", "", "forward", "ahead", "straight on"];
const CURVES = [
  "in a curve to the {side}",
  "along an arc to the {side}",
  "while turning {side}",
  "bending to the {side}",
];
const TIMES = ["", "once", "twice", "three times", "four times"];

/** What a stretch shows, without who does it: "walks slowly in a curve to the left and waves with the right hand". */
export function phrase(slots: Slots, random: Random): string {
  const pick = (list: readonly string[]) => random.choice(list);
  if (slots.action === "wave" && slots.over === "walk") {
    const wave = phrase({ ...slots, over: "idle" }, random);
    if (random.integer(2) === 0) return `${walk({ ...slots, action: "walk" }, random)} and ${wave}`;
    return `${wave} while walking${spaced(pace(slots, random))}${spaced(course(slots, random))}`;
  }
  const { action, times } = slots;
  if (action === "walk" || action === "run" || action === "skip") return walk(slots, random);
  const limb = pick(LIMBS[action] ?? [""]).replace("{side}", slots.arm ?? "");
  const verb = pick(VERBS[action])
    .replace("{limb}", limb)
    .replace("{side}", slots.direction ?? "");
  const count = times > 1 || (times === 1 && random.uniform() < 0.2) ? (TIMES[times] ?? `${times} times`) : "";
  const forward = action === "jump" && slots.direction === "forward" ? "forward" : "";
  return verb + spaced(forward) + spaced(action === "wave" ? "" : pace(slots, random)) + spaced(count);
}

function walk(slots: Slots, random: Random): string {
  const paced = slots.pace && PACED[slots.action]?.[slots.pace];
  const telling = paced && random.uniform() < 0.3;
  const verb = random.choice(telling ? paced : VERBS[slots.action]);
  return verb + spaced(telling ? "" : pace(slots, random)) + spaced(course(slots, random));
}

const pace = (slots: Slots, random: Random): string => (slots.pace ? random.choice(PACES[slots.pace]) : "");

const course = ({ direction }: Slots, random: Random): string =>
  direction === "forward" ? random.choice(AHEAD) : random.choice(CURVES).replace("{side}", direction ?? "");

const spaced = (words: string): string => (words === "" ? "" : ` ${words}`);

/** `count` different sentences of what a stretch shows, or fewer where there are not so many. */
export function captionsOf(slots: Slots, count: number, random: Random): string[] {
  const captions = new Set<string>();
  for (let tries = 0; captions.size < count && tries < 10 * count; tries++)
    captions.add(`${random.choice(SUBJECTS)} ${phrase(slots, random)}`);
  return [...captions];
}
