import type { Random } from "../../random/index.js";
import { drawScene, LAYOUTS, type Layout, some } from "./draw.js";
import { phrase } from "./phrase.js";
import { execute, type Program } from "./program.js";
import type { Scene } from "./scene.js";
import { SKILLS, type Skill } from "./skill-names.js";
import { TEMPLATES, type Template } from "./skills.js";

/** A question about a scene, with the answer that its program gives. */
export interface Question {
  readonly skill: Skill;
  readonly program: Program;
  /** In words, without its question mark. */
  readonly text: string;
  readonly answer: string;
}

/** A scene, and what is asked about it. */
export interface Probe {
  readonly scene: Scene;
  readonly question: Question;
}

/** What of all questions is asked. */
export interface Asking {
  /** How often each skill is asked for, relative to the others; default 1, 0 is never. */
  readonly mixture?: Partial<Record<Skill, number>>;
  /** Words that no question and no answer has. */
  readonly without?: readonly string[];
}

export const questionOf = (skill: Skill, program: Program, answer: string): Question => ({
  skill,
  program,
  text: phrase(program),
  answer,
});

/** Scenes that are tried for one answer before another is looked for. */
const TRIES = 400;

const asks = ({ text, answer }: Question, without: readonly string[]) =>
  without.length === 0 || !`${text} ${answer}`.split(" ").some((word) => without.includes(word));

/** What a template can ask of a scene and `answer`, one of all such programs; null where there is none. */
function asked(
  {
    skill,
    template,
    answer,
    without,
  }: { skill: Skill; template: Template; answer: string; without: readonly string[] },
  scene: Scene,
  random: Random,
): Question | null {
  const fitting = template.programs(scene, random).filter((program) => execute(program, scene) === answer);
  const questions = fitting.map((program) => questionOf(skill, program, answer)).filter((one) => asks(one, without));
  return questions.length > 0 ? random.choice(questions) : null;
}

/**
 * A question of a skill about a scene of its own: each way to ask is equally likely, then each answer, and the scene is
 * drawn until it has that answer. @throws where `without` leaves nothing to be asked
 */
export function drawProbe(skill: Skill, random: Random, { without = [] }: Asking = {}): Probe {
  for (let round = 0; round < 100; round++) {
    const template = random.choice(TEMPLATES[skill]);
    const answer = random.choice(template.answers);
    if (answer.split(" ").some((word) => without.includes(word))) continue;
    const layout = random.choice(template.layouts);
    for (let i = 0; i < TRIES; i++) {
      const scene = drawScene(layout, random);
      const question = asked({ skill, template, answer, without }, scene, random);
      if (question) return { scene, question };
    }
  }
  throw new Error(`Without the words ${without.join(", ")} there is nothing to ask of the skill ${skill}.`);
}

/** Index of a weight, drawn in proportion. */
function weighted(weights: readonly number[], random: Random): number {
  let left = random.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
  const last = weights.findLastIndex((weight) => weight > 0);
  return weights.findIndex((weight, i) => i === last || (weight > 0 && (left -= weight) < 0));
}

/** Skills, in their order, that can be asked about scenes of a kind. */
const BY_LAYOUT: Record<Layout, readonly { skill: Skill; template: Template }[]> = Object.fromEntries(
  LAYOUTS.map((layout) => [
    layout,
    SKILLS.flatMap((skill) =>
      TEMPLATES[skill].filter(({ layouts }) => layouts.includes(layout)).map((template) => ({ skill, template })),
    ),
  ]),
) as never;

const layoutOf = ({ digits, bars }: Scene): Layout =>
  bars.length > 0 ? "chart" : digits.length > 0 ? "digits" : "crowd";

/** Another question about a scene: skill by the mixture, way to ask, then answer among those that the scene has. */
function another(scene: Scene, random: Random, { mixture = {}, without = [] }: Asking): Question | null {
  const among = BY_LAYOUT[layoutOf(scene)];
  const skills = [...new Set(among.map(({ skill }) => skill))];
  const skill =
    skills[
      weighted(
        skills.map((one) => mixture[one] ?? 1),
        random,
      )
    ];
  const { template } = random.choice(among.filter((one) => one.skill === skill));
  return asOften({ skill, template }, scene, random, without);
}

/** A question as a template asks it: each answer that the scene has is equally likely; null where it has none. */
function asOften(
  { skill, template }: { skill: Skill; template: Template },
  scene: Scene,
  random: Random,
  without: readonly string[] = [],
): Question | null {
  const answers = new Map<string, Question[]>();
  for (const program of template.programs(scene, random)) {
    const answer = execute(program, scene);
    if (answer === null || !template.answers.includes(answer)) continue;
    const question = questionOf(skill, program, answer);
    if (asks(question, without)) answers.set(answer, [...(answers.get(answer) ?? []), question]);
  }
  return answers.size === 0 ? null : random.choice(answers.get(random.choice([...answers.keys()]))!);
}

/** A question of a skill about a scene that is there; null where the scene has nothing that it could ask. */
export function questionAbout(scene: Scene, skill: Skill, random: Random): Question | null {
  const templates = some(TEMPLATES[skill], random, TEMPLATES[skill].length);
  for (const template of templates) {
    if (!template.layouts.some((layout) => contentOf(layout) === contentOf(layoutOf(scene)))) continue;
    const question = asOften({ skill, template }, scene, random);
    if (question) return question;
  }
  return null;
}
/** Scenes of things may be drawn in two ways. */
const contentOf = (layout: Layout) => (layout === "odd" ? "crowd" : layout);

/**
 * A scene with several questions to learn from: the first as `drawProbe` draws it, of a skill by the mixture, the others
 * about the same scene. @throws where the mixture leaves nothing to be asked
 */
export function drawLesson(
  random: Random,
  count: number,
  asking: Asking = {},
): { scene: Scene; questions: Question[] } {
  const weights = SKILLS.map((skill) => asking.mixture?.[skill] ?? 1);
  const { scene, question } = drawProbe(SKILLS[weighted(weights, random)], random, asking);
  const questions = [question];
  for (let tries = 0; questions.length < count; tries++) {
    const next = another(scene, random, asking);
    if (next) questions.push(next);
    else if (tries > 20 * count) questions.push(question);
  }
  return { scene, questions };
}
