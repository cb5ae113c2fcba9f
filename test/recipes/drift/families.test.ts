import { expect, test } from "vitest";
import { Random } from "../../../src/random/index.js";
import { pixelFamilies, stageFamilies } from "../../../src/recipes/drift/families.js";
import { imageDriftLoss } from "../../../src/recipes/drift/image-objective.js";
import { compile } from "../../../src/runtime/index.js";
import { concat, constant, grad } from "../../../src/tensor/index.js";
import { close, evaluate, flat, tensor } from "../../methods/drifting/helpers.js";
import { imageDrift64, type Vectors } from "../../methods/drifting/reference.js";

const random = new Random(19, "families");
/**
 * Random vectors [images][places][size]; odd places lie elsewhere and wider, so that no place can stand for another.
 */
const vectors = (images: number, places: number, size: number, shift = 0): Vectors =>
  Array.from({ length: images }, () =>
    Array.from({ length: places }, (_, v) =>
      Array.from({ length: size }, () => shift + v + (1 + v) * Math.fround(random.normal())),
    ),
  );

test.each([
  ["weighted negatives", 5],
  ["no negatives", 0],
])("every place of every group is a problem of its own, with its group's weight: %s", async (_, pool) => {
  const [groups, samples, real] = [3, 4, 6];
  const sizes = [
    [1, 5],
    [4, 3],
    [2, 2],
  ] as const;
  const make = (images: number, shift: number) =>
    sizes.map(([places, size]) =>
      Array.from({ length: groups }, (_, group) => vectors(images, places, size, shift + 2 * group)).flat(),
    );
  const [gen, positives] = [make(samples, 0), make(real, 0.5)];
  const weights = [0.3, 1, 2.5];
  const negatives =
    pool > 0 ? { families: sizes.map(([places, size]) => vectors(pool, places, size, 1)), weights } : null;
  const wanted = imageDrift64(gen, positives, negatives, groups);
  const named = (all: Vectors[]) => all.map((family, i) => ({ name: `${i}`, vectors: tensor(family) }));
  const shapes = Object.fromEntries(gen.map((f, i) => [`f${i}`, [f.length, f[0].length, f[0][0].length]]));
  const program = compile(
    shapes,
    (inputs) => {
      const families = Object.values(inputs);
      const { loss, scale, power } = imageDriftLoss(
        families.map((vectors, i) => ({ name: `${i}`, vectors })),
        named(positives),
        negatives && { families: named(negatives.families), weight: constant(weights, [groups, 1]) },
        groups,
        { temperatures: [0.02, 0.05, 0.2] },
      );
      return { loss, scale, power, gradients: grad(loss, families) };
    },
    { threads: 1 },
  );
  const feeds = Object.fromEntries(gen.map((f, i) => [`f${i}`, flat(f)]));
  const { loss, scale, power, gradients } = await program.run(feeds);
  close(loss, wanted.loss, 1e-4);
  close(scale, wanted.scale, 5e-5); // the distance of a sample from itself is the root of what rounding leaves
  close(
    power.map((p, i) => p / wanted.power[i]),
    [1, 1, 1],
    1e-3,
  );
  const expected = flat(wanted.gradients);
  close(gradients, expected, 2e-4 * Math.max(...expected.map(Math.abs)));
  await program.release();
});

const [N, C, H, W] = [2, 2, 8, 8];
const pixels = Float32Array.from({ length: N * C * H * W }, () => random.normal());
const at = (n: number, c: number, y: number, x: number) => pixels[((n * C + c) * H + y) * W + x];
const range = (n: number) => Array.from({ length: n }, (_, i) => i);
/** Pixels of a cell of channel c whose upper left corner is (y, x). */
const cell = (n: number, c: number, y: number, x: number, size: number) =>
  range(size * size).map((i) => at(n, c, y + Math.floor(i / size), x + (i % size)));
const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
const deviation = (values: number[]) => Math.sqrt(mean(values.map((v) => (v - mean(values)) ** 2)) + 1e-6);

/** Of each image one vector of the statistic of all cells. */
const whole = (size: number, statistic: (values: number[]) => number) =>
  range(N).map((n) => [
    range(C).flatMap((c) =>
      range(H / size).flatMap((i) => range(W / size).map((j) => statistic(cell(n, c, i * size, j * size, size)))),
    ),
  ]);
/** Of each image its cells, row by row. */
const places = (size: number, of: (cells: number[][]) => number[]) =>
  range(N).map((n) =>
    range(H / size).flatMap((i) =>
      range(W / size).map((j) => of(range(C).map((c) => cell(n, c, i * size, j * size, size)))),
    ),
  );

test("the pixel families are the image, its differences, and moments of its cells", async () => {
  const names = pixelFamilies(constant(pixels, [N, C, H, W])).map(({ name }) => name);
  const values = await evaluate(() =>
    Object.fromEntries(pixelFamilies(constant(pixels, [N, C, H, W])).map(({ name, vectors }) => [name, vectors])),
  );
  const shapes = Object.fromEntries(
    pixelFamilies(constant(pixels, [N, C, H, W])).map(({ name, vectors }) => [name, vectors.shape]),
  );
  const wanted: Record<string, number[][][]> = {
    pixels: whole(1, (v) => v[0]),
    dx: range(N).map((n) => [
      range(C).flatMap((c) => range(H).flatMap((y) => range(W - 1).map((x) => at(n, c, y, x + 1) - at(n, c, y, x)))),
    ]),
    dy: range(N).map((n) => [
      range(C).flatMap((c) => range(H - 1).flatMap((y) => range(W).map((x) => at(n, c, y + 1, x) - at(n, c, y, x)))),
    ]),
    mean2: whole(2, mean),
    std2: whole(2, deviation),
    mean4: whole(4, mean),
    std4: whole(4, deviation),
    meanHalf: places(H / 2, (cells) => cells.map(mean)),
    stdHalf: places(H / 2, (cells) => cells.map(deviation)),
    patches: places(H / 4, (cells) => cells.flat()),
  };
  expect(names).toEqual(Object.keys(wanted));
  for (const name of names) {
    expect(shapes[name], name).toEqual([N, wanted[name][0].length, wanted[name][0][0].length]);
    close(values[name], wanted[name], 1e-5);
  }
});

test("the stage families are channel means and deviations of each stage, and all but the first flattened", async () => {
  const stages = () => [constant(pixels, [N, C, H, W]), constant(pixels, [N, 4, 8, 4]).mul(2)];
  const families = stageFamilies(stages());
  expect(families.map(({ name, vectors }) => [name, vectors.shape])).toEqual([
    ["stage0.mean", [N, 1, 2]],
    ["stage0.std", [N, 1, 2]],
    ["stage1.mean", [N, 1, 4]],
    ["stage1.std", [N, 1, 4]],
    ["stage1.flat", [N, 1, 128]],
  ]);
  const { all } = await evaluate(() => ({
    all: concat(
      stageFamilies(stages()).map(({ vectors }) => vectors.reshape([-1])),
      0,
    ),
  }));
  const channels = (size: number) =>
    range(pixels.length / size).map((i) => [...pixels.subarray(i * size, (i + 1) * size)]);
  const doubled = channels(32).map((values) => values.map((v) => 2 * v));
  close(
    all,
    [
      ...channels(64).map(mean),
      ...channels(64).map(deviation),
      ...doubled.map(mean),
      ...doubled.map(deviation),
      ...doubled.flat(),
    ],
    1e-5,
  );
});
