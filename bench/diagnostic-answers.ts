import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type SceneDataset, SKILLS, type Skill, scenes } from "../src/data/scenes/index.js";
import { evaluateAnswers } from "../src/judges/answers/evaluate.js";
import { answerTarget, type ImprovePlan } from "../src/loops/diagnostic/index.js";
import { VisionLanguageModel } from "../src/methods/vision-language/index.js";
import { visionLanguageArchitecture } from "../src/methods/vision-language/network.js";
import { presets, type VisionLanguageSettings } from "../src/methods/vision-language/settings.js";
import { trainVisionLanguage } from "../src/methods/vision-language/train.js";
import { readModel } from "../src/models/files.js";
import { type BenchOptions, load, machine, round, table } from "./report.js";

/** Skills that the base is never asked for. */
const PLANTED: readonly Skill[] = ["count", "digit"];

type Target = ReturnType<typeof answerTarget>;
type Found = Awaited<ReturnType<Target["steer"]>>;

/** One way to go on: where its mixture comes from, and how it is trained by it. */
interface Arm {
  how: "answers" | "answers, then reward" | "the same without the filter";
  mixture: "static" | "equal" | "by the diagnosis" | "stale diagnosis";
}
const ARMS: readonly Arm[] = [
  ...(["static", "equal", "by the diagnosis", "stale diagnosis"] as const).map(
    (mixture): Arm => ({ how: "answers", mixture }),
  ),
  ...(["static", "equal", "by the diagnosis"] as const).map(
    (mixture): Arm => ({ how: "answers, then reward", mixture }),
  ),
  { how: "the same without the filter", mixture: "by the diagnosis" },
];

interface Size {
  preset: VisionLanguageSettings;
  /** Steps of the base; of each round, and how many of these are by reward where there is any. */
  base: number;
  steps: number;
  rewarded: number;
  rounds: number;
  /** Questions of a skill in a diagnosis, and in the test. */
  probes: number;
  tests: number;
}
const WHOLE: Size = {
  ...{ preset: presets.small, base: 4500, steps: 400, rewarded: 120, rounds: 2 },
  ...{ probes: 60, tests: 200 },
};
const LOOK: Size = {
  preset: {
    ...presets.tiny,
    network: { channels: [8, 8], width: 16, heads: 2, encoderBlocks: 1, blocks: 1 },
    training: { pictures: 4, questions: 4, steps: 0, lr: 0.01, emaDecay: 0.5 },
    reinforcement: { ...presets.tiny.reinforcement, pool: 32, questions: 8, lr: 2e-3 },
  },
  ...{ base: 60, steps: 12, rewarded: 4, rounds: 1, probes: 20, tests: 20 },
};

export interface Trial extends Arm {
  seed: number;
  /** Accuracy of each skill on test questions: of the base, and after each round. */
  accuracies: Record<string, number>[];
  /** Times an equal share that the planted skills had in each round, on average. */
  shares: number[];
  /** What learning by reward has done in each round, where there was any. */
  reinforced: unknown[];
  seconds: number;
}

/** Trains and asks in one folder; what is looked at twice is looked at once. */
function bench(
  data: SceneDataset,
  size: Size,
  { threads, out, seed, base = join(out, "base") }: { threads: number; out: string; seed: number; base?: string },
) {
  const compute = { device: "cpu", threads } as const;
  const planted = Object.fromEntries(SKILLS.map((skill) => [skill, PLANTED.includes(skill) ? 0 : 1])) as Record<
    Skill,
    number
  >;
  const settings = (steps: number, reinforcement: object = {}): VisionLanguageSettings => ({
    ...{ ...size.preset, seed, mixture: planted, training: { ...size.preset.training, steps } },
    reinforcement: { ...size.preset.reinforcement, ...reinforcement },
  });
  const quiet = { ...compute, sampleEvery: 0, onProgress: () => {} };
  const seen = new Map<string, Promise<Found>>();

  async function tested(run: string): Promise<Record<string, number>> {
    const model = await VisionLanguageModel.load(run, compute);
    const { skills } = await evaluateAnswers(model, data, { perSkill: size.tests, seed });
    await model.release();
    return Object.fromEntries(skills.map(({ skill, accuracy }) => [skill, accuracy]));
  }

  function planOf({ how, mixture }: Arm): ImprovePlan {
    const rewarded = how === "answers" ? 0 : size.rewarded;
    const band = how === "the same without the filter" ? { band: [0, 1] } : {};
    return {
      ...{ run: base, data: data.id, judge: null, rounds: size.rounds, seed, perClass: size.probes, control: false },
      settings: settings(size.steps - rewarded, { steps: rewarded, ...band }),
      ...(mixture === "equal" && { mixture: { tau: 0 } }),
    };
  }

  return {
    begin: () => trainVisionLanguage(data, settings(size.base), { ...quiet, out: base }),
    tested: () => tested(base),
    /** Rounds of one arm, all of which are kept. */
    async trial(arm: Arm, first: Record<string, number>): Promise<Trial> {
      const began = performance.now();
      const target = answerTarget({ plan: planOf(arm), dataset: data, device: "cpu" });
      const found = (run: string, round: number) => {
        const key = `${run} ${round}`;
        if (!seen.has(key)) seen.set(key, target.steer(run, round));
        return seen.get(key)!;
      };
      const [accuracies, shares, reinforced]: [Record<string, number>[], number[], unknown[]] = [[first], [], []];
      let run = base;
      for (let k = 1; k <= size.rounds; k++) {
        const steered = arm.mixture === "stale diagnosis" ? await found(base, 1) : await found(run, k);
        const mixed = { found: steered, shares: target.shares(steered, () => false) };
        const lessons = await target.lessons(arm.mixture === "static" ? undefined : mixed);
        shares.push(
          arm.mixture === "static"
            ? 0
            : mean(mixed.shares.filter(({ name }) => PLANTED.includes(name as Skill)).map(({ times }) => times)),
        );
        for (const [i, { dataset, settings }] of lessons.entries()) {
          const { weights } = await readModel(run, () => visionLanguageArchitecture);
          const to = join(out, `${ARMS.indexOf(arm)}-${k}-${i}`);
          const own = { ...(settings as VisionLanguageSettings), seed: seed + 100 * k };
          await trainVisionLanguage(dataset as SceneDataset, own, { ...quiet, out: to, from: { run, weights } });
          run = to;
        }
        const { training } = (await readModel(run, () => visionLanguageArchitecture)).config;
        if (training.reinforcement) reinforced.push(training.reinforcement);
        accuracies.push(await tested(run));
      }
      const seconds = Math.round((performance.now() - began) / 1e3);
      return { seed, ...arm, accuracies, shares, reinforced, seconds };
    },
  };
}

