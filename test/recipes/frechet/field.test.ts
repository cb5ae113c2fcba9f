import { expect, test } from "vitest";
import { FrechetField } from "../../../src/recipes/frechet/field.js";
import { type ClassFeatures, classMapTo, rawMoments, withinClasses } from "../../../src/recipes/frechet/moments.js";

/** Points of a plane, class after class. */
const points = (...classes: number[][][]): ClassFeatures => ({
  values: Float32Array.from(classes.flat(2)),
  classes: classes.length,
  dim: 2,
});
const momentsOf = (features: ClassFeatures) => withinClasses(rawMoments(features), features.dim);
const distance = (from: ClassFeatures, to: ClassFeatures) => classMapTo(momentsOf(to))(momentsOf(from));

const DRAWN = [
  [0, 0],
  [1, 0.5],
  [-1, 1],
  [0.5, -1.5],
  [2, 1],
];
const REAL = { classes: 1, dim: 2, means: Float64Array.of(0.3, -0.2), within: Float64Array.of(1, 0.4, 0.4, 0.8) };

test("within classes the distance is that between the means and that of the covariances", () => {
  const drawn = points(
    [
      [0, 0],
      [1, 1],
      [0.5, -0.5],
    ],
    [
      [3, 0],
      [4, 1],
      [3.5, 1],
    ],
  );
  const real = points(
    [
      [0.2, 0],
      [1, 0.5],
      [0.4, -1],
    ],
    [
      [2.5, 0],
      [4.5, 1],
      [3.5, 2],
    ],
  );
  const found = distance(drawn, real);
  expect(found.distance).toBeCloseTo(0.203552, 6);
  expect(found.means).toBeCloseTo(0.111667, 6);
});

test("labels that are exchanged are seen", () => {
  const [first, second] = [
    [
      [0, 0],
      [1, 1],
    ],
    [
      [3, 0],
      [4, 1],
    ],
  ];
  expect(distance(points(first, second), points(second, first)).distance).toBeCloseTo(9, 10);
  expect(distance(points([...first, ...second]), points([...second, ...first])).distance).toBeLessThan(1e-10);
});

test("moments follow with their decay, and the field is the gradient of the distance", () => {
  const field = new FrechetField(REAL, { decay: 0.9, meanDecay: 0.9 });
  field.begin(points(DRAWN));
  const begun = field.state()!;
  const means = Float64Array.of(0.1, 0.1);
  field.load({ ...begun, means, fast: means.slice(), products: Float64Array.of(1.2, 0.1, 0.1, 0.9) });
  field.observe(points(DRAWN));
  field.refresh();
  expect(field.distance).toBeCloseTo(0.198895, 6);
  const { transport, shift, weight } = field.feeds();
  expect(weight[0]).toBeCloseTo(1 / (field.distance + 1e-4), 5);
  const [x, y] = DRAWN[3];
  const image = [0, 1].map((i) => shift[i] + transport[2 * i] * x + transport[2 * i + 1] * y);
  expect(((2 * 0.1) / 5) * (x - image[0])).toBeCloseTo(0.006332, 6);
  expect(((2 * 0.1) / 5) * (y - image[1])).toBeCloseTo(0.004124, 6);
});

test("the means that the field sees follow faster than those of the distance", () => {
  const field = new FrechetField(REAL, { decay: 0.97, meanDecay: 0.6 });
  field.begin(points(DRAWN));
  const before = field.state()!.means.slice();
  field.observe(points(DRAWN.map(([x, y]) => [x + 1, y])));
  const { means, fast } = field.state()!;
  expect(means[0] - before[0]).toBeCloseTo(0.03, 6);
  expect(fast[0] - before[0]).toBeCloseTo(0.4, 6);
});

test("means that have gone farther than the whole distance was are seen to swing", () => {
  const field = new FrechetField(REAL, { decay: 0.5, meanDecay: 0.5 });
  field.begin(points(DRAWN));
  expect(field.swings).toBe(false);
  field.observe(points(DRAWN.map(([x, y]) => [x + 5, y])));
  field.refresh();
  expect(field.swings).toBe(true);
});
