import { readFile } from "node:fs/promises";
import { afterEach, describe, expect, test, vi } from "vitest";
import { compileKernels, kernelSources } from "../../scripts/build-kernels.js";
import { parameter } from "../../src/nn/index.js";
import * as optim from "../../src/optim/index.js";
import { kernels } from "../../src/optim/kernels/index.js";
import { type Kernels, reference } from "../../src/optim/kernels/reference.js";
import { simdKernels } from "../../src/optim/kernels/simd.js";
import { Random } from "../../src/random/index.js";
import { Parameters } from "../../src/runtime/index.js";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

/** |got − want| ≤ 1e-6·(|want| + the mean magnitude of all), in every element. */
function expectClose(got: Float32Array, want: Float32Array, what: string): void {
  expect(got.length, what).toBe(want.length);
  const scale = want.reduce((sum, x) => sum + Math.abs(x), 0) / want.length;
  const worst = want.reduce((most, x, i) => Math.max(most, Math.abs(got[i] - x) / (Math.abs(x) + scale || 1)), 0);
  if (!(worst <= 1e-6) || got.some(Number.isNaN)) expect.fail(`${what}: relative error ${worst}`);
}

/** Compares bits: `toEqual` takes seconds for as many numbers. */
const same = (a: Float32Array, b: Float32Array) =>
  Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength));
function expectSame(got: Record<string, Float32Array>, want: Record<string, Float32Array>): void {
  expect(Object.keys(got)).toEqual(Object.keys(want));
  for (const [name, vector] of Object.entries(want)) expect(same(got[name], vector), name).toBe(true);
}

const random = new Random(5);
const normals = (length: number, scale: number) => random.normals(length).map((x) => x * scale);

/** Vectors of a kind of memory: ordinary ones pass through the slots, the kernels' own are worked on in place. */
const places = {
  ordinary: (count: number, length: number) => reference.vectors(count, length),
  own: (count: number, length: number, of: Kernels) => of.vectors(count, length),
};
const adamStep = {
  scale: 0.7,
  l2: 0.03,
  beta1: 0.9,
  beta2: 0.99,
  stepSize: 0.02,
  correction: 1.7,
  eps: 1e-6,
  decay: 2e-3,
};
const sgdStep = { scale: 0.7, l2: 0.03, momentum: 0.9, onGradient: 0.02, onMomentum: 0.05 };
const runs: Record<string, (kernels: Kernels, v: Float32Array[], start: number, end: number) => void> = {
  adam: (kernels, [p, m, v, g], start, end) => kernels.adam([p, m, v, g], start, end, adamStep),
  sgd: (kernels, [p, b, , g], start, end) => kernels.sgd([p, b, g], start, end, sgdStep),
  average: (kernels, [a, p], start, end) => kernels.average(a.subarray(start, end), p.subarray(start, end), 0.3),
};

describe("the kernels agree with the plain loops", () => {
  const parts: [length: number, start: number, end: number][] = [
    [3, 0, 3], // less than four
    [64, 0, 64],
    [101, 3, 94], // neither begins nor ends at a multiple of four
    [101, 50, 50], // nothing
    [90_001, 0, 90_001], // many parts
    [90_001, 7, 89_998],
    [90_001, 8192, 16_384],
  ];
  for (const [name, run] of Object.entries(runs))
    for (const [length, start, end] of parts)
      test(`${name} on ${start}…${end} of ${length}`, () => {
        const simd = simdKernels();
        const begin = [normals(length, 1), normals(length, 0.1), normals(length, 0.1), normals(length, 1)];
        begin[2].forEach((x, i, v) => {
          v[i] = x * x;
        });
        const want = begin.map((v) => v.slice());
        run(reference, want, start, end);
        const bits = Object.values(places).map((place) => {
          const got = place(4, length, simd);
          got.forEach((v, k) => {
            v.set(begin[k]);
          });
          run(simd, got, start, end);
          got.forEach((v, k) => {
            expectClose(v, want[k], `vector ${k}`);
            // The neighbours are left alone, and all of the gradients
            expect(same(v.subarray(0, start), begin[k].subarray(0, start)), `before, in vector ${k}`).toBe(true);
            expect(same(v.subarray(end), begin[k].subarray(end)), `behind, in vector ${k}`).toBe(true);
          });
          expect(same(got[3], begin[3])).toBe(true);
          return got;
        });
        expectSame(Object.fromEntries(bits[0].entries()), Object.fromEntries(bits[1].entries()));
      });

  test("the norm, in double precision, wherever a vector begins and ends", () => {
    for (const length of [0, 1, 5, 8192, 8193, 100_003]) {
      const vector = normals(length + 3, 1e15).subarray(3); // squares beyond single precision
      const [own] = simdKernels().vectors(1, length);
      own.set(vector);
      for (const v of [vector, own]) {
        const [got, want] = [simdKernels().sumOfSquares(v), reference.sumOfSquares(vector)];
        expect(Math.abs(got - want)).toBeLessThanOrEqual(1e-12 * want);
      }
    }
  });

  test("numbers that are not finite show in the norm wherever they stand", () => {
    for (const at of [0, 5, 8191, 8192, 10_001])
      for (const bad of [Number.NaN, Number.NEGATIVE_INFINITY]) {
        const vector = normals(10_002, 1);
        vector[at] = bad;
        expect(optim.normOf(vector)).toBe(Math.abs(bad));
      }
  });

  test("a moment of long memory settles where the loops' does", () => {
    const by = { ...adamStep, beta2: 0.9999, l2: 0, decay: 0 };
    const simd = simdKernels();
    const [got, want] = [simd.vectors(4, 4), simd.vectors(4, 4)];
    for (let step = 0; step < 40_000; step++) {
      const g = random.normals(4);
      simd.adam([got[0], got[1], got[2], g], 0, 4, by);
      reference.adam([want[0], want[1], want[2], g], 0, 4, by);
    }
    for (let i = 0; i < 4; i++) expect(Math.abs(got[2][i] / want[2][i] - 1)).toBeLessThan(5e-5);
  });

  test("factors that single precision cannot hold are left to the loops", () => {
    const [p, m, v, g] = simdKernels().vectors(4, 8);
    g[1] = 1e-3;
    simdKernels().adam([p, m, v, g], 0, 8, { ...adamStep, l2: 0, eps: 1e-60 });
    expect(p[0]).toBe(0); // 0/0 with an eps of 0
    expect(p[1]).toBeLessThan(0);
  });
});

