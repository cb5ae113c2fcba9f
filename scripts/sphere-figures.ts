/**
 * Draws the pictures of docs/sphere.md with a shipped model and test images that no training saw: `npx tsx
 * scripts/sphere-figures.ts`.
 */
import { join } from "node:path";
import { resolveDataset, toFloat } from "../src/data/index.js";
import { saveGrid } from "../src/io/index.js";
import { Images } from "../src/media/images.js";
import {
  crossover,
  inpaint,
  interpolate,
  loadSphere,
  morph,
  project,
  stitch,
  vary,
} from "../src/methods/sphere/index.js";
import { imageSize } from "../src/models/files.js";

const [name = "sphere-fashion", prefix = "sphere"] = process.argv.slice(2);
const model = await loadSphere(name);
const { height, width, channels } = imageSize(model.config);
const data = String(model.config.training.data);
const { test } = await resolveDataset(data, { size: [height, width], channels });
const size = channels * height * width;
const classNames = model.classNames ?? [];

const pick = (rows: number[]) =>
  new Images(
    toFloat(test, rows),
    rows.length,
    channels,
    height,
    width,
    Int32Array.from(rows, (r) => test.labels![r]),
  );
const at = ({ pixels }: Images, i: number) =>
  new Images(pixels.slice(i * size, (i + 1) * size), 1, channels, height, width);
const row = (...parts: Images[]) => {
  const all = new Float32Array(parts.reduce((n, part) => n + part.pixels.length, 0));
  let to = 0;
  for (const { pixels } of parts) {
    all.set(pixels, to);
    to += pixels.length;
  }
  return new Images(all, all.length / size, channels, height, width);
};
async function save(what: string, rows: Images[]): Promise<void> {
  const { pixels, shape } = row(...rows);
  const path = join(import.meta.dirname, "../docs/images", `${prefix}-${what}.png`);
  await saveGrid(path, pixels, shape, { columns: rows[0].count, scale: 2 });
  process.stdout.write(`${path}\n`);
}

/** The first test image of each class, at most ten. */
const firsts = classNames.slice(0, 10).map((_, label) => test.labels!.indexOf(label));
const pictures = pick(firsts.filter((r) => r >= 0));

await save("steps", await Promise.all([1, 2, 4, 8].map((steps) => model.sample({ count: 20, seed: 3, steps }))));
await save("reconstruct", [pictures, await model.reconstruct(pictures), await project(model, pictures)]);
await save(
  "vary",
  await Promise.all(
    [0, 15, 30, 45, 60, 75].map((angle) =>
      vary(model, row(...Array(10).fill(at(pictures, 7 % pictures.count))), { angle }),
    ),
  ),
);
const starts = [0, 3, 7].filter((i) => i < pictures.count);
await save(
  "morph",
  await Promise.all(
    starts.map(async (i) => {
      const given = at(pictures, i);
      const changed = await Promise.all(classNames.slice(0, 10).map((label) => morph(model, given, { label })));
      return row(given, ...changed);
    }),
  ),
);
const pairs = [
  [0, 3, "horizontal"],
  [7, 9, "vertical"],
  [2, 6, "diagonal"],
  [8, 5, "vertical"],
] as const;
await save(
  "crossover",
  await Promise.all(
    pairs.map(async ([i, j, split]) => {
      const [a, b] = [at(pictures, i % pictures.count), at(pictures, j % pictures.count)];
      const healed = await Promise.all(
        [1, 4, 8].map((steps) => crossover(model, a, b, { split, steps, strength: 0.25 })),
      );
      return row(a, b, stitch(a, b, split), ...healed);
    }),
  ),
);
const hole = Float32Array.from({ length: height * width }, (_, i) => {
  const [y, x] = [Math.floor(i / width), i % width];
  return y >= height * 0.3 && y < height * 0.7 && x >= width * 0.3 && x < width * 0.7 ? 1 : 0;
});
const masked = new Images(
  pictures.pixels.map((value, i) => (hole[i % hole.length] ? 0 : value)),
  pictures.count,
  channels,
  height,
  width,
);
await save("inpaint", [
  pictures,
  masked,
  await inpaint(model, pictures, hole),
  await inpaint(model, pictures, hole, { seed: 1 }),
]);
await save(
  "interpolate",
  await Promise.all(
    [
      [0, 3],
      [7, 9],
      [8, 1],
    ].map(async ([i, j]) =>
      interpolate(model, at(pictures, i % pictures.count), at(pictures, j % pictures.count), { count: 11, steps: 2 }),
    ),
  ),
);
await model.release();
