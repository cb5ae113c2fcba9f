import { expect, test } from "vitest";
import { compile, grad, Random, type Tensor } from "../../src/core.js";
import type { ConvOptions } from "../../src/tensor/ops/conv.js";
import { sizeOf } from "../../src/tensor/shape.js";

/** Images, which are many enough to share the zeros between them. */
const N = 9;

const cases: Record<string, { x: [c: number, h: number, w: number]; weight: number[]; options: ConvOptions }> = {
  "more outputs": { x: [3, 5, 6], weight: [4, 3, 3, 3], options: { padding: 1 } },
  "more inputs": { x: [5, 5, 6], weight: [3, 5, 3, 3], options: { padding: 1 } },
  "few inputs, all taps at once": { x: [1, 6, 5], weight: [16, 1, 3, 3], options: { padding: 1 } },
  "few outputs, all taps at once": { x: [16, 6, 5], weight: [1, 16, 3, 3], options: { padding: 1 } },
  "rows only": { x: [3, 6, 4], weight: [4, 3, 5, 1], options: { padding: [2, 0] } },
  "columns only": { x: [4, 4, 6], weight: [3, 4, 1, 5], options: { padding: [0, 2] } },
  "more padding before than after": { x: [3, 5, 5], weight: [2, 3, 4, 4], options: { padding: [3, 2, 1, 0] } },
  "padding wider than the reach": { x: [2, 3, 4], weight: [3, 2, 2, 2], options: { padding: 3 } },
  "stride 2 and whole frames of padding": { x: [2, 7, 6], weight: [9, 2, 5, 5], options: { padding: 3, stride: 2 } },
  dilated: { x: [3, 6, 6], weight: [2, 3, 3, 3], options: { padding: 2, dilation: 2 } },
  groups: { x: [4, 5, 5], weight: [4, 2, 3, 3], options: { padding: 1, groups: 2 } },
};

test.each(Object.entries(cases))("a batch's weight gradient is the sum of its images': %s", async (_, of) => {
  const [x, weight] = [[N, ...of.x], of.weight];
  const conv = (images: Tensor, kernel: Tensor) => images.conv2d(kernel, of.options).sin();
  const program = compile({ x, weight }, ({ x, weight }) => ({
    together: grad(conv(x, weight).sum(), [weight])[0],
    apart: x
      .split(N, 0)
      .map((image) => grad(conv(image, weight).sum(), [weight])[0])
      .reduce((a, b) => a.add(b)),
  }));
  const random = new Random(2);
  const got = await program.run({ x: random.normals(sizeOf(x)), weight: random.normals(sizeOf(weight)) });
  await program.release();
  const size = Math.hypot(...got.apart);
  expect(size).toBeGreaterThan(1);
  expect(Math.hypot(...got.apart.map((v, i) => v - got.together[i])) / size).toBeLessThan(1e-5);
});
