/**
 * What the conversations that `src/data/dialogue` makes are like, measured by `src/metrics/gesture` on the truth about
 * them: `npx tsx scripts/gesture-figures.ts [dyads]` (400 if absent).
 */

import { type Simulated, type SimulatedPerson, simulate } from "../src/data/dialogue/simulate.js";
import { speaks } from "../src/data/dialogue/turns.js";
import { RELATIONS } from "../src/data/dialogue-dataset.js";
import * as gesture from "../src/metrics/gesture/index.js";
import { mean, quantile } from "../src/metrics/quantile.js";
import { ARM_CHANNELS, gestureOf, NECK_PITCH, NECK_YAW, SPINE_LEAN } from "../src/motion/gesture-channels.js";
import { fromGesture, positionsOf } from "../src/motion/index.js";
import { Random } from "../src/random/index.js";

/** Loudness of speech below which nothing is heard. */
const SILENT = 0.05;
const dyads = Number(process.argv[2] ?? 400);
const [DIM, FPS, FRAMES] = [12, 30, 300];
const draw = (label: string): Simulated[] =>
  Array.from({ length: dyads }, (_, i) => simulate(new Random(7, label).split(i), { frames: FRAMES, relation: i % 4 }));
const [train, test] = [draw("train"), draw("test")];
const peopleOf = (all: Simulated[]): SimulatedPerson[] => all.flatMap(({ people }) => [...people]);
const clipsOf = (all: Simulated[]) => peopleOf(all).map(({ channels }) => channels);
const show = (name: string, ...values: number[]) =>
  console.log(name.padEnd(52), values.map((value) => value.toPrecision(3)).join("  "));

const of = { dim: DIM, fps: FPS };
const real = clipsOf(test);
const other = clipsOf(train);
const average = gesture.framesOf(real, DIM);
const meanPose = Float32Array.from({ length: DIM }, (_, j) => {
  let sum = 0;
  for (let i = 0; i < average.count; i++) sum += average.data[i * DIM + j] / average.count;
  return sum;
});
const noise = new Random(9, "noise");
const sets: Record<string, Float32Array[]> = {
  "other real split": other,
  "0.5 s box-smoothed": other.map((clip) => {
    const columns = Array.from({ length: DIM }, (_, j) =>
      gesture.smooth(
        Array.from({ length: FRAMES }, (_, t) => clip[t * DIM + j]),
        15,
      ),
    );
    return clip.map((_, at) => columns[at % DIM][Math.floor(at / DIM)]);
  }),
  "+ white noise 0.03 rad": other.map((clip) => clip.map((value) => value + 0.03 * noise.normal())),
  "half amplitude": other.map((clip) => clip.map((v, at) => meanPose[at % DIM] + 0.5 * (v - meanPose[at % DIM]))),
  "mean pose": other.map((clip) => clip.map((_, at) => meanPose[at % DIM])),
};
console.log("FD-S, FD-K, Div-S, Div-K (pairs), Div-K (variance), L1div");
for (const [name, clips] of Object.entries(sets)) {
  const distance = gesture.gestureFrechet(clips, real, of);
  show(
    name,
    ...[distance.static, distance.kinetic, gesture.staticDiversity(clips, DIM, new Random(1))],
    gesture.kineticDiversity(clips, { ...of, random: new Random(2) }),
    ...[gesture.temporalVariance(clips, DIM), gesture.l1Diversity(clips, DIM)],
  );
}
const labelled = (clips: Float32Array[]) => ({ clips, labels: clips.map((_, i) => (i >> 1) % 4) });
const conditional = gesture.conditionalFrechet(labelled(other), labelled(real), of);
show("conditional FD matched", conditional.matched.static, conditional.matched.kinetic);
show("conditional FD mismatched", conditional.mismatched!.static, conditional.mismatched!.kinetic);

const all = peopleOf(test);
const partner = (i: number) => all[i ^ 1];
const unrelated = (i: number) => all[(i + 2) % all.length];
const energies = all.map(({ channels }) => gesture.energyOf(channels, DIM, { fps: FPS, to: ARM_CHANNELS }));
show(
  "coupling own, partner",
  mean(all.map((one, i) => gesture.ownCoupling(energies[i], one.envelope, FPS))),
  mean(all.map((_, i) => gesture.partnerCoupling(energies[i], partner(i).envelope, FPS))),
);
show(
  "coupling own, partner of shuffled motion",
  mean(all.map((_, i) => gesture.ownCoupling(energies[i], unrelated(i).envelope, FPS))),
  mean(all.map((_, i) => gesture.partnerCoupling(energies[i], partner((i + 2) % all.length).envelope, FPS))),
);
show(
  "coupling own, partner of swapped motion",
  mean(all.map((_, i) => gesture.ownCoupling(energies[i], partner(i).envelope, FPS))),
  mean(all.map((one, i) => gesture.partnerCoupling(energies[i], one.envelope, FPS))),
);

const stresses = ({ syllables }: SimulatedPerson) =>
  syllables.filter(({ stressed, time }) => stressed && time >= 0 && time < 10).map(({ time }) => time);
