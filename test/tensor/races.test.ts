import { availableParallelism } from "node:os";
import { describe, expect, test } from "vitest";
import { compile, type DeviceName } from "../../src/runtime/index.js";
import { constant, grad, scatterAdd, scatterAddElements, type Tensor } from "../../src/tensor/index.js";

/**
 * Sums that the runtime may divide among threads, of whole numbers, so that every order gives the same float32: a lost
 * or doubled addend shows. `expected` counts in plain loops.
 */
interface Reduction {
  shapes: readonly (readonly number[])[];
  /** Size of an index input of the first shape's rows; absent: none. */
  rows?: number;
  build(x: Tensor[], indices: Tensor): Tensor;
  expected(x: Float32Array[], indices: Int32Array): ArrayLike<number>;
}

/** Whole numbers from −3 to 3 without an obvious period. */
const whole = (size: number, salt: number) =>
  Float32Array.from({ length: size }, (_, i) => ((Math.imul(i + 1, 2654435761 + 2 * salt) >>> 16) % 7) - 3);
const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** Sums of the entries of `x` that `place` sends to each of `length` places. */
function sums(x: ArrayLike<number>, length: number, place: (i: number) => number, of = (v: number) => v): number[] {
  const out = new Array<number>(length).fill(0);
  for (let i = 0; i < x.length; i++) out[place(i)] += of(x[i]);
  return out;
}

/** Gradients of Σ y·cotangent: of a look-up of `count` rows in a table. */
const lookup = (rows: number, width: number, count: number): Reduction => ({
  shapes: [[count, width]],
  rows,
  build: ([x], indices) => {
    const table = constant(new Float32Array(rows * width), [rows, width]);
    return grad(table.gather(indices), [table], x)[0];
  },
  expected: ([x], indices) => sums(x, rows * width, (i) => indices[Math.floor(i / width)] * width + (i % width)),
});

/**
 * The gradient of a convolution (kernel 4, stride 2, padding 1, all ones): how often each pixel is read, times what
 * arrives there.
 */
const [N, C, S] = [4, 16, 16];
const spread = (x: Float32Array): number[] => {
  const side = 2 * S;
  const out = new Array<number>(N * C * side * side).fill(0);
  const perImage = new Array<number>(N * S * S).fill(0);
  for (let i = 0; i < x.length; i++) perImage[Math.floor(i / (C * S * S)) * S * S + (i % (S * S))] += x[i];
  for (let n = 0; n < N; n++)
    for (let i = 0; i < S * S; i++)
      for (let tap = 0; tap < 16; tap++) {
        const [row, column] = [2 * Math.floor(i / S) - 1 + (tap >> 2), 2 * (i % S) - 1 + (tap & 3)];
        if (row < 0 || row >= side || column < 0 || column >= side) continue;
        for (let c = 0; c < C; c++) out[((n * C + c) * side + row) * side + column] += perImage[n * S * S + i];
      }
  return out;
};
const ones = (shape: number[]) => constant(new Float32Array(size(shape)).fill(1), shape);

