import { expect, test } from "vitest";
import { grid, texture } from "../../src/networks/texture.js";
import { compile } from "../../src/runtime/index.js";

const [C, H, W] = [2, 11, 14];
const picture = (at: (c: number, y: number, x: number) => number) =>
  Array.from({ length: C * H * W }, (_, i) => at(Math.floor(i / (H * W)), Math.floor(i / W) % H, i % W));
const noise = picture((c, y, x) => Math.sin(12.9898 * (x + 31 * y + 977 * c)));

/** Both of each picture. */
async function found(...pictures: number[][]): Promise<Record<"grid" | "texture", number[][]>> {
  const n = pictures.length;
  const program = compile({ images: [n, C, H, W] }, ({ images }) => ({ grid: grid(images), texture: texture(images) }));
  const all = await program.run({ images: Float32Array.from(pictures.flat()) });
  await program.release();
  const rows = (values: Float32Array) =>
    pictures.map((_, i) => [...values.subarray((i * values.length) / n, ((i + 1) * values.length) / n)]);
  return { grid: rows(all.grid), texture: rows(all.texture) };
}

test("a grid is what comes again every four pixels, less what lies around it", async () => {
  const at = (c: number, y: number, x: number) => noise[(c * H + y) * W + x];
  const {
    grid: [mine],
  } = await found(noise);
  const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
  const phases = Array.from({ length: C * 16 }, (_, i) => {
    const [c, down, right] = [Math.floor(i / 16), Math.floor(i / 4) % 4, i % 4];
    const details: number[] = [];
    // 9 rows and 12 columns have neighbours on all sides: two and three whole cells
    for (let y = 1 + down; y < 9; y += 4)
      for (let x = 1 + right; x < 13; x += 4) {
        let around = 0;
        for (const dy of [-1, 0, 1]) for (const dx of [-1, 0, 1]) around += at(c, y + dy, x + dx) / 9;
        details.push(at(c, y, x) - around);
      }
    return { mean: mean(details), power: Math.sqrt(mean(details.map((d) => d * d)) + 1e-6) };
  });
  const wanted = [...phases.map(({ mean }) => mean), ...phases.map(({ power }) => power)];
  expect(mine).toHaveLength(C * 32);
  for (const [i, value] of wanted.entries()) expect(mine[i]).toBeCloseTo(value, 5);
});

test("a faint mesh over a smooth picture stands out in the grid; brightness does not", async () => {
  const smooth = picture((c, y, x) => 0.02 * (x + y + c));
  const mesh = smooth.map((value, i) => value + ((i % W) % 2) * 0.05);
  const brighter = smooth.map((value) => value + 0.3);
  const { grid: rows } = await found(smooth, brighter, mesh);
  const apart = (a: number[], b: number[]) => Math.sqrt(a.reduce((sum, x, i) => sum + (x - b[i]) ** 2, 0));
  expect(apart(rows[0], rows[1])).toBeLessThan(1e-3);
  expect(apart(rows[0], rows[2])).toBeGreaterThan(0.1);
});

test("texture says how much fine structure there is, not how bright the picture is", async () => {
  const { texture: rows } = await found(
    noise,
    noise.map((value) => value + 1),
    noise.map((value) => 2 * value),
  );
  expect(rows[0]).toHaveLength(2 * 3 * 32);
  for (const [i, value] of rows[0].entries()) {
    expect(rows[1][i]).toBeCloseTo(value, 4);
    expect(rows[2][i] / value).toBeCloseTo(2, 2);
  }
});
