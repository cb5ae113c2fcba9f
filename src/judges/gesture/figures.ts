import { SOUND_FEATURES, SOUND_PARTS } from "../../audio/index.js";
import { DIALOGUE_FPS, type Dialogue, TRAITS } from "../../data/dialogue-dataset.js";
import * as gesture from "../../metrics/gesture/index.js";
import { mean } from "../../metrics/quantile.js";
import { ARM_CHANNELS, NECK_PITCH, SPINE_LEAN } from "../../motion/gesture-channels.js";
import { GESTURE_FEATURES } from "../../motion/index.js";
import { Random } from "../../random/index.js";
import { CHANNELS } from "./features.js";
import { relationAccuracy, type SocialJudge, traitCorrelations } from "./social.js";

/** How people move to what is heard; every figure is of N people. */
export interface Moved {
  /** The dialogue of each, and which of the two. */
  readonly heard: readonly { readonly dialogue: Dialogue; readonly side: 0 | 1 }[];
  /** [T, 258] of each. */
  readonly gestures: readonly Float32Array[];
  /** [T, 12] of each. */
  readonly channels: readonly Float32Array[];
}

/** Figures by their names; null where the data do not tell it. */
export type GestureFigures = Record<string, number | null>;

const column = (rows: Float32Array, width: number, i: number): Float32Array => {
  const values = new Float32Array(rows.length / width);
  for (let t = 0; t < values.length; t++) values[t] = rows[t * width + i];
  return values;
};

/** Loudness of a track in each frame, 0 in silence: what motion is coupled with. */
const loudness = (sound: Float32Array): Float32Array =>
  column(sound, SOUND_FEATURES, SOUND_PARTS.energy[0]).map((value) => Math.exp(value));

/** When onsets are heard, seconds: rows in which the onset's trace rises by more than a half, in speech. */
function onsets(sound: Float32Array): number[] {
  const [trace, speech] = [SOUND_PARTS.onset, SOUND_PARTS.speech].map(([at]) => column(sound, SOUND_FEATURES, at));
  return Array.from(trace, (value, t) => ({ t, rises: value - (t > 0 ? trace[t - 1] : 0) > 0.5 && speech[t] > 0.5 }))
    .filter(({ rises }) => rises)
    .map(({ t }) => (t + 0.5) / DIALOGUE_FPS);
}

const [fps, dim] = [DIALOGUE_FPS, CHANNELS];

const labelled = ({ heard, channels }: Moved) => ({
  clips: channels,
  labels: heard.map(({ dialogue }) => dialogue.relation),
});

/** All figures of motion beside the same real motion, whose moments are taken once. */
export function gestureFiguresBeside(real: Moved, judge: SocialJudge): (moved: Moved) => GestureFigures {
  const distances = {
    sixes: gesture.gestureFrechetTo(real.gestures, { dim: GESTURE_FEATURES, fps }),
    angles: gesture.gestureFrechetTo(real.channels, { dim, fps }),
    conditional: gesture.conditionalFrechetTo(labelled(real), { dim, fps }),
  };
  return (moved) => figuresOf(moved, { real, judge, distances });
}

interface Beside {
  readonly real: Moved;
  readonly judge: SocialJudge;
  readonly distances: {
    readonly sixes: ReturnType<typeof gesture.gestureFrechetTo>;
    readonly angles: ReturnType<typeof gesture.gestureFrechetTo>;
    readonly conditional: ReturnType<typeof gesture.conditionalFrechetTo>;
  };
}