const reductions: Record<string, Reduction> = {
  "gather's gradient: 5 rows": lookup(5, 512, 640),
  "gather's gradient: 64 rows": lookup(64, 512, 640),
  "gather's gradient: 27 rows": lookup(27, 128, 2560),
  "gather's gradient: 300 rows": lookup(300, 128, 2560),
  "gather's gradient: 2000 rows": lookup(2000, 128, 2560),
  "gather's gradient: numbers": lookup(50, 1, 300_000),
  scatterAdd: {
    shapes: [[4096, 128]],
    rows: 27,
    build: ([x], indices) => scatterAdd(x, indices, [27, 128]),
    expected: ([x], indices) => sums(x, 27 * 128, (i) => indices[i >> 7] * 128 + (i & 127)),
  },
  "scatterAddElements: rows": {
    shapes: [[4096, 64]],
    rows: 9,
    build: ([x], indices) => scatterAddElements(x, indices.unsqueeze(1).broadcastTo([4096, 64]), [9, 64], 0),
    expected: ([x], indices) => sums(x, 9 * 64, (i) => indices[i >> 6] * 64 + (i & 63)),
  },
  "gatherElements's gradient": {
    shapes: [[4096, 64]],
    rows: 9,
    build: ([x], indices) => {
      const from = constant(new Float32Array(4096 * 9), [4096, 9]);
      return grad(from.gatherElements(indices.unsqueeze(1).broadcastTo([4096, 64])), [from], x)[0];
    },
    expected: ([x], indices) => sums(x, 4096 * 9, (i) => (i >> 6) * 9 + indices[i >> 6]),
  },
  sum: {
    shapes: [[300_000]],
    build: ([x]) => x.sum(),
    expected: ([x]) => sums(x, 1, () => 0),
  },
  "sum: rows": {
    shapes: [[64, 4096]],
    build: ([x]) => x.sum(1),
    expected: ([x]) => sums(x, 64, (i) => i >> 12),
  },
  "sum: columns": {
    shapes: [[4096, 64]],
    build: ([x]) => x.sum(0),
    expected: ([x]) => sums(x, 64, (i) => i & 63),
  },
  "sum: outer and inner axes": {
    shapes: [[32, 64, 128]],
    build: ([x]) => x.sum([0, 2]),
    expected: ([x]) => sums(x, 64, (i) => (i >> 7) & 63),
  },
  "sum: the middle axis": {
    shapes: [[32, 128, 64]],
    build: ([x]) => x.sum(1),
    expected: ([x]) => sums(x, 32 * 64, (i) => (i >> 13) * 64 + (i & 63)),
  },
  mean: {
    shapes: [[4096, 64]],
    build: ([x]) => x.mean(0),
    expected: ([x]) => sums(x, 64, (i) => i & 63).map((v) => v / 4096),
  },
  sumSquare: {
    shapes: [[64, 4096]],
    build: ([x]) => x.sumSquare(1),
    expected: ([x]) =>
      sums(
        x,
        64,
        (i) => i >> 12,
        (v) => v * v,
      ),
  },
  cumulativeSum: {
    shapes: [[64, 4096]],
    build: ([x]) => x.cumulativeSum(1),
    expected: ([x]) => {
      let sum = 0;
      return Array.from(x, (v, i) => (sum = i % 4096 ? sum + v : v));
    },
  },
  matmul: {
    shapes: [
      [64, 5000],
      [5000, 16],
    ],
    build: ([a, b]) => a.matmul(b),
    expected: ([a, b]) =>
      Array.from({ length: 64 * 16 }, (_, i) => {
        let sum = 0;
        for (let k = 0; k < 5000; k++) sum += a[(i >> 4) * 5000 + k] * b[k * 16 + (i & 15)];
        return sum;
      }),
  },
  "conv2d's gradients: input": {
    shapes: [[N, C, S, S]],
    build: ([x]) => {
      const from = constant(new Float32Array(N * C * 4 * S * S), [N, C, 2 * S, 2 * S]);
      return grad(from.conv2d(ones([C, C, 4, 4]), { stride: 2, padding: 1 }), [from], x)[0];
    },
    expected: ([x]) => spread(x),
  },
  "conv2d's gradients: weight": {
    shapes: [
      [N, 4, S, S],
      [N, C, S, S],
    ],
    build: ([x, y]) => {
      const weight = constant(new Float32Array(C * 4), [C, 4, 1, 1]);
      return grad(x.conv2d(weight), [weight], y)[0];
    },
    expected: ([x, y]) =>
      Array.from({ length: C * 4 }, (_, i) => {
        const [o, c] = [i >> 2, i & 3];
        let sum = 0;
        for (let n = 0; n < N; n++)
          for (let p = 0; p < S * S; p++) sum += x[(n * 4 + c) * S * S + p] * y[(n * C + o) * S * S + p];
        return sum;
      }),
  },
  convTranspose2d: {
    shapes: [[N, C, S, S]],
    build: ([x]) => x.convTranspose2d(ones([C, C, 4, 4]), { stride: 2, padding: 1 }),
    expected: ([x]) => spread(x),
  },
  "avgPool2d's gradient: overlapping windows": {
    shapes: [[N, C, S, S]],
    build: ([x]) => {
      const from = constant(new Float32Array(N * C * 4 * S * S), [N, C, 2 * S, 2 * S]);
      return grad(from.avgPool2d(4, { stride: 2, padding: 1 }), [from], x.mul(16))[0];
    },
    expected: ([x]) => {
      // One channel at a time is the convolution's gradient above
      const out: number[] = [];
      const side = 2 * S;
      for (let plane = 0; plane < N * C; plane++) {
        const from = plane * S * S;
        for (let row = 0; row < side; row++)
          for (let column = 0; column < side; column++) {
            let sum = 0;
            for (const i of [(row + 1) >> 1, (row - 1) >> 1])
              for (const j of [(column + 1) >> 1, (column - 1) >> 1])
                if (i >= 0 && i < S && j >= 0 && j < S) sum += x[from + i * S + j];
            out.push(sum);
          }
      }
      return out;
    },
  },
  "upsample's gradient": {
    shapes: [[N, C, 2 * S, 2 * S]],
    build: ([x]) => {
      const from = constant(new Float32Array(N * C * S * S), [N, C, S, S]);
      return grad(from.upsample(2), [from], x)[0];
    },
    expected: ([x]) =>
      sums(x, N * C * S * S, (i) => (Math.floor(i / (4 * S * S)) * S + ((i >> 6) % S)) * S + ((i % (2 * S)) >> 1)),
  },
  "resize's gradient: nearest": {
    shapes: [[N, C, 3 * S, 2 * S]],
    build: ([x]) => {
      const from = constant(new Float32Array(N * C * S * S), [N, C, S, S]);
      return grad(from.resize([3 * S, 2 * S]), [from], x)[0];
    },
    expected: ([x]) =>
      sums(x, N * C * S * S, (i) => {
        const [plane, row, column] = [Math.floor(i / (6 * S * S)), Math.floor(i / (2 * S)) % (3 * S), i % (2 * S)];
        return (plane * S + Math.floor(row / 3)) * S + (column >> 1);
      }),
  },
};

