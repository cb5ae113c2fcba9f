import type { Reinforced } from "../../methods/vision-language/index.js";
import type { Comparison } from "./gate.js";
import type { MixtureOptions } from "./mixture.js";
import type { GroupShare } from "./weights.js";

/** What an improvement is asked for; kept with it, and the same when it is resumed. */
export interface ImprovePlan {
  /** Folder of the finished run that it begins with. */
  run: string;
  data: string;
  /** What tells images apart; null of models that answer, whose answers are right or wrong. */
  judge: string | null;
  rounds: number;
  seed: number;
  /** Samples and real images of each class, or questions of each skill, in each diagnosis, at most. */
  perClass: number;
  /** Settings of the training that goes on. */
  settings: Record<string, unknown>;
  /** Whether each round is also trained from the same model on the mixture as it was, by answers and rewards as the round is. */
  control: boolean;
  mixture?: MixtureOptions;
}

/** What a training has made. */
export interface Learnt {
  /** Training steps, those by reward among them; what an early end left out is not counted. */
  steps: number;
  /** What learning by reward of its own answers has done, where it was asked for. */
  reinforced?: Reinforced;
}

/** One round: what was found, what was trained on, what came of it. */
export interface Round extends Learnt {
  round: number;
  /** The run that was gone on from. */
  from: string;
  /** Groups that the round was for: the worst third. */
  targets: string[];
  /** Scores on what is trained on, and shares of the mixture. */
  groups: (GroupShare & { score: number })[];
  seconds: number;
  comparison: Comparison;
  /** The same training without the diagnosis: from the same model, on the mixture as it was. */
  control: (Comparison & Learnt) | null;
  kept: boolean;
  why: string;
}

export interface Improvement {
  format: 1;
  plan: ImprovePlan;
  rounds: Round[];
  /** Seconds that the round that was stopped had taken. */
  elapsed?: number;
  /** The run whose model is the result. */
  best: string;
  /** Beginning and result, on what no round looked at; null where no round was kept, and before the end. */
  final: Comparison | null;
  /** Why it ended; null where it has not. */
  ended: string | null;
}
