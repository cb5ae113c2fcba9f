import { type Interval, wilson } from "../../metrics/index.js";
import { blindSlices, type Slice } from "./slices.js";

/** What is wrong with an answer to a question of which nothing but the right answers is known. */
export const LABELLED_CAUSES = {
  format: "what was said is no answer to such a question: no number, no yes or no, none of the choices",
  "off by one": "a number is one too large or too small",
  other: "another answer",
} as const;
export type LabelledCause = keyof typeof LABELLED_CAUSES;

/** A question with what was said to it. */
export interface LabelledAnswer {
  id: string;
  skill: string;
  question: string;
  answers: readonly string[];
  choices: readonly string[] | null;
  /** Null where no answer came, which is no wrong answer. */
  said: string | null;
  right: boolean;
}

export interface LabelledSkill {
  skill: string;
  n: number;
  right: number;
  accuracy: number;
  /** Wilson's, 95 %. */
  interval: Interval;
  causes: Record<LabelledCause, number>;
}

export interface LabelledFailure extends Pick<LabelledAnswer, "id" | "skill" | "question"> {
  answer: string;
  said: string;
  cause: LabelledCause;
}

/** What `fewstep diagnose` says of answers to labelled questions. */
export interface LabelledDiagnosis {
  model: string;
  data: string;
  /** Worst first. */
  skills: LabelledSkill[];
  slices: Slice[];
  /** At most three of each skill. */
  failures: LabelledFailure[];
  /** How many questions of which skills no answer came to; they are not counted above. */
  unanswered: Record<string, number>;
}

const SHOWN = 3;
/** Words of questions that are looked at as parts of a skill, at most: the commonest. */
const WORDS = 60;

/** Which skills fail, how, and in which parts more than elsewhere. @throws where nothing was answered */
export function diagnoseLabelled(
  about: { model: string; data: string },
  all: readonly LabelledAnswer[],
): LabelledDiagnosis {
  const names = [...new Set(all.map(({ skill }) => skill))];
  const answered = all.filter(({ said }) => said !== null);
  if (answered.length === 0)
    throw new Error(`${about.model} answered none of the questions: there is nothing to diagnose.`);
  const of = (name: string) => answered.filter(({ skill }) => skill === name);
  const unanswered = names.flatMap((name) => {
    const missing = all.filter(({ skill, said }) => skill === name && said === null).length;
    return missing > 0 ? [[name, missing]] : [];
  });
  const present = names.filter((name) => of(name).length > 0);
  return {
    ...about,
    skills: present.map((name) => skillOf(name, of(name))).sort((a, b) => a.accuracy - b.accuracy),
    slices: blindSlices(Object.fromEntries(present.map((name) => [name, sliceItems(of(name))]))),
    failures: present.flatMap((name) =>
      of(name)
        .filter(({ right }) => !right)
        .slice(0, SHOWN)
        .map((one) => ({
          ...{ id: one.id, skill: one.skill, question: one.question, answer: one.answers.join(" or ") },
          ...{ said: one.said!, cause: causeOf(one) },
        })),
    ),
    unanswered: Object.fromEntries(unanswered),
  };
}

function skillOf(skill: string, own: readonly LabelledAnswer[]): LabelledSkill {
  const [n, right] = [own.length, own.filter((one) => one.right).length];
  const wrong = own.filter((one) => !one.right).map(causeOf);
  const causes = Object.fromEntries(
    Object.keys(LABELLED_CAUSES).map((cause) => [cause, wrong.filter((one) => one === cause).length]),
  ) as Record<LabelledCause, number>;
  return { skill, n, right, accuracy: right / n, interval: wilson(right, n), causes };
}

const numbersIn = (text: string): number[] =>
  (text.match(/-?\d[\d,]*(?:\.\d+)?/g) ?? []).map((one) => Number(one.replaceAll(",", "")));
const isNumber = (text: string) => /^-?\d[\d,]*(?:\.\d+)?$/.test(text.trim());
const isYesNo = (text: string) => /^(?:yes|no)$/i.test(text.trim());

function causeOf({ answers, choices, said }: LabelledAnswer): LabelledCause {
  const text = said!;
  if (choices) return choices.some((choice) => choice.toLowerCase() === text.toLowerCase()) ? "other" : "format";
  if (answers.every(isNumber)) {
    const numbers = numbersIn(text);
    if (numbers.length === 0) return "format";
    const near = (one: number) => answers.some((answer) => Math.abs(Number(answer.replaceAll(",", "")) - one) === 1);
    return answers.every((answer) => /^-?\d+$/.test(answer)) && numbers.length === 1 && near(numbers[0])
      ? "off by one"
      : "other";
  }
  if (answers.every(isYesNo) && !/\b(?:yes|no)\b/i.test(text)) return "format";
  if (answers.every((answer) => /^[A-J]$/.test(answer)) && !/\b[A-J]\b/.test(text)) return "format";
  return text.trim() === "" ? "format" : "other";
}

/** Each with its answer and the commoner words of its question as what it may share with others. */
function sliceItems(own: readonly LabelledAnswer[]) {
  const words = own.map(({ question }) => new Set(question.toLowerCase().match(/\p{L}{3,}/gu) ?? []));
  const counts = new Map<string, number>();
  for (const set of words) for (const word of set) counts.set(word, (counts.get(word) ?? 0) + 1);
  const common = new Set(
    [...counts]
      .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
      .slice(0, WORDS)
      .map(([word]) => word),
  );
  return own.map(({ right, answers }, i) => ({
    wrong: !right,
    facets: [
      `has the answer ${answers[0]}`,
      ...[...words[i]].filter((word) => common.has(word)).map((word) => `has the word "${word}"`),
    ],
  }));
}
