import { expect, test } from "vitest";
import { type Augmentation, augment } from "../../src/data/augment.js";
import { Random } from "../../src/random/index.js";

const [C, H, W] = [2, 3, 4];
const picture = Array.from({ length: C }, (_, c) =>
  Array.from({ length: H }, (_, y) => Array.from({ length: W }, (_, x) => 100 * c + 10 * y + x)),
);
/** A list with its ends repeated, cut to its length again from `by` places further on. */
const moved = <T>(list: T[], by: number): T[] =>
  [...Array(2).fill(list[0]), ...list, ...Array(2).fill(list.at(-1))].slice(2 + by, 2 + by + list.length);
/** The picture mirrored or not, then moved. */
const outcome = (mirrored: boolean, dx: number, dy: number): string =>
  picture.flatMap((plane) => moved(plane, dy).flatMap((row) => moved(mirrored ? row.toReversed() : row, dx))).join();

test.each<[Augmentation, boolean[], number[]]>([
  [{}, [false], [0]],
  [{ flip: true }, [false, true], [0]],
  [{ shift: 1 }, [false], [-1, 0, 1]],
  [{ flip: true, shift: 1 }, [false, true], [-1, 0, 1]],
  [{ flip: false, shift: 2, noise: 0 }, [false], [-2, -1, 0, 1, 2]],
])("%o makes each of its pictures equally often, and no other", (options, mirrors, shifts) => {
  const wanted = mirrors.flatMap((mirrored) => shifts.flatMap((dx) => shifts.map((dy) => outcome(mirrored, dx, dy))));
  expect(new Set(wanted).size).toBe(wanted.length);
  const n = 150 * wanted.length;
  const images = Float32Array.from(Array(n).fill(picture.flat(2)).flat());
  expect(augment(images, [n, C, H, W], options, new Random(1))).toBe(images);
  const counts = new Map(wanted.map((key) => [key, 0]));
  for (let i = 0; i < n; i++) {
    const key = images.subarray(i * C * H * W, (i + 1) * C * H * W).join();
    expect(counts.has(key), key).toBe(true);
    counts.set(key, counts.get(key)! + 1);
  }
  for (const count of counts.values()) expect(Math.abs(count - 150)).toBeLessThan(4.5 * Math.sqrt(150));
});

test("half of the images get noise, of deviations uniform up to the largest", () => {
  const [n, size, noise] = [4000, 64, 0.3];
  const images = augment(new Float32Array(n * size).fill(5), [n, 1, 8, 8], { noise }, new Random(2));
  const rows = Array.from({ length: n }, (_, i) => images.subarray(i * size, (i + 1) * size).map((v) => v - 5));
  const noisy = rows.filter((row) => row.some((v) => v !== 0));
  expect(Math.abs(noisy.length / n - 0.5)).toBeLessThan(4.5 * Math.sqrt(0.25 / n));
  const deviations = noisy.map((row) => Math.sqrt(row.reduce((sum, v) => sum + v * v, 0) / size) / noise);
  // The square of a deviation U·noise is estimated without bias; its mean is noise²/3
  const square = deviations.reduce((sum, d) => sum + d * d, 0) / noisy.length;
  expect(Math.abs(square - 1 / 3)).toBeLessThan(0.04);
  for (const at of [0.25, 0.5, 0.75])
    expect(Math.abs(deviations.filter((d) => d < at).length / noisy.length - at), `${at}`).toBeLessThan(0.06);
  const mean = noisy.reduce((sum, row) => sum + row.reduce((a, b) => a + b, 0), 0) / (noisy.length * size);
  expect(Math.abs(mean)).toBeLessThan(0.005);
});
