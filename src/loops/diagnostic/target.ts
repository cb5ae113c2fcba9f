import type { Dataset } from "../../models/method.js";
import type { Comparison } from "./gate.js";
import type { Scored } from "./terms.js";
import type { GroupShare, Stuck } from "./weights.js";

/** What a training is given. */
export interface Lessons {
  dataset: Dataset;
  settings: Record<string, unknown>;
}

/** What an improvement needs of the models that it is for. `D` is what it finds when it looks at one. */
export interface Target<D = unknown> {
  /** Looks at a run on fresh probes, whose like may be trained on: where a round's mixture comes from. */
  steer(run: string, round: number): Promise<D>;
  /**
   * Looks at a run on probes that no mixture comes from: those that decide on a round, or those that are looked at once,
   * at the end. `steered` is what was found before.
   */
  hold(run: string, which: { round: number } | "last", steered: D): Promise<D>;
  /** Its parts, worst first. */
  groups(found: D): readonly Scored[];
  /** The worst third of what can be judged by held-out probes. @throws WrongUse where nothing can */
  targets(found: D): string[];
  shares(found: D, stuck: Stuck): GroupShare[];
  /** What is trained on by these shares, one training after the other; without them, as it was. */
  lessons(mixed?: { found: D; shares: readonly GroupShare[] }): Promise<Lessons[]>;
  compare(before: D, after: D, targets: readonly string[]): Comparison;
  /** A diagnosis as JSON and as a part of a page. */
  told(found: D, run: string): Promise<{ json: object; html: string }>;
}

/** The worst third of groups that stand worst first, at least one. */
export const worstThird = (groups: readonly { name: string }[]): string[] =>
  groups.slice(0, Math.ceil(groups.length / 3)).map(({ name }) => name);
