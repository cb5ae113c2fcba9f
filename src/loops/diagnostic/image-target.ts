import type { ImageDataset } from "../../data/index.js";
import { reweighted } from "../../data/mixture.js";
import { WrongUse } from "../../io/wrong-use.js";
import type { Extractor } from "../../judges/extractors/index.js";
import { loadModel } from "../../methods/load.js";
import { Random } from "../../random/index.js";
import type { DeviceName } from "../../runtime/index.js";
import { SMALLEST } from "./diagnose.js";
import { compareDiagnoses } from "./gate.js";
import { diagnoseImages, drawRows, type ImageDiagnosis, type RealRows } from "./images.js";
import { diagnosisHtml, told } from "./report.js";
import type { ImprovePlan } from "./state.js";
import { type Target, worstThird } from "./target.js";
import { imageWeights, sharesOf } from "./weights.js";

export interface ImageTargetOptions {
  plan: ImprovePlan;
  dataset: ImageDataset;
  judge: Extractor;
  device?: DeviceName | "auto";
  signal?: AbortSignal;
}

/**
 * Models of images: their classes (or clusters) beside real images. Rounds are steered by training images, half of them
 * the floor; half of the test images decide on rounds, the other half are looked at once.
 */
export function imageTarget({ plan, dataset, judge, device, signal }: ImageTargetOptions): Target<ImageDiagnosis> {
  const { test, train } = dataset;
  const { seed, perClass, data, settings } = plan;
  const labels = test.labels;
  const drawn = new Random(seed, "held out").permutation(test.count);
  const order = labels ? Array.from(drawn).sort((a, b) => labels[a] - labels[b]) : drawn; // every class is halved
  const halves = [0, 1].map((half): RealRows => ({ split: "test", rows: order.filter((_, i) => i % 2 === half) }));
  const [deciding, last] = halves;

  async function diagnosed(
    run: string,
    among: RealRows,
    { offset, floor, steered }: { offset: number; floor?: ArrayLike<number>; steered?: ImageDiagnosis },
  ): Promise<ImageDiagnosis> {
    const model = await loadModel(run, { kind: "image", device });
    try {
      const labelled = model.classNames !== null && train.labels !== null;
      const rows = (split: "train" | "test", from?: ArrayLike<number>): RealRows => {
        const own = labelled ? dataset[split] : { ...dataset[split], labels: null };
        return {
          split,
          rows: drawRows(own, labelled ? perClass : 10 * perClass, new Random(seed + offset, split), from),
        };
      };
      return await diagnoseImages(model, dataset, judge, {
        perClass,
        seed: seed + offset,
        real: rows(among.split, among.rows),
        floor: rows("train", floor),
        centres: steered?.centres,
        kinds: steered ? 0 : undefined,
        signal,
      });
    } finally {
      await model.release();
    }
  }

  return {
    steer(run, round) {
      const order = new Random(seed + round, "training images").permutation(train.count);
      const [real, floor] = [0, 1].map((half) => order.filter((_, i) => i % 2 === half));
      return diagnosed(run, { rows: real, split: "train" }, { offset: 1000 * round, floor });
    },
    hold: (run, which, steered) =>
      which === "last"
        ? diagnosed(run, last, { offset: 999, steered })
        : diagnosed(run, deciding, { offset: 1000 * which.round + 1, steered }),
    groups: ({ groups }) => groups,
    targets({ by, groups }) {
      const enough = (index: number) =>
        by === "cluster" ||
        halves.every(({ rows }) => Array.from(rows).filter((row) => labels![row] === index).length >= SMALLEST);
      const judged = groups.filter(({ index }) => enough(index));
      if (judged.length === 0)
        throw new WrongUse(
          `${dataset.id} has too few test images to decide on rounds: ${2 * SMALLEST} of a class at least are needed, half for the rounds and half for the end.`,
        );
      return worstThird(judged);
    },
    shares: ({ groups }, stuck) => sharesOf(groups, plan.mixture, stuck),
    async lessons(mixed) {
      if (!mixed) return [{ dataset, settings }];
      const weights = await imageWeights(mixed.found, mixed.shares, dataset, judge, signal);
      return [{ dataset: reweighted(dataset, weights), settings }];
    },
    compare: (before, after, targets) => compareDiagnoses(before, after, targets, seed),
    async told(found, run) {
      const json = told(found, { model: run, data, judge: judge.name, seed });
      return { json, html: await diagnosisHtml(found, dataset, json) };
    },
  };
}
