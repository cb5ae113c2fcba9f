import { conversations } from "../src/data/dialogue/conversations.js";
import {
  evaluateGestures,
  type GestureEvaluation,
  type GestureSampler,
  measureGestureReference,
} from "../src/judges/gesture/evaluate.js";
import { moversOf } from "../src/judges/gesture/features.js";
import { gestureSampler } from "../src/judges/gesture/sampler.js";
import { fitSocialJudge, relationAccuracy } from "../src/judges/gesture/social.js";
import { loadModel } from "../src/methods/load.js";
import { everybody, exchanged, extraverted, real, told, withheld } from "./dyadic/draws.js";
import { byTruth, channels, judged, kept } from "./dyadic/figures.js";
import { styleObeyed } from "./dyadic/style.js";
import { armSpeed, coupling, spearman } from "./dyadic/truth.js";
import { type BenchOptions, load, machine, round, table } from "./report.js";

/**
 * A model of gestures on held-out conversations of the simulator, beside real people, real motion dealt out anew, the
 * mean pose and what a small model should reach. `names`: one model's name, folder or run, which may still be training.
 */
export async function run({ names, threads, quick, note }: BenchOptions) {
  const [name] = names;
  if (names.length !== 1) throw new Error("Name one model of gestures: npm run bench -- dyadic runs/talk.");
  const talking = { kind: "gesture", device: "cpu", threads } as const;
  const model = await loadModel(name, talking).catch((error) => {
    note(`${(error as Error).message} Taking its newest checkpoint.`);
    return loadModel(name, { ...talking, checkpoint: true });
  });
  note("Making conversations …");
  const data = conversations(quick ? { dyads: 80, test: 16 } : { dyads: 400, test: 100 });
  const talks = data.test;
  const count = 2 * talks.length;
  const people = await measureGestureReference(data, { count });
  const one = (options = {}) => gestureSampler(model, options);
  const several = "steps" in model.options.shape;
  const own = several ? { steps: 8 } : {};

  const rows: Record<string, unknown>[] = [];
  const truths = { real: byTruth(talks, await channels(real, talks)) };
  const measure = async (drawn: string, sampler: GestureSampler) => {
    note(`${drawn} …`);
    const begun = performance.now();
    const seen = kept(sampler);
    const evaluation = await evaluateGestures(seen, people);
    const clips = seen.channels();
    const row = { drawn, nfe: evaluation.nfe, ...judged(evaluation, "value"), ...byTruth(talks, clips) };
    rows.push({ ...row, seconds: (performance.now() - begun) / 1000 });
    note(JSON.stringify(rows.at(-1)));
    return evaluation;
  };
  let reference: GestureEvaluation | undefined;
  // Drifting is trained to draw what guidance 1 draws, and 2 exaggerates it
  if (!several) await measure("1 step, guidance 1", one({ guidance: 1 }));
  for (const steps of several ? [1, 8, 50] : [1])
    reference = await measure(`${steps} steps, guidance 2`, one(several ? { steps } : {}));
  for (const [what, as] of Object.entries(withheld)) await measure(`without ${what}`, told(one(own), as));
  const beside = (["real", "shuffled", "meanPose"] as const).map((which) => ({
    ...{ drawn: which, nfe: 0, ...judged(reference!, which) },
    ...(which === "real" && truths.real),
  }));

  const sweep = [];
  if ("guidance" in model.options.shape)
    for (const guidance of [0, 1, 2, 3, 5]) {
      note(`guidance ${guidance} …`);
      const evaluation = await evaluateGestures(one({ ...own, guidance }), people);
      const { fdStatic, fdKinetic, diversityOverReal, relationAccuracy } = judged(evaluation, "value");
      sweep.push({ guidance, fdStatic, fdKinetic, diversityOverReal, relationAccuracy });
    }

  note("the tracks exchanged …");
  const swapped = coupling(talks, await channels(one(own), exchanged(talks)));
  note("extraversion …");
  const few = talks.slice(0, quick ? 6 : 20);
  const traits = [-1.5, -0.75, 0, 0.75, 1.5];
  const speeds: number[] = [];
  for (const z of traits) speeds.push(armSpeed(await channels(one(own), extraverted(few, z))));
  note("labels dealt out anew …");
  const wrong = talks.map((talk) => ({ ...talk, relation: (talk.relation + 1) % 4 }));
  const judge = fitSocialJudge(moversOf(data.train));
  const obeyed = relationAccuracy(
    judge,
    await channels(one(own), wrong),
    everybody(wrong).map(({ dialogue }) => dialogue.relation),
  );
  note("styles …");
  const style = await styleObeyed(model, data.train.slice(0, quick ? 6 : 24), talks.slice(0, 2), own);
  const { steps, stage } = model.config.training;
  await model.release();
  return {
    ...{ machine: machine(), load: load(), model: model.config.name, trained: { steps, stage } },
    ...{ conversations: talks.length, people: count, judgeLearntFrom: 2 * data.train.length },
    ...{ rows, beside, sweep, exchanged: swapped },
    extraversion: { conversations: few.length, traits, speeds, spearman: spearman(traits, speeds) },
    /** Of motion drawn for another relation than the conversation's: how often the judge tells the one asked for. */
    otherRelation: obeyed,
    style,
  };
}

