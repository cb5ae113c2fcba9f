import type { SceneDataset } from "../../data/index.js";
import type { Question, Skill } from "../../data/scenes/index.js";

/** How often a question must have been met for its own commonest answer to be guessed. */
const MET = 3;

/**
 * Answers without looking at the picture: the commonest to the same question, or else to that kind of question, among
 * `learnt` questions that nothing else is asked of.
 */
export function blindGuess(dataset: SceneDataset, skill: Skill, learnt: number): (question: Question) => string {
  const counts = new Map<string, Map<string, number>>();
  const count = (key: string, answer: string) => {
    const own = counts.get(key) ?? new Map<string, number>();
    counts.set(key, own.set(answer, (own.get(answer) ?? 0) + 1));
  };
  for (let i = 0; i < learnt; i++) {
    const { text, answer, program } = dataset.probe("floor", skill, i).question;
    for (const key of [`"${text}`, program.op, ""]) count(key, answer);
  }
  const commonest = (key: string, least: number): string | null => {
    const own = [...(counts.get(key) ?? [])];
    const met = own.reduce((sum, [, times]) => sum + times, 0);
    return met < least ? null : own.reduce((a, b) => (b[1] > a[1] ? b : a))[0];
  };
  return ({ text, program }) => commonest(`"${text}`, MET) ?? commonest(program.op, 1) ?? commonest("", 1)!;
}
