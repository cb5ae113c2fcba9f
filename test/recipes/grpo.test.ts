import { expect, test } from "vitest";
import { Random } from "../../src/random/index.js";
import { type GrpoOptions, groupAdvantages, grpoLoss, k3, tokenLoss, zeroVariance } from "../../src/recipes/grpo.js";
import { compile } from "../../src/runtime/index.js";
import { grad } from "../../src/tensor/index.js";

const wasm = { device: "cpu", threads: 1 } as const;

test("advantages by hand: half of eight right, one of eight, one of two", () => {
  const [half] = groupAdvantages([1, 1, 1, 1, 0, 0, 0, 0], 8, { epsilon: 0 });
  expect(half).toBeCloseTo(0.93541, 5);
  const one = groupAdvantages([1, 0, 0, 0, 0, 0, 0, 0], 8, { epsilon: 0 });
  expect([one[0], one[1]].map((x) => x.toFixed(5))).toEqual(["2.47487", "-0.35355"]);
  expect(groupAdvantages([0, 1], 2, { epsilon: 0 })[1]).toBeCloseTo(Math.SQRT1_2, 5);
  expect(groupAdvantages([0, 1], 2, { normalise: false })).toEqual(Float32Array.of(-0.5, 0.5));
  expect(() => groupAdvantages([1, 0, 1], 2)).toThrow("3 rewards in groups of 2");
  expect(() => groupAdvantages([1], 1)).toThrow("2 answers or more");
});

test("advantages sum to 0 in each group, have deviation 1, and go with what rewards are scaled by", () => {
  const random = new Random(3);
  const rewards = Float32Array.from({ length: 64 }, () => random.uniform());
  const found = groupAdvantages(rewards, 8, { epsilon: 0 });
  for (let at = 0; at < 64; at += 8) {
    const group = found.slice(at, at + 8);
    expect(group.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 5);
    expect(group.reduce((a, b) => a + b * b, 0) / 7).toBeCloseTo(1, 5);
  }
  const near = (a: Float32Array, b: Float32Array) => a.forEach((x, i) => void expect(x).toBeCloseTo(b[i], 3));
  near(
    groupAdvantages(
      Array.from(rewards, (r) => 3 * r + 1),
      8,
      { epsilon: 0 },
    ),
    found,
  );
  near(
    groupAdvantages(
      Array.from(rewards, (r) => -2 * r),
      8,
      { epsilon: 0 },
    ),
    found.map((x) => -x),
  );
});

test("where all rewards of a group are alike it teaches nothing, and is counted", () => {
  const rewards = [0.1, 0.1, 0.1, 0.1, 1, 0, 1, 1];
  expect([...groupAdvantages(rewards, 4)].slice(0, 4)).toEqual([0, 0, 0, 0]);
  expect(zeroVariance(rewards, 4)).toBe(0.5);
});

/** Loss and gradient by log π of one token with this ratio and advantage. */
async function clip(ratio: number, advantage: number, options: GrpoOptions = {}) {
  await using program = compile(
    { now: [1], advantages: [1] },
    ({ now, advantages }) => {
      const zero = now.mul(0);
      const loss = tokenLoss({ now, old: zero, reference: zero, advantages }, { kl: 0, ...options }).sum();
      return { loss, slope: grad(loss, [now])[0] };
    },
    wasm,
  );
  const { loss, slope } = await program.run({ now: [Math.log(ratio)], advantages: [advantage] });
  return [loss[0], slope[0]];
}

test.each([
  [1.5, 1, -1.3, 0],
  [0.5, 1, -0.5, -0.5],
  [0.5, -1, 0.8, 0],
  [1.5, -1, 1.5, 1.5],
  [10, -1, 3, 0],
  [1, 2, -2, -2],
])("ratio %d with advantage %d: loss %d, gradient %d", async (ratio, advantage, loss, slope) => {
  const found = await clip(ratio, advantage);
  expect(found[0]).toBeCloseTo(loss, 5);
  expect(found[1]).toBeCloseTo(slope, 5);
});

test("k3 by hand, never negative, with the slope 1 − exp(d)", async () => {
  await using program = compile(
    { d: [5] },
    ({ d }) => {
      const now = d.neg();
      const value = k3(now, d.mul(0));
      return { value, slope: grad(value.sum(), [now])[0] };
    },
    wasm,
  );
  const d = [0, 0.5, -0.5, 1, -3];
  const { value, slope } = await program.run({ d });
  for (const [i, wanted] of [0, 0.148721, 0.106531, 0.718282].entries()) expect(value[i]).toBeCloseTo(wanted, 5);
  for (const [i, one] of d.entries()) {
    expect(value[i]).toBeGreaterThanOrEqual(0);
    expect(slope[i]).toBeCloseTo(1 - Math.exp(one), 4);
  }
});

const softmax = (z: readonly number[]) => {
  const sum = z.reduce((total, x) => total + Math.exp(x), 0);
  return z.map((x) => Math.exp(x) / sum);
};