/** Parameters in two groups, whose borders are not multiples of four, and gradients for them. */
const SHAPES = { "first.weight": [300, 301], "first.bias": [301], "second.weight": [7, 11], "second.bias": [3] };
function start(): Parameters {
  const parameters = new Parameters(
    Object.entries(SHAPES).map(([name, shape]) => [name, parameter(shape, () => {})] as const),
  );
  parameters.flat.set(new Random(1).normals(parameters.count));
  return parameters;
}
const gradients = Array.from({ length: 4 }, (_, k) => new Random(9 + k).normals(start().count));
type Optim = Pick<typeof optim, "adam" | "adamw" | "sgd" | "ema">;
const groups = [{ match: /bias$/, lr: 0.5, weightDecay: 0 }];
const makers: Record<string, (o: Optim, p: Parameters) => optim.Optimizer> = {
  adamw: (o, p) => o.adamw(p, { lr: 0.01, clip: 20, weightDecay: 0.1, groups }),
  adam: (o, p) => o.adam(p, { lr: 0.01, weightDecay: 0.1, groups }),
  sgd: (o, p) => o.sgd(p, { lr: 0.1, momentum: 0.9, clip: 20, weightDecay: 0.01, groups }),
  nesterov: (o, p) => o.sgd(p, { lr: 0.1, momentum: 0.9, nesterov: true }),
};

function train(o: Optim, make: (o: Optim, p: Parameters) => optim.Optimizer) {
  const parameters = start();
  const optimizer = make(o, parameters);
  const ema = o.ema(parameters, { decay: 0.99 });
  const norms = gradients.map((g) => {
    const { norm } = optimizer.update(g);
    ema.update();
    return norm;
  });
  return { norms, vectors: { values: parameters.flat, average: ema.average, ...optimizer.state().vectors } };
}

describe.each(Object.entries(makers))("%s", (_, make) => {
  test("without WebAssembly the updates are the same to single precision", async () => {
    const { norms, vectors } = train(optim, make);
    vi.stubGlobal("WebAssembly", undefined);
    vi.resetModules();
    const plain = train(await import("../../src/optim/index.js"), make);
    expect((await import("../../src/optim/kernels/index.js")).kernels()).toHaveProperty("name", "plain loops");
    norms.forEach((norm, k) => {
      expect(Math.abs(norm / plain.norms[k] - 1)).toBeLessThan(1e-12);
    });
    for (const [name, vector] of Object.entries(plain.vectors))
      expectClose(vectors[name as "values"], vector as Float32Array, name);
  });

  test("gives the same bits every time, and changes nothing where the norm is not finite", () => {
    expectSame(train(optim, make).vectors, train(optim, make).vectors);
    const parameters = start();
    const optimizer = make(optim, parameters);
    optimizer.update(gradients[0]);
    const before = { values: parameters.flat.slice(), ...optimizer.state().vectors };
    const broken = gradients[1].slice();
    broken[broken.length - 1] = Number.NaN;
    expect(optimizer.update(broken).norm).toBeNaN();
    expect(optimizer.step).toBe(1);
    expectSame({ values: parameters.flat, ...optimizer.state().vectors }, before);
  });
});

test("WebAssembly is what runs here, and no memory for it is no obstacle", () => {
  expect(kernels()).toHaveProperty("name", "WebAssembly SIMD");
  const simd = simdKernels();
  vi.stubGlobal("WebAssembly", {
    ...WebAssembly,
    Memory: class {
      constructor() {
        throw new RangeError("WebAssembly.Memory(): could not allocate memory");
      }
    },
  });
  const vectors = simd.vectors(4, 90_001);
  expect(vectors.map(({ byteOffset, length }) => [byteOffset, length])).toEqual(Array(4).fill([0, 90_001]));
});

test.each(Object.entries(kernelSources))("%s compiles to the committed module", async (source, target) => {
  const committed = await readFile(new URL(`../../${target}`, import.meta.url), "utf8");
  expect(committed).toBe(await compileKernels(source as keyof typeof kernelSources));
});
