import { WrongUse } from "../../io/wrong-use.js";
import { Random } from "../../random/index.js";
import { type Drawn, SMALLEST } from "./diagnose.js";
import { compareDiagnoses } from "./gate.js";
import type { RealRows } from "./images.js";
import { type Diagnosis, told } from "./report.js";
import type { ImprovePlan } from "./state.js";
import { type Target, worstThird } from "./target.js";
import { sharesOf } from "./weights.js";

/** What one look at a run is made with. */
export interface Look<D> {
  seed: number;
  real: RealRows;
  /** Default all to train on. */
  floor?: RealRows;
  /** Of a look at held-out probes: what was found before. */
  steered?: D;
}

export interface DrawnTargetOptions<D extends Drawn> extends Pick<Target<D>, "lessons"> {
  plan: ImprovePlan;
  /** Names of the data and of the judge. */
  data: string;
  judge: string;
  kind: D["kind"];
  /** How many there are to train on, and to test with, of which classes. */
  train: { count: number };
  test: { count: number; labels: ArrayLike<number> | null };
  look(run: string, how: Look<D>): Promise<D>;
  html(found: D, about: Diagnosis): Promise<string>;
}

/**
 * Models that draw: their classes (or clusters) beside what is real. Rounds are steered by what is trained on, half of it
 * the floor; half of what there is to test with decides on rounds, the other half is looked at once.
 */
export function drawnTarget<D extends Drawn>(options: DrawnTargetOptions<D>): Target<D> {
  const { plan, data, judge, kind, train, test, look, lessons, html } = options;
  const { seed } = plan;
  const { labels } = test;
  const drawn = new Random(seed, "held out").permutation(test.count);
  const order = labels ? Array.from(drawn).sort((a, b) => labels[a] - labels[b]) : drawn; // every class is halved
  const halves = [0, 1].map((half) => ({ split: "test" as const, rows: order.filter((_, i) => i % 2 === half) }));
  const [deciding, last] = halves;
  return {
    steer(run, round) {
      const order = new Random(seed + round, "training images").permutation(train.count);
      const [real, floor] = [0, 1].map(
        (half): RealRows => ({ split: "train", rows: order.filter((_, i) => i % 2 === half) }),
      );
      return look(run, { seed: seed + 1000 * round, real, floor });
    },
    hold: (run, which, steered) =>
      which === "last"
        ? look(run, { seed: seed + 999, real: last, steered })
        : look(run, { seed: seed + 1000 * which.round + 1, real: deciding, steered }),
    groups: ({ groups }) => groups,
    targets({ by, groups }) {
      const enough = (index: number) =>
        by === "cluster" ||
        halves.every(({ rows }) => Array.from(rows).filter((row) => labels![row] === index).length >= SMALLEST);
      const judged = groups.filter(({ index }) => enough(index));
      if (judged.length === 0)
        throw new WrongUse(
          `${data} has too few test ${kind}s to decide on rounds: ${2 * SMALLEST} of a class at least are needed, half for the rounds and half for the end.`,
        );
      return worstThird(judged);
    },
    shares: ({ groups }, stuck) => sharesOf(groups, plan.mixture, stuck),
    lessons,
    compare: (before, after, targets) => compareDiagnoses(before, after, targets, seed),
    async told(found, run) {
      const json = told(found, { model: run, data: plan.data, judge, seed });
      return { json, html: await html(found, json) };
    },
  };
}
