import {
  clusterCentres,
  type Features,
  firstRows,
  fisherExact,
  holm,
  nearestCentre,
  type RandomSource,
} from "../../metrics/index.js";
import { type DrawnKind, finding } from "./finding.js";
import { type Compared, compared, type Figure, figureOf, part, scoreFigure } from "./terms.js";

/** Images of a kind within a class: a cluster of real images in the judge's features. */
export interface KindDiagnosis {
  /** Its cluster: row of the group's `centres`. */
  cluster: number;
  /** Real images of it that were looked for. */
  n: number;
  coverage: Figure;
  /** Probability, corrected for all kinds of the diagnosis, of missing so many were the class missed everywhere alike. */
  p: number;
  /** Missed clearly more often than the rest of its class. */
  hard: boolean;
}

/** How a class, or a cluster of images without classes, is drawn. */
export interface GroupDiagnosis {
  name: string;
  /** Real images, and as many samples of a class; of a cluster those that fell into it. */
  n: { real: number; samples: number };
  /** Samples of a cluster per real image of it; null for classes that are asked for. */
  share: number | null;
  /** Harmonic mean of density, coverage and accuracy relative to real images. */
  score: Figure;
  precision: Figure;
  recall: Figure;
  density: Figure;
  coverage: Figure;
  accuracy: Figure | null;
  /** What is wrong, in words. */
  finding: string;
  kinds: KindDiagnosis[];
}

/** A group with what pictures and mixtures are made from. */
export interface MeasuredGroup extends GroupDiagnosis {
  /** Its class, or its cluster. */
  index: number;
  terms: Compared;
  /** Rows of the sets' samples and real images that the terms are of. */
  rows: { samples: readonly number[]; real: readonly number[] };
  /** Centres of the kinds within a class. */
  centres: Features | null;
}

/** One set of images in the judge's space. */
export interface JudgedSet {
  features: Features;
  /** Class of each: asked for, or that of a real image. */
  labels: ArrayLike<number> | null;
  /** 1 where the judge sees that class; null where it knows other classes, or none. */
  right: ArrayLike<number> | null;
}

export interface DiagnosisInput {
  /** What is drawn; default images. */
  kind?: DrawnKind;
  /** Images that the samples are looked for among. */
  real: JudgedSet;
  /** Other real images, in place of samples. */
  floor: JudgedSet;
  samples: JudgedSet;
  /** Names of the classes; null: groups are clusters. */
  classNames: readonly string[] | null;
  /** Clusters of images without classes (10), of at least `SMALLEST` images on average. */
  clusters?: number;
  /** Centres of the clusters, as an earlier diagnosis had them; default made of the real images. */
  centres?: Features | null;
  /** Kinds within each class (4), of at least `SMALLEST` images on average; 0 or 1: none. */
  kinds?: number;
  random: RandomSource;
}

export interface Measured {
  /** Worst first. */
  groups: MeasuredGroup[];
  /** Classes with too few real images to say anything, or with too few samples. */
  tooFew: { name: string; real: number }[];
  /** Centres of the clusters that the groups are, where there are no classes. */
  centres: Features | null;
}

/** A diagnosis of what is drawn, with the sets that it was made from. */
export interface Drawn extends Measured {
  kind: DrawnKind;
  by: "class" | "cluster";
  /** Samples that were drawn. */
  count: number;
  /** Network evaluations of each. */
  nfe: number;
  /** Where the samples were looked for. */
  split: "train" | "test";
  sets: { real: JudgedSet; floor: JudgedSet; samples: JudgedSet };
}

/** Fewest images of which a class or a kind is said anything. */
export const SMALLEST = 20;
/** A kind is hard that is missed so many times as often as its class is. */
const LIFT = 1.5;
const LEVEL = 0.05;

/** Figures of each class or cluster and of the kinds inside, worst first. Nothing is drawn here: it sees features. */
export function diagnose(input: DiagnosisInput): Measured {
  const { classNames } = input;
  const found = classNames ? byClass(input, classNames) : byCluster(input);
  markHard(found.groups);
  found.groups.sort((a, b) => a.score.value - b.score.value || a.index - b.index);
  return found;
}

function byClass(
  { kind, real, floor, samples, random, kinds = 4 }: DiagnosisInput,
  names: readonly string[],
): Measured {
  const groups: MeasuredGroup[] = [];
  const tooFew: Measured["tooFew"] = [];
  for (const [index, name] of names.entries()) {
    const rowsOf = ({ labels }: JudgedSet) => rowsWith(labels!, index);
    const all = [real, samples, floor].map(rowsOf);
    const n = Math.min(...all.map((rows) => rows.length));
    if (n < SMALLEST) {
      tooFew.push({ name, real: n });
      continue;
    }
    const [realRows, sampleRows, floorRows] = all.map((rows) => rows.slice(0, n));
    // The judge may have learned from training images: what is right of real images is that of those looked among
    const accuracy = samples.right &&
      real.right && { samples: at(samples.right, sampleRows), floor: at(real.right, realRows) };
    const ownReal = rowsIn(real.features, realRows);
    const terms = compared({
      real: ownReal,
      samples: rowsIn(samples.features, sampleRows),
      floor: rowsIn(floor.features, floorRows),
      accuracy,
    });
    const k = Math.min(kinds, Math.floor(n / SMALLEST));
    const centres = k > 1 ? clusterCentres(ownReal, k, random) : null;
    const rows = { samples: sampleRows, real: realRows };
    const group = measured({ kind, name, index, terms, rows, share: null, random });
    groups.push({
      ...group,
      centres,
      kinds: centres ? kindsOf(terms, nearestCentre(ownReal, centres), k, random) : [],
    });
  }
  return { groups, tooFew, centres: null };
}