const some = all.slice(0, 200);
const place = (clip: Float32Array) => {
  const rows = fromGesture(gestureOf(clip), FPS);
  const places = positionsOf(rows);
  return Float32Array.from({ length: FRAMES * 13 * 3 }, (_, at) => {
    const [t, joint, axis] = [Math.floor(at / 39), gesture.BEAT_JOINTS[Math.floor((at % 39) / 3)], at % 3];
    return places[(t * 52 + joint) * 3 + axis];
  });
};
for (const [name, joints, size, values] of [
  ["12 channels", 12, 1, some.map(({ channels }) => channels)],
  ["arm channels together", 1, 8, some.map(({ channels }) => channels.filter((_, at) => at % 12 < 8))],
  ["each arm", 2, 4, some.map(({ channels }) => channels.filter((_, at) => at % 12 < 8))],
  ["13 joints' places", 13, 3, some.map(({ channels }) => place(channels))],
] as [string, number, number, Float32Array[]][]) {
  const speeds = values.map((one) => gesture.jointSpeeds(one, { joints, size, fps: FPS }));
  const tops = gesture.topSpeeds(speeds, joints);
  for (const sigma of [0.1, 0.3]) {
    const score = (heard: (i: number) => number[], way: "motionToSound" | "soundToMotion") =>
      mean(speeds.map((one, i) => gesture.beatConsistency(one, heard(i), { tops, fps: FPS, sigma })[way]));
    show(
      `BC ${name} σ ${sigma}: own, unrelated, partner (m2a; a2m)`,
      ...(["motionToSound", "soundToMotion"] as const).flatMap((way) => [
        score((i) => stresses(some[i]), way),
        score((i) => stresses(all[i + 2]), way),
        score((i) => stresses(partner(i)), way),
      ]),
    );
    const moving = (heard: (i: number) => number[]) =>
      gesture.movingBeatConsistency(
        speeds.map((one, i) => ({ speeds: one, sound: heard(i) })),
        { tops, fps: FPS, sigma },
      )!;
    show(
      `  of those that have beats (m2a)`,
      moving((i) => stresses(some[i])),
      moving((i) => stresses(all[i + 2])),
      moving((i) => stresses(partner(i))),
    );
  }
}

const lean = ({ channels }: SimulatedPerson) => channels.filter((_, at) => at % DIM === SPINE_LEAN);
for (const [relation, name] of RELATIONS.entries()) {
  const own = test.filter((_, i) => i % 4 === relation);
  const people = peopleOf(own);
  const energy = people.map(({ channels }) => gesture.energyOf(channels, DIM, { fps: FPS, to: ARM_CHANNELS }));
  // The farthest place of the arm within 0.45 s of the stress, where no other gesture is near
  const latencies = people.flatMap(({ beats, channels }) =>
    beats.flatMap(({ stress, arms }, k) => {
      const lonely = [beats[k - 1], beats[k + 1]].every((one) => !one || Math.abs(one.stress - stress) > 0.8);
      if (!lonely || stress < 0.5 || stress > 9.3) return [];
      const height = (t: number) => channels[t * DIM + 4 * arms[0]];
      const frames = Array.from({ length: 20 }, (_, i) => Math.round((stress - 0.2) * FPS) + i);
      const top = frames.reduce((a, b) => (height(b) > height(a) ? b : a));
      return [(top + 0.5) / FPS - stress];
    }),
  );
  const both = own.map(({ people: [a, b] }) => [lean(a), lean(b)] as const);
  const found = gesture.leadLag([...both, ...both.map(([a, b]) => [b, a] as const)], FPS);
  show(
    `${name}: true latency, measured, arm speed, lag, peak`,
    quantile(
      people.flatMap(({ beats }) => beats.map(({ apex, stress }) => apex - stress)),
      0.5,
    ),
    ...[quantile(latencies, 0.5), mean(energy.map(mean)), found.lag, found.peak],
  );
}
const [listening, silent]: number[][] = [[], []];
for (const [i, { channels, envelope }] of all.entries()) {
  const [pitch, yaw] = [NECK_PITCH, NECK_YAW].map((from) =>
    gesture.energyOf(channels, DIM, { fps: FPS, from, to: from + 1 }),
  );
  for (let t = 1; t < FRAMES; t++)
    if (envelope[t] < SILENT) (partner(i).envelope[t] < SILENT ? silent : listening).push((pitch[t] + yaw[t]) / 2);
}
show("head speed listening, in silence", mean(listening), mean(silent));
show(
  "Granger gain of own, partner's speech, of unrelated",
  ...[(i: number) => all[i], partner, unrelated].map((heard) =>
    gesture.grangerGain(energies.slice(0, 100).map((effect, i) => ({ effect, cause: heard(i).envelope }))),
  ),
);
const answers = (self: (i: number) => SimulatedPerson) =>
  gesture.nodAnswers(
    all.map((_, i) => {
      const { turns } = test[i >> 1];
      const pitch = self(i).channels.filter((_, at) => at % DIM === NECK_PITCH);
      const heard = stresses(partner(i)).filter((time) => time < 9 && !speaks(turns, i & 1, time));
      return { nods: gesture.nodsIn(pitch, FPS), stresses: heard };
    }),
  );
const nods = answers((i) => all[i]);
show("nods: probability, latency, of unrelated", nods.probability, nods.latency!, answers(unrelated).probability);
show("jerk (rad/s³)", gesture.gestureJerk(real.slice(0, 100), of));
