import type { SceneDataset } from "../../data/index.js";
import { answersTo, type Probe, SKILLS, type Skill, sceneImages } from "../../data/scenes/index.js";
import { requireKnown } from "../../io/known.js";
import { show } from "../../io/show.js";
import { OptionError } from "../../io/wrong-use.js";
import { type Interval, wilson } from "../../metrics/index.js";
import { mean } from "../../metrics/quantile.js";
import type { Answerer } from "../../models/answerer.js";
import { blindGuess } from "./floor.js";

/** How well questions of a skill are answered. */
export interface SkillAccuracy {
  skill: Skill;
  /** Questions, each about a picture of its own. */
  n: number;
  right: number;
  accuracy: number;
  /** Wilson's, 95 %. */
  interval: Interval;
  /** What whoever does not look gets right: the commonest answer to each question. */
  floor: number;
  /** What whoever guesses among the answers that a question can have gets right on average. */
  chance: number;
}

/** What `fewstep eval` says of a model that answers. */
export interface AnswerEvaluation {
  model: string;
  data: string;
  seed: number;
  skills: SkillAccuracy[];
  /** Mean over the skills. */
  accuracy: number;
  floor: number;
}

export interface AnswerEvaluateOptions {
  /** Default all. */
  skills?: readonly Skill[];
  /** Questions of each skill; default 200. */
  perSkill?: number;
  /** Which questions; default 0. */
  seed?: number;
  signal?: AbortSignal;
}

/** Whoever answers probes: the answer to each, null where none came, which is no wrong answer. */
export interface Respondent {
  name: string;
  ask(probes: readonly Probe[], signal?: AbortSignal): Promise<(string | null)[]>;
}

/** A model's likeliest answers. */
export const respondent = (model: Answerer | Respondent): Respondent =>
  "ask" in model
    ? model
    : {
        name: model.config.name,
        async ask(probes, signal) {
          if (probes.length === 0) return [];
          const images = sceneImages(probes.map(({ scene }) => scene));
          const questions = probes.map(({ question }) => question.text);
          return (await model.answer({ images, questions }, { signal })).map(([{ text }]) => text);
        },
      };

/** A probe with what was said. */
export interface Said {
  probe: Probe;
  /** Its number in its stream and skill. */
  index: number;
  said: string;
  right: boolean;
}

/** @throws OptionError */
export function answerOptions(given: AnswerEvaluateOptions): Required<Omit<AnswerEvaluateOptions, "signal">> {
  requireKnown("measuring answers", given, ["skills", "perSkill", "seed", "signal"]);
  const { skills = SKILLS, perSkill = 200, seed = 0 } = given;
  const unknown = skills.find((skill) => !SKILLS.includes(skill));
  if (unknown !== undefined)
    throw new OptionError(`There is no skill ${show(unknown)}; choose of ${SKILLS.join(", ")}.`);
  if (!(Number.isInteger(perSkill) && perSkill >= 8 && perSkill < RANGE))
    throw new OptionError(`perSkill must be a whole number from 8 to ${RANGE - 1}, got ${perSkill}.`);
  if (!(Number.isInteger(seed) && seed >= 0 && seed < RANGE))
    throw new OptionError(`seed must be a whole number from 0 to ${RANGE - 1}, got ${seed}.`);
  return { skills, perSkill, seed };
}
/** Probes that a seed may have: those of another have other numbers. */
const RANGE = 1e6;

/**
 * Asks questions of a stream, those of each skill about pictures of their own; the likeliest answer counts. Those without
 * an answer are left out.
 */
export async function askProbes(
  model: Answerer | Respondent,
  dataset: SceneDataset,
  stream: "steering" | "gate" | "test",
  { skills, perSkill, seed, signal }: Required<Omit<AnswerEvaluateOptions, "signal">> & { signal?: AbortSignal },
): Promise<Said[][]> {
  const asked = respondent(model);
  const all: Said[][] = [];
  for (const skill of skills) {
    const probes = Array.from({ length: perSkill }, (_, i) => dataset.probe(stream, skill, seed * RANGE + i));
    const answers = await asked.ask(probes, signal);
    all.push(
      probes.flatMap((probe, i) => {
        const said = answers[i];
        const right = said === probe.question.answer;
        return said === null ? [] : [{ probe, index: seed * RANGE + i, said, right }];
      }),
    );
  }
  return all;
}

/** The accuracy of a skill, beside what is right without looking. */
export function skillAccuracy(dataset: SceneDataset, skill: Skill, said: readonly Said[]): SkillAccuracy {
  const n = said.length;
  const right = said.filter((one) => one.right).length;
  const guess = blindGuess(dataset, skill, Math.max(100, 2 * n));
  const guessed = said.filter(({ probe: { question } }) => guess(question) === question.answer).length;
  const chance = said.reduce((sum, { probe }) => sum + 1 / answersTo(probe.question.program).length, 0) / n;
  return { skill, n, right, accuracy: right / n, interval: wilson(right, n), floor: guessed / n, chance };
}

/** Measures a model on test questions, which no training and no diagnosis sees. @throws OptionError */
export async function evaluateAnswers(
  model: Answerer,
  dataset: SceneDataset,
  options: AnswerEvaluateOptions = {},
): Promise<AnswerEvaluation> {
  const asked = answerOptions(options);
  const said = await askProbes(model, dataset, "test", { ...asked, signal: options.signal });
  const skills = asked.skills.map((skill, i) => skillAccuracy(dataset, skill, said[i]));
  return {
    ...{ model: model.config.name, data: dataset.id, seed: asked.seed, skills },
    accuracy: mean(skills.map(({ accuracy }) => accuracy)),
    floor: mean(skills.map(({ floor }) => floor)),
  };
}