/**
 * A small vision-language model that was never asked to count or to read a digit, and rounds of training from it at equal
 * steps: by the base's own mixture, by equal shares, by the diagnosis, by the first diagnosis throughout; by answers, and by
 * answers and then reward, with the filter of questions and without. `rounds`: seeds. `names`: runs that are the bases of
 * the first seeds, trained with the settings that the bench gives one. `quick`: a look, of a model that learns nothing.
 */
export async function run({ threads, quick, rounds: seeds, names, note }: BenchOptions) {
  const data = scenes();
  const size = quick ? LOOK : WHOLE;
  const trials: Trial[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    const out = mkdtempSync(join(tmpdir(), "fewstep-bench-"));
    try {
      const own = bench(data, size, { threads, out, seed, base: names[seed] });
      if (names[seed] === undefined) await own.begin();
      const first = await own.tested();
      note(`seed ${seed}, base: ${JSON.stringify(first)}`);
      for (const arm of ARMS) {
        trials.push(await own.trial(arm, first));
        note(JSON.stringify(trials.at(-1)));
      }
    } finally {
      rmSync(out, { recursive: true, force: true });
    }
  }
  return { machine: machine(), load: load(), seeds, size, trials };
}

const mean = (list: readonly number[]) => list.reduce((a, b) => a + b, 0) / list.length;
/** Mean and standard error over seeds; of one seed there is no error. */
function told(list: readonly number[]): string {
  const centre = mean(list);
  if (list.length < 2) return String(round(centre));
  const error = Math.sqrt(mean(list.map((x) => (x - centre) ** 2)) / (list.length - 1));
  return `${round(centre)} ± ${round(error, 2)}`;
}

const values = (accuracies: Record<string, number>) => Object.values(accuracies);
const FIGURES: Record<string, (accuracies: Record<string, number>) => number> = {
  worst: (accuracies) => Math.min(...values(accuracies)),
  planted: (accuracies) => mean(PLANTED.map((skill) => accuracies[skill])),
  best: (accuracies) => Math.max(...values(accuracies)),
  mean: (accuracies) => mean(values(accuracies)),
};

export function show({ machine, load, seeds, size, trials }: Awaited<ReturnType<typeof run>>): string {
  const of = ({ how, mixture }: Arm) => trials.filter((trial) => trial.how === how && trial.mixture === mixture);
  const last = (trial: Trial) => trial.accuracies.at(-1)!;
  const rows = ARMS.map((arm) => {
    const own = of(arm);
    const how = arm.how === "the same without the filter" ? "answers, then reward" : arm.how;
    const alike = of({ how, mixture: "equal" });
    const ahead = own.map((trial, i) => FIGURES.worst(last(trial)) - FIGURES.worst(last(alike[i])));
    return [
      ...[arm.how, arm.mixture],
      own[0].shares.map((_, k) => round(mean(own.map(({ shares }) => shares[k])))).join(", "),
      own[0].accuracies
        .map((_, k) => round(mean(own.map(({ accuracies }) => FIGURES.worst(accuracies[k])))))
        .join(", "),
      ...["planted", "best", "mean"].map((name) => told(own.map((trial) => FIGURES[name](last(trial))))),
      `${told(ahead)} (${ahead.filter((x) => x > 0).length}/${seeds})`,
      round(mean(own.map(({ seconds }) => seconds))),
    ];
  });
  return [
    `${machine.cpu}, load average ${load}; ${seeds} paired seeds; base ${size.base} steps, ${size.rounds} rounds of ${size.steps}, of which ` +
      `${size.rewarded} by reward where there are any; never asked for: ${PLANTED.join(" and ")}`,
    table(
      [
        ...["trained by", "mixture", "planted, times an equal share by round", "worst skill: base, rounds"],
        ...["planted, end", "best skill, end", "mean, end", "worst less equal's, end (ahead)", "seconds"],
      ],
      rows,
    ),
  ].join("\n");
}
