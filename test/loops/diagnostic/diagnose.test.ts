import { describe, expect, test } from "vitest";
import { diagnose, type JudgedSet } from "../../../src/loops/diagnostic/diagnose.js";
import { compared, scoreOf } from "../../../src/loops/diagnostic/terms.js";
import { features } from "../../../src/metrics/index.js";
import { Random } from "../../../src/random/index.js";

type Point = [number, number];
const NAMES = ["zero", "one", "two", "three", "four"];
const random = new Random(11);
const near = ([x, y]: Point, spread = 1): Point => [x + spread * random.normal(), y + spread * random.normal()];
const set = (points: Point[], labels: number[] | null, right: number[] | null = null): JudgedSet => ({
  features: features(Float32Array.from(points.flat()), 2),
  labels,
  right,
});
const centre = (label: number): Point => [12 * label, 0];

/** `n` points of each class, drawn at the place of the class that `drawn` says. */
function classes(n: number, drawn = (label: number) => label): JudgedSet {
  const labels = Array.from({ length: n * NAMES.length }, (_, i) => i % NAMES.length);
  return set(
    labels.map((label) => near(centre(drawn(label)))),
    labels,
    labels.map((label) => (drawn(label) === label ? 1 : 0)),
  );
}

/** Precision, recall, density and coverage from their definitions, point by point. */
function byDefinition(samples: Point[], real: Point[], k: number) {
  const d = (a: Point, b: Point) => Math.hypot(a[0] - b[0], a[1] - b[1]);
  const radius = (p: Point, among: Point[]) =>
    among
      .filter((q) => q !== p)
      .map((q) => d(p, q))
      .sort((a, b) => a - b)[k - 1];
  const share = (hits: boolean[]) => hits.filter(Boolean).length / hits.length;
  const inBall = real.map((x) => samples.map((y) => d(x, y) < radius(x, real)));
  const inSampleBall = real.map((x) => samples.map((y) => d(x, y) < radius(y, samples)));
  return {
    precision: share(samples.map((_, j) => inBall.some((row) => row[j]))),
    recall: share(inSampleBall.map((row) => row.some(Boolean))),
    density: inBall.flat().filter(Boolean).length / (k * samples.length),
    coverage: share(inBall.map((row) => row.some(Boolean))),
  };
}

test("each class has the figures of their definitions, with intervals and a floor of other real images", () => {
  const pointsOf = ({ features: { data } }: JudgedSet, label: number, labels: ArrayLike<number>): Point[] =>
    Array.from(labels).flatMap((l, i) => (l === label ? [[data[2 * i], data[2 * i + 1]] as Point] : []));
  const [real, floor, samples] = [classes(30), classes(30), classes(30)];
  const { groups } = diagnose({ real, floor, samples, classNames: NAMES, random: new Random(1) });
  for (const { name, n, accuracy, kinds: _, ...figures } of groups) {
    const label = NAMES.indexOf(name);
    const [x, y, z] = [real, samples, floor].map((one) => pointsOf(one, label, one.labels!));
    const [own, real2real] = [byDefinition(y, x, 5), byDefinition(z, x, 5)];
    expect(n).toEqual({ real: 30, samples: 30 });
    for (const figure of ["precision", "recall", "density", "coverage"] as const) {
      expect(figures[figure].value).toBeCloseTo(own[figure], 10);
      expect(figures[figure].floor).toBeCloseTo(real2real[figure], 10);
      expect(figures[figure].interval![0]).toBeLessThanOrEqual(figures[figure].value);
    }
    expect(accuracy).toMatchObject({ value: 1, floor: 1 });
  }
});

test("the score is the harmonic mean of density, coverage and accuracy, by hand, relative to real images", () => {
  const terms = (density: number[], coverage: number[], accuracy: number[] | null) => ({
    ...{ precision: [1, 1], recall: [1, 1] },
    ...{ density, coverage, accuracy },
  });
  const drawn = terms([0.2, 0.6], [1, 0], [1, 0]);
  expect(scoreOf({ drawn, floor: terms([1, 1], [1, 1], [1, 1]) })).toBeCloseTo(3 / (1 / 0.4 + 1 / 0.5 + 1 / 0.5), 12);
  expect(scoreOf({ drawn, floor: terms([0.5, 0.5], [1, 0], [1, 1]) })).toBeCloseTo(3 / (1 / 0.8 + 1 + 1 / 0.5), 12);
  expect(scoreOf({ drawn: terms([3, 3], [1, 1], null), floor: terms([2, 1], [1, 1], null) })).toBe(1);
  expect(scoreOf({ drawn: terms([1, 1], [0, 0], null), floor: terms([1, 1], [1, 1], null) })).toBe(0);
});

