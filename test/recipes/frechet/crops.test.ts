import { expect, test } from "vitest";
import { cornerAt, cropAt, cropInTurn, shiftTo } from "../../../src/networks/crops.js";
import { compile } from "../../../src/runtime/index.js";
import { constant } from "../../../src/tensor/index.js";

const [N, C, H, W] = [6, 2, 3, 4];
const pixels = Float32Array.from({ length: N * C * H * W }, (_, i) => i + 1);
/** Image n without the row and the column that a corner leaves out. */
const crop = (n: number, corner: number) => {
  const out = [];
  for (let c = 0; c < C; c++)
    for (let y = 0; y < H - 1; y++)
      for (let x = 0; x < W - 1; x++) out.push(pixels[((n * C + c) * H + y + (corner >> 1)) * W + x + (corner & 1)]);
  return out;
};

test("images are cropped at one corner, or each at the next one", async () => {
  const program = compile({ images: [N, C, H, W], corner: [4] }, ({ images, corner }) => ({
    one: cropAt(images, corner),
    turn: cropInTurn(images),
    each: cropAt(images, constant([0, 0, 0, 1, ...Array(5).fill([1, 0, 0, 0]).flat()], [N, 4])),
  }));
  const all = (corner: (n: number) => number) => Array.from({ length: N }, (_, n) => crop(n, corner(n))).flat();
  for (const k of [0, 1, 2, 3]) {
    const corner = Float32Array.from({ length: 4 }, (_, i) => Number(i === k));
    const { one, turn, each } = await program.run({ images: pixels, corner });
    expect([...one]).toEqual(all(() => k));
    expect([...turn]).toEqual(all((n) => n % 4));
    expect([...each]).toEqual(all((n) => (n === 0 ? 3 : 0)));
  }
  await program.release();
});

test("images are moved to a corner, where the last row and column come again", async () => {
  const program = compile({ images: [N, C, H, W], corner: [4] }, ({ images, corner }) => ({
    moved: shiftTo(images, corner),
  }));
  for (const k of [0, 1, 2, 3, 4]) {
    const { moved } = await program.run({ images: pixels, corner: cornerAt(k) });
    const [down, right] = [(k % 4) >> 1, k % 2];
    const wanted = Array.from({ length: N * C * H * W }, (_, i) => {
      const [plane, y, x] = [Math.floor(i / (H * W)), Math.floor(i / W) % H, i % W];
      return pixels[(plane * H + Math.min(y + down, H - 1)) * W + Math.min(x + right, W - 1)];
    });
    expect([...moved], `corner ${k}`).toEqual(wanted);
  }
  await program.release();
});
