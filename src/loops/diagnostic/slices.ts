import { fisherExact, holm } from "../../metrics/index.js";

/** A part of the questions of a skill that share something, such as a word. */
export interface Slice {
  skill: string;
  /** What they share. */
  about: string;
  n: number;
  wrong: number;
  /** How often the skill's other questions are answered wrongly. */
  elsewhere: number;
  /** Probability of so many wrong answers were they spread over the skill by chance; corrected for all slices (Holm). */
  p: number;
}

/** An item with what may be wrong about it. */
export interface SliceItem {
  wrong: boolean;
  /** Everything that it could share with others. */
  facets: readonly string[];
}

/** Fewest items of a slice, and of what it is compared with. */
const FEWEST = 20;
/** How many times as often a slice must be wrong as the rest. */
const LIFT = 1.5;
const LEVEL = 0.05;

/**
 * Slices of skills in which answers are wrong clearly more often than in the rest of the skill: 1.5 times as often, by
 * Fisher's exact test corrected over all slices of all skills. The worst come first.
 */
export function blindSlices(skills: Readonly<Record<string, readonly SliceItem[]>>): Slice[] {
  const tried = Object.entries(skills).flatMap(([skill, items]) => slicesOf(skill, items));
  const corrected = holm(tried.map(({ p }) => p));
  return tried
    .map((slice, i) => ({ ...slice, p: corrected[i] }))
    .filter(({ n, wrong, elsewhere, p }) => p < LEVEL && wrong / n >= LIFT * elsewhere)
    .sort((a, b) => a.p - b.p || b.wrong / b.n - a.wrong / a.n);
}

function slicesOf(skill: string, items: readonly SliceItem[]): Slice[] {
  const all = items.length;
  const total = items.filter(({ wrong }) => wrong).length;
  const facets = [...new Set(items.flatMap((item) => item.facets))].sort();
  return facets.flatMap((about) => {
    const inside = items.filter((item) => item.facets.includes(about));
    const [n, wrong] = [inside.length, inside.filter((item) => item.wrong).length];
    if (n < FEWEST || all - n < FEWEST) return [];
    const p = fisherExact({ hits: wrong, n, total, all });
    return [{ skill, about, n, wrong, elsewhere: (total - wrong) / (all - n), p }];
  });
}