function byCluster({ kind, random, clusters = 10, centres: given, ...sets }: DiagnosisInput): Measured {
  const n = Math.min(...Object.values({ a: sets.real, b: sets.samples, c: sets.floor }).map((s) => s.features.count));
  const [real, samples, floor] = [sets.real, sets.samples, sets.floor].map(({ features }) => firstRows(features, n));
  const most = Math.max(1, Math.min(clusters, Math.floor(n / SMALLEST)));
  const centres = given ?? clusterCentres(real, most, random);
  const k = centres.count;
  const all = compared({ real, samples, floor });
  const [inReal, inSamples, inFloor] = [real, samples, floor].map((set) => nearestCentre(set, centres));
  const groups = Array.from({ length: k }, (_, index) => {
    const rows = { samples: rowsWith(inSamples, index), real: rowsWith(inReal, index) };
    const terms = {
      drawn: part(all.drawn, rows.samples, rows.real),
      floor: part(all.floor, rowsWith(inFloor, index), rows.real),
    };
    const share = rows.samples.length / Math.max(1, rows.real.length);
    return measured({ kind, name: `cluster ${index + 1}`, index, terms, rows, share, random });
  });
  return { groups, tooFew: [], centres };
}

function measured(
  group: Pick<MeasuredGroup, "name" | "index" | "terms" | "rows" | "share"> & Pick<DiagnosisInput, "kind" | "random">,
) {
  const { kind = "image", random, ...rest } = group;
  const figure = (name: "precision" | "recall" | "density" | "coverage") => figureOf(rest.terms, name, random)!;
  const figures = {
    precision: figure("precision"),
    recall: figure("recall"),
    density: figure("density"),
    coverage: figure("coverage"),
    accuracy: figureOf(rest.terms, "accuracy", random),
  };
  const n = { real: rest.rows.real.length, samples: rest.rows.samples.length };
  const score = scoreFigure(rest.terms, random);
  return {
    ...rest,
    n,
    ...figures,
    score,
    finding: finding(figures, kind),
    kinds: [],
    centres: null,
  } satisfies MeasuredGroup;
}

/** Kinds within a class, by the cluster of each real image; which are hard is said when all are known. */
function kindsOf({ drawn, floor }: Compared, cluster: Int32Array, k: number, random: RandomSource): KindDiagnosis[] {
  const missed = (rows: ArrayLike<number>, coverage: ArrayLike<number>) =>
    Array.from(rows).reduce((sum, row) => sum + (coverage[row] === 0 ? 1 : 0), 0);
  const all = Array.from(cluster, (_, i) => i);
  const total = missed(all, drawn.coverage);
  return Array.from({ length: k }, (_, index) => {
    const rows = rowsWith(cluster, index);
    const terms = { drawn: part(drawn, [], rows), floor: part(floor, [], rows) };
    const hits = missed(rows, drawn.coverage);
    return {
      cluster: index,
      n: rows.length,
      coverage: figureOf(terms, "coverage", random)!,
      p: fisherExact({ hits, n: rows.length, total, all: all.length }),
      hard: hits / rows.length >= (LIFT * total) / all.length,
    };
  }).filter(({ n }) => n > 0);
}

/** Corrects the kinds' probabilities for how many there are, and says which kinds are hard. */
function markHard(groups: readonly MeasuredGroup[]): void {
  const kinds = groups.flatMap((group) => group.kinds);
  for (const [i, p] of holm(kinds.map((kind) => kind.p)).entries()) {
    kinds[i].p = p;
    kinds[i].hard &&= kinds[i].n >= SMALLEST && p < LEVEL;
  }
}

const rowsWith = (values: ArrayLike<number>, wanted: number): number[] =>
  Array.from(values).flatMap((value, row) => (value === wanted ? [row] : []));

const at = (values: ArrayLike<number>, rows: readonly number[]): number[] => rows.map((row) => values[row]);

/** Some vectors of a set, copied. */
export function rowsIn({ data, dim }: Features, rows: ArrayLike<number>): Features {
  const chosen = new Float32Array(rows.length * dim);
  for (let i = 0; i < rows.length; i++) chosen.set(data.subarray(rows[i] * dim, (rows[i] + 1) * dim), i * dim);
  return { data: chosen, count: rows.length, dim };
}
