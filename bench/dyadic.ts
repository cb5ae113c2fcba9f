import { type Conversation, conversations } from "../src/data/dialogue/conversations.js";
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
import { channelsOf } from "../src/motion/gesture-channels.js";
import { everybody, exchanged, extraverted, moved, real, told, withheld } from "./dyadic/draws.js";
import { armSpeed, beats, coupling, headSpeed, latencies, spearman } from "./dyadic/truth.js";
import { type BenchOptions, load, machine, round, table } from "./report.js";

const channels = async (sampler: GestureSampler, talks: readonly Conversation[]) =>
  (await moved(sampler, talks)).map((rows) => channelsOf(rows));

type Value = number | null;
const ratio = (a: Value, b: Value): Value => (a === null || b === null || b === 0 ? null : a / b);

/** Figures of one way to draw: those of motion alone, by the truth about the conversations. */
function byTruth(talks: readonly Conversation[], clips: Awaited<ReturnType<typeof channels>>) {
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
function judged({ figures }: GestureEvaluation, which: "value" | "real" | "shuffled" | "meanPose") {
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
    const kept: { rows?: readonly Float32Array[] } = {};
    const seen: GestureSampler = {
      ...sampler,
      draw: async (asked, given) => {
        kept.rows = await sampler.draw(asked, given);
        return kept.rows;
      },
    };
    const begun = performance.now();
    const evaluation = await evaluateGestures(seen, people);
    const clips = kept.rows!.map((rows) => channelsOf(rows));
    const row = { drawn, nfe: evaluation.nfe, ...judged(evaluation, "value"), ...byTruth(talks, clips) };
    rows.push({ ...row, seconds: (performance.now() - begun) / 1000 });
    return evaluation;
  };
  let reference: GestureEvaluation | undefined;
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
  const { steps, stage } = model.config.training;
  await model.release();
  return {
    ...{ machine: machine(), load: load(), model: model.config.name, trained: { steps, stage } },
    ...{ conversations: talks.length, people: count, judgeLearntFrom: 2 * data.train.length },
    ...{ rows, beside, sweep, exchanged: swapped },
    extraversion: { conversations: few.length, traits, speeds, spearman: spearman(traits, speeds) },
    /** Of motion drawn for another relation than the conversation's: how often the judge tells the one asked for. */
    otherRelation: obeyed,
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
    `another relation asked for: told in ${cell(result.otherRelation)} (chance 0.25)`,
  ].join("\n");
}