test("the same images are all like themselves; half of two heaps is precise and covers half", () => {
  const heaps = Array.from({ length: 40 }, (_, i) => near(i % 2 ? [0, 0] : [50, 0]));
  const { features: all } = set(heaps, null);
  const self = compared({ real: all, samples: all, floor: all });
  expect(scoreOf(self)).toBe(1);
  const one = heaps.filter((_, i) => i % 2);
  const { features: half } = set([...one, ...one.map(([x, y]): Point => [x + 1e-3, y])], null);
  const terms = compared({ real: all, samples: half, floor: all }).drawn;
  const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length;
  expect(mean(terms.precision)).toBe(1);
  expect(mean(terms.coverage)).toBe(0.5);
});

describe("planted blind spots", () => {
  test("a class that is never drawn comes first, by far, and it is said why", () => {
    const samples = classes(60, (label) => (label === 3 ? 1 : label));
    const found = diagnose({
      real: classes(60),
      floor: classes(60),
      samples,
      classNames: NAMES,
      random: new Random(1),
    });
    const [worst, next] = found.groups;
    expect(worst.name).toBe("three");
    expect(worst.score.value).toBe(0);
    expect(worst.accuracy).toMatchObject({ value: 0, floor: 1 });
    expect(worst.finding).toBe("draws what no real image is like; misses some real images; is taken for other classes");
    expect(next.score.value).toBeGreaterThan(0.7);
  });

  test("without classes the cluster that is never drawn comes first", () => {
    const points = (drawn: (label: number) => number) => ({ ...classes(60, drawn), labels: null, right: null });
    const [real, floor] = [points((label) => label), points((label) => label)];
    const samples = points((label) => (label === 3 ? 1 : label));
    const { groups, centres } = diagnose({
      real,
      floor,
      samples,
      classNames: null,
      clusters: 5,
      random: new Random(1),
    });
    const [worst] = groups;
    expect(Math.round(centres!.data[2 * worst.index] / 12)).toBe(3);
    expect(worst).toMatchObject({ share: 0, n: { real: 60, samples: 0 }, accuracy: null });
    expect(worst.score.value).toBe(0);
    expect(groups.find(({ share }) => share === 2)).toBeDefined(); // class 1, drawn twice as often
  });

  test("a kind inside a class that is never drawn is the hard one, and nothing else is", () => {
    const kind = (i: number): Point =>
      [
        [0, 0],
        [9, 0],
        [0, 9],
        [9, 9],
      ][i % 4] as Point;
    const heap = (pick: (i: number) => number): JudgedSet => {
      const points = Array.from({ length: 200 }, (_, i) => near(kind(pick(i))));
      return set(points, new Array(200).fill(0), new Array(200).fill(1));
    };
    const even = (i: number) => i;
    const samples = heap((i) => (i % 4 === 2 ? 0 : i));
    const { groups } = diagnose({
      real: heap(even),
      floor: heap(even),
      samples,
      classNames: ["all"],
      random: new Random(2),
    });
    const [{ kinds, centres, finding }] = groups;
    const hard = kinds.filter((one) => one.hard);
    expect(hard).toHaveLength(1);
    expect(
      Array.from(centres!.data.subarray(2 * hard[0].cluster, 2 * hard[0].cluster + 2), (x) => Math.round(x / 9) + 0),
    ).toEqual([0, 1]);
    expect(hard[0].coverage.value).toBeLessThan(0.1);
    expect(hard[0].coverage.floor).toBeGreaterThan(0.8);
    expect(finding).toBe("misses some real images");
  });
});

test("of a model that draws as the data are, hard kinds are found in a tenth of the diagnoses at most", () => {
  let found = 0;
  for (let seed = 0; seed < 50; seed++) {
    const { groups } = diagnose({
      ...{ real: classes(60), floor: classes(60), samples: classes(60) },
      ...{ classNames: NAMES, kinds: 3, random: new Random(seed) },
    });
    if (groups.some(({ kinds }) => kinds.some(({ hard }) => hard))) found++;
  }
  expect(found).toBeLessThanOrEqual(5);
});

test("classes of too few images are named rather than measured", () => {
  const { groups, tooFew } = diagnose({
    ...{ real: classes(30), floor: classes(19), samples: classes(30) },
    ...{ classNames: NAMES, random: new Random(1) },
  });
  expect(groups).toEqual([]);
  expect(tooFew).toEqual(NAMES.map((name) => ({ name, real: 19 })));
});
