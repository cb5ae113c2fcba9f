import { execute, parseQuestion, type Scene, type Skill, skillOf } from "fewstep/scenes";

/** What is right: an answer; or why there is none. */
export type Truth =
  | { readonly kind: "known"; readonly answer: string; readonly skill: Skill }
  | { readonly kind: "open"; readonly skill: Skill }
  | { readonly kind: "foreign" }
  | { readonly kind: "own" };

/** What is right of a scene; of a picture of somebody's own, null, nothing is known. */
export function truthOf(question: string, scene: Scene | null): Truth {
  if (!scene) return { kind: "own" };
  const program = parseQuestion(question);
  if (!program) return { kind: "foreign" };
  const [answer, skill] = [execute(program, scene), skillOf(program)];
  return answer === null ? { kind: "open", skill } : { kind: "known", answer, skill };
}

/** What an answer is worth, as a sentence; `right` is null where nobody knows. */
export function verdictOf(truth: Truth, said: string): { readonly right: boolean | null; readonly text: string } {
  switch (truth.kind) {
    case "known":
      return said === truth.answer
        ? { right: true, text: "Right." }
        : { right: false, text: `Wrong: the right answer is “${truth.answer}”.` };
    case "open":
      return { right: null, text: "No answer is right here: what is meant is missing, or could be several things." };
    case "foreign":
      return { right: null, text: "It has not learnt such a question, so there is nothing to compare with." };
    case "own":
      return { right: null, text: "What is right of your own picture only you know." };
  }
}

/** How well a skill was answered in the measurement of the model's card. */
export interface Measured {
  readonly accuracy: number;
  /** What is right without looking. */
  readonly floor: number;
}

/** The card's figures by skill, and their means; null of a card that has none. */
export function measuredOf(
  metrics: unknown,
): { skills: ReadonlyMap<string, Measured>; mean: Measured; n: number } | null {
  const { skills, accuracy, floor } = (metrics ?? {}) as { skills?: unknown; accuracy?: unknown; floor?: unknown };
  if (!Array.isArray(skills) || typeof accuracy !== "number" || typeof floor !== "number") return null;
  const list = skills.filter((one) => Number.isFinite(one?.accuracy) && Number.isFinite(one?.floor));
  const n = Math.min(...list.map((one) => Number(one.n)));
  return {
    skills: new Map(list.map(({ skill, accuracy, floor }) => [skill, { accuracy, floor }])),
    mean: { accuracy, floor },
    n,
  };
}