const threads = Math.max(2, availableParallelism());
const scattered = Object.entries(reductions).filter(([, { rows }]) => rows !== undefined);

describe.each<[DeviceName, number, [string, Reduction][]]>([
  ["cpu", 200, Object.entries(reductions)],
  ["wasm", 40, scattered],
])("on all cores of the device %s, in %i runs, nothing is lost in", (device, runs, cases) => {
  test.each(cases)("%s", async (_, { shapes, rows = 1, build, expected }) => {
    const data = shapes.map((shape, i) => whole(size(shape), i));
    const count = shapes[0][0];
    // Most indices repeat their neighbour's, so that threads meet in one row
    const indices = Int32Array.from({ length: count }, (_, i) => (i * 7 + (i >> 5)) % rows);
    const inputs = Object.fromEntries(shapes.map((shape, i) => [`x${i}`, shape]));
    const program = compile(
      { ...inputs, indices: { shape: [count], dtype: "int32" } },
      ({ indices, ...x }: Record<string, Tensor>) => ({ y: build(Object.values(x), indices) }),
      { device, threads },
    );
    const feeds = { ...Object.fromEntries(data.map((x, i) => [`x${i}`, x])), indices };
    const right = Float32Array.from(expected(data, indices));
    expect(right.some((v) => v !== 0)).toBe(true);
    for (let run = 0; run < runs; run++) {
      const { y } = await program.run(feeds);
      const wrong = y.reduce((n, v, i) => n + Number(v !== right[i]), 0);
      if (y.length !== right.length || wrong > 0)
        expect.fail(
          `run ${run}: ${wrong} of ${right.length} sums are wrong, the first is ${y.find((v, i) => v !== right[i])}`,
        );
    }
    await program.release();
  });
});