function figuresOf(moved: Moved, { real, judge, distances }: Beside): GestureFigures {
  const { heard, gestures, channels } = moved;
  const [sixes, angles] = [distances.sixes(gestures), distances.angles(channels)];
  const { labels } = labelled(moved);
  const shared = labels.some((label) => label >= 0 && labelled(real).labels.includes(label));
  const conditional = shared ? distances.conditional(labelled(moved)) : null;
  const tracks = heard.map(({ dialogue, side }) => {
    const [own, partner] = [dialogue.people[side].sound, dialogue.people[1 - side].sound];
    return {
      own,
      partner,
      voice: loudness(own),
      other: loudness(partner),
      beats: onsets(own),
      stresses: onsets(partner),
    };
  });
  const energies = channels.map((one) => gesture.energyOf(one, dim, { fps, to: ARM_CHANNELS }));
  const traits = traitCorrelations(
    judge,
    channels,
    heard.map(({ dialogue, side }) => dialogue.people[side].traits),
  );
  const granger = (of: (i: number) => Float32Array) =>
    gesture.grangerGain(energies.slice(0, MOST).map((effect, i) => ({ effect, cause: of(i) })));
  const leans = heard.flatMap(({ dialogue, side }, i) => {
    const partner = partnersMotion(moved, real, dialogue, side);
    return partner ? [[column(partner, dim, SPINE_LEAN), column(channels[i], dim, SPINE_LEAN)] as const] : [];
  });
  const long = leans.filter(([a]) => a.length >= 6 * fps);
  const mirror = long.length > 0 ? gesture.leadLag(long, fps) : null;
  const asked = heard.map((_, i) => ({
    nods: gesture.nodsIn(column(channels[i], dim, NECK_PITCH), fps),
    stresses: tracks[i].stresses.filter(
      (time) => tracks[i].own[Math.floor(time * fps) * SOUND_FEATURES + SOUND_PARTS.speech[0]] < 0.5,
    ),
  }));
  const answered = asked.some(({ stresses }) => stresses.length > 0) ? gesture.nodAnswers(asked) : null;
  return {
    "FD static (6D)": sixes.static,
    "FD kinetic (6D, per s)": sixes.kinetic,
    "FD static (12 angles, rad²)": angles.static,
    "FD kinetic (12 angles, (rad/s)²)": angles.kinetic,
    "FD static of own relation (rad²)": conditional?.matched.static ?? null,
    "FD static of other relations (rad²)": conditional?.mismatched?.static ?? null,
    "FD kinetic of own relation ((rad/s)²)": conditional?.matched.kinetic ?? null,
    "FD kinetic of other relations ((rad/s)²)": conditional?.mismatched?.kinetic ?? null,
    "Diversity static (6D)": gesture.staticDiversity(gestures, GESTURE_FEATURES, new Random(0, "static")),
    "Diversity kinetic, pairs (6D, per s)": gesture.kineticDiversity(gestures, {
      ...{ dim: GESTURE_FEATURES, fps, random: new Random(0, "kinetic") },
    }),
    "Diversity kinetic, variance (6D)": gesture.temporalVariance(gestures, GESTURE_FEATURES),
    "L1div (6D)": gesture.l1Diversity(gestures, GESTURE_FEATURES),
    ...beatFigures(
      moved,
      tracks.map(({ beats }) => beats),
    ),
    "Coupling with own voice": mean(energies.map((one, i) => gesture.ownCoupling(one, tracks[i].voice, fps))),
    "Coupling with partner's voice": mean(energies.map((one, i) => gesture.partnerCoupling(one, tracks[i].other, fps))),
    "Granger gain of own voice": granger((i) => tracks[i].voice),
    "Granger gain of partner's voice": granger((i) => tracks[i].other),
    "Mirrored leaning, lag (frames)": mirror?.lag ?? null,
    "Mirrored leaning, correlation": mirror?.peak ?? null,
    "Nods after the partner's onsets (share)": answered?.probability ?? null,
    "Nods, latency (s)": answered?.latency ?? null,
    "Jerk (rad/s³)": gesture.gestureJerk(channels, { dim, fps }),
    "Relation told right (share)": relationAccuracy(judge, channels, labels),
    ...Object.fromEntries(TRAITS.map((trait, k) => [`Trait told: ${trait} (r)`, traits?.[k] ?? null])),
  };
}

/** People at most of whom Granger's gain is: its equations grow with them. */
const MOST = 100;

/** The motion of the other one in a dialogue, of the same set or else a real one. */
function partnersMotion(moved: Moved, real: Moved, dialogue: Dialogue, side: 0 | 1): Float32Array | null {
  for (const { heard, channels } of [moved, real]) {
    const at = heard.findIndex((one) => one.dialogue === dialogue && one.side === 1 - side);
    if (at >= 0) return channels[at];
  }
  return null;
}

/** Beat consistency over the 13 joints by EMAGE's σ and by a narrow one, with both directions. */
function beatFigures({ gestures }: Moved, beats: readonly number[][]): GestureFigures {
  const [joints, size] = [gesture.BEAT_JOINTS.length, 6];
  const speeds = gestures.map((rows) => {
    // The 13 joints are the first of the 43
    const body = new Float32Array((rows.length / GESTURE_FEATURES) * joints * size);
    for (let at = 0; at < body.length; at++)
      body[at] = rows[Math.floor(at / (joints * size)) * GESTURE_FEATURES + (at % (joints * size))];
    return gesture.jointSpeeds(body, { joints, size, fps: DIALOGUE_FPS });
  });
  const tops = gesture.topSpeeds(speeds, joints);
  return Object.fromEntries(
    [0.1, 0.3].flatMap((sigma) => {
      const found = speeds.map((one, i) => gesture.beatConsistency(one, beats[i], { tops, fps: DIALOGUE_FPS, sigma }));
      return [
        [`BC of motion's beats (σ ${sigma} s)`, mean(found.map(({ motionToSound }) => motionToSound))],
        [`BC of sound's beats (σ ${sigma} s)`, mean(found.map(({ soundToMotion }) => soundToMotion))],
      ];
    }),
  );
}
