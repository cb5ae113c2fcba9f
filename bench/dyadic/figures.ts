import type { Conversation } from "../../src/data/dialogue/conversations.js";
import type { GestureEvaluation, GestureSampler } from "../../src/judges/gesture/evaluate.js";
import { channelsOf } from "../../src/motion/gesture-channels.js";
import { moved } from "./draws.js";
import { beats, coupling, headSpeed, latencies } from "./truth.js";

/** How both people of conversations move, [T, 12] of each. */
export const channels = async (sampler: GestureSampler, talks: readonly Conversation[]) =>
  (await moved(sampler, talks)).map((rows) => channelsOf(rows));

type Value = number | null;
const ratio = (a: Value, b: Value): Value => (a === null || b === null || b === 0 ? null : a / b);

/** Figures of one way to draw: those of motion alone, by the truth about the conversations. */
export function byTruth(talks: readonly Conversation[], clips: Awaited<ReturnType<typeof channels>>) {
  const [tied, beat, apex, head] = [
    coupling(talks, clips),
    beats(talks, clips),
    latencies(talks, clips),
    headSpeed(talks, clips),
  ];
  return {
    rOwn: tied.own,
    rPartner: tied.partner,
    beatsOwnLessUnrelated: beat.own - beat.unrelated,
    apexLatency: apex,
    strangerLessFriend: apex.stranger === null || apex.friend === null ? null : apex.stranger - apex.friend,
    headListeningOverSilence: head.listening / head.silence,
  };
}

/** Figures of an evaluation, by what they are of. */
export function judged({ figures }: GestureEvaluation, which: "value" | "real" | "shuffled" | "meanPose") {
  const of = (start: string): Value => figures.find(({ name }) => name.startsWith(start))![which];
  const spread = figures.find(({ name }) => name.startsWith("Diversity static"))!;
  return {
    fdStatic: of("FD static (12"),
    fdKinetic: of("FD kinetic (12"),
    diversityOverReal: ratio(spread[which], spread.real),
    relationAccuracy: of("Relation told right"),
    conditionalStatic: ratio(of("FD static of other"), of("FD static of own")),
    conditionalKinetic: ratio(of("FD kinetic of other"), of("FD kinetic of own")),
    mirrorLag: of("Mirrored leaning, lag"),
    mirrorPeak: of("Mirrored leaning, corr"),
  };
}

/** A sampler that keeps what it drew last. */
export function kept(sampler: GestureSampler): GestureSampler & { channels(): Float32Array[] } {
  let drawn: readonly Float32Array[] = [];
  return {
    ...sampler,
    draw: async (asked, given) => {
      drawn = await sampler.draw(asked, given);
      return drawn;
    },
    /** [T, 12] of each person. */
    channels: () => drawn.map((rows) => channelsOf(rows)),
  };
}