/** What a model of an hour on a CPU should reach. */
const BARS: Record<string, string> = {
  rOwn: "≥ 0.30",
  rPartner: "≤ −0.10",
  beatsOwnLessUnrelated: "≥ 0.06",
  fdStatic: "≤ 0.02",
  fdKinetic: "≤ 0.9",
  diversityOverReal: "0.7 … 1.2",
  relationAccuracy: "≥ 0.60",
  conditionalStatic: "≥ 2",
  conditionalKinetic: "≥ 2",
  strangerLessFriend: "> 0.03",
  headListeningOverSilence: "> 1.05",
  mirrorLag: "",
  mirrorPeak: "",
};

/** How far a model is trained: its configuration names a stage only while it is not finished. */
export const standing = ({ steps, stage }: { steps?: unknown; stage?: unknown }): string =>
  stage === undefined ? `trained for ${steps} steps` : `step ${steps} of the stage "${stage}"`;

const cell = (value: unknown): string => (typeof value === "number" ? String(round(value)) : "–");

export function show(result: Awaited<ReturnType<typeof run>>): string {
  const { machine, load, model, trained, conversations, people, rows, beside, sweep } = result;
  const all = [...rows, ...beside] as Record<string, unknown>[];
  const { spearman, speeds, traits } = result.extraversion;
  return [
    `${machine.cpu}, load average ${load}`,
    `${model}, ${standing(trained)}: ${conversations} conversations, ${people} people`,
    table(
      ["figure", ...all.map(({ drawn }) => String(drawn)), "bar"],
      Object.entries(BARS).map(([figure, bar]) => [figure, ...all.map((row) => cell(row[figure])), bar]),
    ),
    table(
      ["guidance", "FD static", "FD kinetic", "diversity over real", "relation accuracy"],
      sweep.map((row) => Object.values(row).map(cell)),
    ),
    `tracks exchanged: r with the track that was the own one ${cell(result.exchanged.own)}, with the partner's ${cell(result.exchanged.partner)} (bar: < 0, and > 0)`,
    `extraversion ${traits.join(", ")}: arms ${speeds.map(cell).join(", ")} rad/s, Spearman ${cell(spearman)} (bar ≥ 0.7; ${result.extraversion.conversations} conversations)`,
    `style clips of ${result.style.clips} people, neither relation nor traits told: rank correlation of how both lean ${cell(result.style.lean)}, of the arms' speed ${cell(result.style.arms)} (given ${result.style.range.given.map(cell).join(" to ")}, drawn ${result.style.range.drawn.map(cell).join(" to ")} rad/s)`,
    `another relation asked for: told in ${cell(result.otherRelation)} (chance 0.25)`,
  ].join("\n");
}
