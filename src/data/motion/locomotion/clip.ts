import { mirror } from "../../../motion/index.js";
import type { Random } from "../../../random/index.js";
import type { LabelledClip } from "../../motion-dataset.js";
import { gaitOf } from "./actions/going.js";
import { type Stretch, write } from "./actions/index.js";
import { captionsOf } from "./captions.js";
import { STANDING } from "./gaits.js";
import { between, drawManner } from "./manner.js";
import { FPS, perform } from "./perform.js";
import { type Act, drawAct, drawSequence } from "./plan.js";
import { Score } from "./score.js";
import { ACTIONS, mirrorSlots, type Slots } from "./slots.js";

/** A clip with the truth about it. */
export interface LocomotionClip extends LabelledClip {
  /** What each of its segments shows. */
  readonly slots: readonly Slots[];
  /** Whether it is the mirror image of what was drawn; its slots and captions say what is seen. */
  readonly mirrored: boolean;
}

export interface ClipOptions {
  /** Share of clips that show two or three things one after the other. */
  readonly sequences: number;
  /** Fewest and most frames; a clip's are a multiple of 4. */
  readonly frames: readonly [number, number];
}

/** Few clips need a second one. */
const ATTEMPTS = 50;
/** Captions of a segment. */
const CAPTIONS = 4;
/** Seconds that a clip may begin after steps began, or end before they end. */
const CUT = 1.7;

/** Draws acts that fill about so many seconds, and whether the clip shows them from their beginning and to their end. */
function draw(random: Random, seconds: number, sequence: boolean): { acts: Act[]; cut: [number, number] } {
  const acts = sequence
    ? drawSequence(random, seconds - 0.8)
    : [drawAct(random, random.choice(ACTIONS), seconds - 0.4)];
  const cut = [acts[0], acts[acts.length - 1]].map(({ slots }) =>
    gaitOf(slots) && random.uniform() < 0.6 ? CUT + between(random, 0, 0.6) : 0,
  ) as [number, number];
  // What is cut off is gone on for longer
  const longer = acts.map((act, i) => ({
    ...act,
    seconds: act.seconds + (i === 0 ? cut[0] : 0) + (i === acts.length - 1 ? cut[1] : 0),
  }));
  return { acts: longer, cut };
}

/** Draws one clip; the same generator gives the same bytes. What no legs can do is drawn anew. */
export function drawClip(name: string, random: Random, options: ClipOptions): LocomotionClip {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const clip = tryClip(name, random.split(attempt), options);
    if (clip) return clip;
  }
  throw new Error(`The clip "${name}" could not be drawn in ${ATTEMPTS} attempts.`);
}

function tryClip(
  name: string,
  random: Random,
  { sequences, frames: [least, most] }: ClipOptions,
): LocomotionClip | null {
  const plan = random.split("plan");
  const wanted = between(plan, least, most + 1) / FPS;
  const { acts, cut } = draw(plan, wanted, plan.uniform() < sequences);
  const manner = drawManner(random.split("manner"), most / FPS + 2 * CUT + 6);
  const score = new Score(manner.style(STANDING));
  const stood = between(plan, 0.3, 0.6);
  score.time = stood;
  const stretches = write(score, manner, acts, random.split("acts"));
  const start = cut[0] > 0 ? stood + cut[0] : stood - between(plan, 0.05, 0.3);
  const seconds = score.time + (cut[1] > 0 ? -cut[1] : between(plan, 0, 0.2)) - start;
  const frames = Math.min(Math.floor(most / 4), Math.max(Math.ceil(least / 4), Math.round((seconds * FPS) / 4))) * 4;
  const clip = perform(score, manner, { start, frames });
  if (!clip) return null;
  const mirrored = plan.uniform() < 0.5;
  const slots = stretches.map(({ slots }) => (mirrored ? mirrorSlots(slots) : slots));
  const words = random.split("captions");
  const ends = boundaries(stretches, start, frames);
  const segments = slots.map((slot, i) => ({
    start: ends[i - 1] ?? 0,
    end: ends[i],
    captions: captionsOf(slot, CAPTIONS, words),
    label: ACTIONS.indexOf(slot.action),
  }));
  return { name, clip: mirrored ? mirror(clip) : clip, segments, slots, mirrored };
}

/** The frame at which each stretch ends. */
const boundaries = (stretches: readonly Stretch[], start: number, frames: number): number[] =>
  stretches.map(({ end }, i) => (i === stretches.length - 1 ? frames : Math.round((end - start) * FPS)));