test("over all answers k3 is the divergence, and its gradient that of the other direction's", async () => {
  const [z, zref] = [
    [0.3, -0.8, 1.1, 0.2],
    [-0.5, 0.4, 0.6, -0.1],
  ];
  const [p, q] = [softmax(z), softmax(zref)];
  const logs = (list: readonly number[]) => list.map(Math.log);
  await using program = compile(
    { logits: [4], reference: [4], share: [4] },
    ({ logits, reference, share }) => {
      const value = k3(logits.logSoftmax(), reference).mul(share).sum();
      return { value, slope: grad(value, [logits])[0] };
    },
    wasm,
  );
  const { value, slope } = await program.run({ logits: z, reference: logs(q), share: p });
  expect(value[0]).toBeCloseTo(
    p.reduce((sum, x, i) => sum + x * Math.log(x / q[i]), 0),
    5,
  );
  // ∇ KL(ref‖π) by the logits is π − ref
  for (const [i, x] of slope.entries()) expect(x).toBeCloseTo(p[i] - q[i], 5);
});

test("averages: of one token with loss 1 and nine with 0", async () => {
  const mask = Float32Array.from({ length: 18 }, (_, i) => (i === 0 || i >= 9 ? 1 : 0));
  await using program = compile(
    { zero: [2, 9], mask: [2, 9], advantages: [2] },
    ({ zero, mask, advantages }) => {
      const asked = { now: zero, old: zero, reference: zero, mask, advantages };
      const of = (average: GrpoOptions["average"]) => grpoLoss(asked, { average });
      return { sequence: of("sequence"), token: of("token"), fixed: of(10) };
    },
    wasm,
  );
  const found = await program.run({ zero: new Float32Array(18), mask, advantages: [-1, 0] });
  expect(found.sequence[0]).toBeCloseTo(0.5, 6);
  expect(found.token[0]).toBeCloseTo(0.1, 6);
  expect(found.fixed[0]).toBeCloseTo(1 / 20, 6);
});

test("the gradient of the whole loss is that of finite differences", async () => {
  const [N, T] = [6, 3];
  const random = new Random(8);
  const feeds = {
    now: random.normals(N * T).map((x) => 0.5 * x - 1),
    old: random.normals(N * T).map((x) => 0.5 * x - 1),
    reference: random.normals(N * T).map((x) => 0.5 * x - 1),
    mask: Float32Array.from({ length: N * T }, (_, i) => (i % T <= Math.floor(i / T) % T ? 1 : 0)),
    advantages: random.normals(N),
  };
  await using program = compile(
    { now: [N, T], old: [N, T], reference: [N, T], mask: [N, T], advantages: [N] },
    (given) => {
      const loss = grpoLoss(given, { kl: 0.3 });
      return { loss, slope: grad(loss, [given.now])[0] };
    },
    wasm,
  );
  const { slope } = await program.run(feeds);
  const wanted = slope.slice();
  const h = 1e-2;
  for (let i = 0; i < N * T; i++) {
    const at = async (by: number) => {
      const { loss } = await program.run({ ...feeds, now: feeds.now.map((x, j) => (j === i ? x + by : x)) });
      return loss[0];
    };
    expect((await at(h)) / (2 * h) - (await at(-h)) / (2 * h)).toBeCloseTo(wanted[i], 2);
  }
});

test("over all groups of two answers the expected step goes along the rise of the expected reward", async () => {
  const z = [0.2, -0.4, 0.7];
  const reward = [0, 0.3, 1];
  const p = softmax(z);
  await using program = compile(
    { logits: [3], old: [3], pick: [2, 3], advantages: [2] },
    ({ logits, old, pick, advantages }) => {
      const of = (logs: typeof old) => pick.mul(logs).sum(1, true);
      const now = of(logits.logSoftmax());
      const loss = grpoLoss({ now, old: of(old), reference: of(old), mask: now.mul(0).add(1), advantages }, { kl: 0 });
      return { slope: grad(loss, [logits])[0] };
    },
    wasm,
  );
  const expected = [0, 0, 0];
  for (let a = 0; a < 3; a++)
    for (let b = 0; b < 3; b++) {
      const pick = new Float32Array(6);
      pick[a] = pick[3 + b] = 1;
      const advantages = groupAdvantages([reward[a], reward[b]], 2, { normalise: false });
      const { slope } = await program.run({ logits: z, old: p.map(Math.log), pick, advantages });
      for (let i = 0; i < 3; i++) expected[i] -= p[a] * p[b] * slope[i];
    }
  const mean = p.reduce((sum, x, i) => sum + x * reward[i], 0);
  // (G − 1)/G of ∂E[r]/∂z = π(r − E[r])
  for (let i = 0; i < 3; i++) expect(expected[i]).toBeCloseTo(0.5 * p[i] * (reward[i] - mean), 5);
});
