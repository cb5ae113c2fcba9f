import { type SceneDataset, SKILLS } from "../../data/scenes/index.js";
import { askProbes, type SkillAccuracy, skillAccuracy } from "../../judges/answers/evaluate.js";
import { type Reinforcement, VisionLanguageModel } from "../../methods/vision-language/index.js";
import type { DeviceName } from "../../runtime/index.js";
import { type AnswerDiagnosis, diagnoseAnswers } from "./answers.js";
import { answersHtml } from "./answers-report.js";
import { compareScores } from "./gate.js";
import { mixtureWeights } from "./mixture.js";
import type { ImprovePlan } from "./state.js";
import { type Target, worstThird } from "./target.js";
import type { Scored } from "./terms.js";

export interface AnswerTargetOptions {
  plan: ImprovePlan;
  dataset: SceneDataset;
  device?: DeviceName | "auto";
  signal?: AbortSignal;
}

/** What is found: the accuracy of each skill, worst first, and where it was looked into, the whole diagnosis. */
export interface AnswersFound {
  skills: readonly SkillAccuracy[];
  diagnosis: AnswerDiagnosis | null;
}

const scored = ({ skills }: AnswersFound): (Scored & { deficit: number })[] =>
  skills.map(({ skill, accuracy, interval }) => ({
    ...{ name: skill, score: { value: accuracy, interval } },
    deficit: 1 - accuracy,
  }));

/**
 * Models that answer questions: their skills. Rounds are steered by questions of a stream of their own, fresh ones each
 * time; those of another decide on rounds, and test questions that `fewstep eval` asks by no seed below 1,000 are asked at the end.
 */
export function answerTarget({ plan, dataset, device, signal }: AnswerTargetOptions): Target<AnswersFound> {
  const { seed, perClass: perSkill, settings } = plan;
  async function asking<T>(run: string, ask: (model: VisionLanguageModel) => Promise<T>): Promise<T> {
    const model = await VisionLanguageModel.load(run, { device });
    try {
      return await ask(model);
    } finally {
      await model.release();
    }
  }
  return {
    steer: (run, round) =>
      asking(run, async (model) => {
        const diagnosis = await diagnoseAnswers(model, dataset, { perSkill, seed: seed + round, signal });
        return { skills: diagnosis.skills, diagnosis };
      }),
    hold: (run, which) =>
      asking(run, async (model) => {
        const [stream, own] =
          which === "last" ? (["test", LAST + seed] as const) : (["gate", seed + which.round] as const);
        const said = await askProbes(model, dataset, stream, { skills: SKILLS, perSkill, seed: own, signal });
        return { skills: SKILLS.map((skill, i) => skillAccuracy(dataset, skill, said[i])), diagnosis: null };
      }),
    groups: scored,
    targets: (found) => worstThird(scored(found)),
    shares(found, stuck) {
      const groups = scored(found);
      const shares = mixtureWeights(
        groups.map(({ name, deficit }) => ({ deficit, stuck: stuck(name) })),
        plan.mixture,
      );
      return groups.map(({ name }, i) => ({ name, times: shares[i] * groups.length, kinds: null }));
    },
    async lessons(mixed) {
      const mixture = mixed && Object.fromEntries(mixed.shares.map(({ name, times }) => [name, times]));
      return trainingsOf(mixture ? { ...settings, mixture } : settings).map((own) => ({ dataset, settings: own }));
    },
    compare: (before, after, targets) => ({ ...compareScores(scored(before), scored(after), targets), frechet: null }),
    async told({ diagnosis }) {
      if (!diagnosis) throw new Error("Only what steers is told.");
      return { json: diagnosis, html: await answersHtml(diagnosis, dataset) };
    },
  };
}

/** Settings of the trainings of a round: by answers, then, where there are steps for it, by reward from what that has made. */
function trainingsOf(settings: Record<string, unknown>): Record<string, unknown>[] {
  const reinforcement = settings.reinforcement as Reinforcement | undefined;
  if (!reinforcement || reinforcement.steps === 0) return [settings];
  return [{ ...settings, reinforcement: { ...reinforcement, steps: 0 } }, settings];
}

/** Seeds of test questions that are asked at the end begin here. */
const LAST = 1000;
