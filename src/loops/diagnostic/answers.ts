import type { SceneDataset } from "../../data/index.js";
import {
  answersTo,
  execute,
  type Probe,
  type Program,
  partsOf,
  phrase,
  type Question,
  type Skill,
} from "../../data/scenes/index.js";
import { colours, type Scene, SHAPES, shapes, sizes } from "../../data/scenes/scene.js";
import {
  type AnswerEvaluateOptions,
  answerOptions,
  askProbes,
  type Respondent,
  respondent,
  type Said,
  type SkillAccuracy,
  skillAccuracy,
} from "../../judges/answers/evaluate.js";
import type { Answerer } from "../../models/answerer.js";
import { blindSlices, type Slice } from "./slices.js";

/** Why an answer is wrong, as far as it can be told from outside. */
export const CAUSES = {
  format: "what was said is no answer to such a question",
  "off by one": "a number is one too large or too small",
  perception: "what the question is about is not seen rightly either when it is asked for alone",
  reasoning: "all that the question is about is seen rightly, but not found or combined",
} as const;
export type Cause = keyof typeof CAUSES;

/** A wrong answer. */
export interface Failure {
  skill: Skill;
  question: string;
  answer: string;
  said: string;
  /** Null where a simpler question that would tell was not answered. */
  cause: Cause | null;
  /** Which probe of the skill it is: `dataset.probe("steering", skill, index)`. */
  index: number;
}

export interface SkillDiagnosis extends SkillAccuracy {
  /** How many of the wrong answers have which cause. */
  causes: Record<Cause, number>;
}

/** What `fewstep diagnose` says of a model that answers. */
export interface AnswerDiagnosis {
  model: string;
  data: string;
  seed: number;
  /** Worst first. */
  skills: SkillDiagnosis[];
  slices: Slice[];
  /** At most three of each skill. */
  failures: Failure[];
  /** How many questions of which skills no answer came to: these are not counted above, neither as wrong nor as right. */
  unanswered: Partial<Record<Skill, number>>;
}

const SHOWN = 3;

/**
 * Asks fresh questions of each skill, which no training and no test sees, and says where answers are wrong, why, and in
 * which parts of a skill more than elsewhere. A skill without any answer is left out.
 * @throws OptionError; Error where no question at all was answered
 */
export async function diagnoseAnswers(
  model: Answerer | Respondent,
  dataset: SceneDataset,
  options: AnswerEvaluateOptions = {},
): Promise<AnswerDiagnosis> {
  const asked = answerOptions(options);
  const { name, ask } = respondent(model);
  const all = await askProbes({ name, ask }, dataset, "steering", { ...asked, signal: options.signal });
  const unanswered = asked.skills.flatMap((skill, i) =>
    all[i].length < asked.perSkill ? [[skill, asked.perSkill - all[i].length]] : [],
  );
  const answered = asked.skills.flatMap((skill, i) => (all[i].length > 0 ? [{ skill, said: all[i] }] : []));
  if (answered.length === 0) throw new Error(`${name} answered none of the questions: there is nothing to diagnose.`);
  const causes = await causesOf(
    ask,
    answered.flatMap(({ said }) => said),
    options.signal,
  );
  const skills = answered.map(({ skill, said }): SkillDiagnosis => {
    const own = said.flatMap((one) => causes.get(one) ?? []);
    const counts = Object.fromEntries(
      Object.keys(CAUSES).map((cause) => [cause, own.filter((one) => one === cause).length]),
    ) as Record<Cause, number>;
    return { ...skillAccuracy(dataset, skill, said), causes: counts };
  });
  const items = Object.fromEntries(
    answered.map(({ skill, said }) => [
      skill,
      said.map(({ probe, right }) => ({ wrong: !right, facets: facetsOf(probe) })),
    ]),
  );
  const failures = answered.flatMap(({ said }) =>
    said
      .filter((one) => !one.right)
      .slice(0, SHOWN)
      .map((one) => failureOf(one, causes.get(one) ?? null)),
  );
  return {
    ...{ model: name, data: dataset.id, seed: asked.seed },
    skills: skills.sort((a, b) => a.accuracy - b.accuracy),
    ...{ slices: blindSlices(items), failures, unanswered: Object.fromEntries(unanswered) },
  };
}

const failureOf = ({ probe: { question }, index, said }: Said, cause: Cause | null): Failure => ({
  ...{ skill: question.skill, question: question.text, answer: question.answer, said, cause, index },
});

/** The cause of each wrong answer, as far as it is known; parts of a question are asked for by themselves. */
async function causesOf(
  ask: Respondent["ask"],
  said: readonly Said[],
  signal?: AbortSignal,
): Promise<Map<Said, Cause | null>> {
  const causes = new Map<Said, Cause | null>();
  const parts: { of: Said; probe: Probe }[] = [];
  for (const one of said) {
    if (one.right) continue;
    const { scene, question } = one.probe;
    const plain = plainCause(question, one.said);
    causes.set(one, plain ?? "perception");
    if (plain) continue;
    for (const program of partsOf(question.program, scene)) parts.push({ of: one, probe: partProbe(program, scene) });
  }
  const answers = await ask(
    parts.map(({ probe }) => probe),
    signal,
  );
  for (const one of new Set(parts.map(({ of }) => of))) {
    const own = parts.flatMap(({ of, probe }, i) => (of === one ? [{ said: answers[i], probe }] : []));
    const missed = own.some(({ said, probe }) => said !== null && said !== probe.question.answer);
    causes.set(one, missed ? "perception" : own.some(({ said }) => said === null) ? null : "reasoning");
  }
  return causes;
}

const partProbe = (program: Program, scene: Scene): Probe => ({
  scene,
  question: { skill: "position", program, text: phrase(program), answer: execute(program, scene) ?? "" },
});

/** A cause that the answer itself tells. */
function plainCause({ program, answer }: Question, said: string): Cause | null {
  if (!answersTo(program).includes(said)) return "format";
  const counted = ["count", "sum", "difference", "height", "bars"].includes(program.op);
  return counted && Math.abs(Number(said) - Number(answer)) === 1 ? "off by one" : null;
}

/** What a question shares with others: how it is asked, words of it and of its answer, how full the picture is. */
function facetsOf({ scene, question: { program, text, answer } }: Probe): string[] {
  const many = Object.fromEntries(Object.entries(SHAPES).map(([one, several]) => [several as string, one]));
  const words = new Set(text.split(" ").map((word) => many[word] ?? word));
  const named = [...colours, ...shapes, ...sizes].filter((word) => words.has(word));
  const shown = scene.things.length + scene.digits.length + scene.bars.length;
  return [
    `asks for ${program.op === "beside" ? program.ask : program.op}`,
    ...("not" in ("of" in program ? program.of : {}) ? ["has a negation"] : []),
    ...("side" in program ? [`asks about ${program.side}`] : []),
    ...(words.has("at") ? ["names a place"] : []),
    ...named.map((word) => `names ${word}`),
    `has the answer ${answer}`,
    shown === 1 ? "shows one thing" : shown <= 4 ? "shows 2 to 4 things" : "shows 5 or more things",
  ];
}
