import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parameter } from "../../src/nn/index.js";
import * as optim from "../../src/optim/index.js";
import { Parameters } from "../../src/runtime/index.js";

interface Golden {
  start: Record<string, { shape: number[]; data: number[] }>;
  gradients: number[][];
  cases: Record<string, { after: number[][]; norms: number[] }>;
}
const golden: Golden = JSON.parse(readFileSync(new URL("../goldens/nn/optimizers.json", import.meta.url), "utf8"));

function startingPoint(): Parameters {
  const parameters = new Parameters(
    Object.entries(golden.start).map(([name, { shape }]) => [name, parameter(shape, () => {})] as const),
  );
  parameters.load(golden.start);
  return parameters;
}
const gradients = golden.gradients.map((g) => Float32Array.from(g));

const makers: Record<string, (p: Parameters) => optim.Optimizer> = {
  adamw: (p) => optim.adamw(p, { lr: 0.01, betas: [0.9, 0.95], eps: 1e-6, weightDecay: 0.1 }),
  adamwClipped: (p) => optim.adamw(p, { lr: 0.01, clip: 0.5 }),
  adam: (p) => optim.adam(p, { lr: 0.01, weightDecay: 0.1 }),
  sgd: (p) => optim.sgd(p, { lr: 0.1, momentum: 0.9, weightDecay: 0.01 }),
  nesterov: (p) => optim.sgd(p, { lr: 0.1, momentum: 0.9, nesterov: true }),
  groups: (p) => optim.adamw(p, { lr: 0.01, weightDecay: 0.2, groups: [{ match: /bias$/, lr: 0.5, weightDecay: 0 }] }),
  muon: (p) => optim.muon(p, { lr: 0.02, weightDecay: 0.1 }),
};

describe("updates follow torch.optim", () => {
  test("every case of the golden file is tried", () => {
    expect(Object.keys(makers).sort()).toEqual(Object.keys(golden.cases).sort());
  });
  for (const [name, make] of Object.entries(makers))
    test(name, () => {
      const parameters = startingPoint();
      const optimizer = make(parameters);
      const { after, norms } = golden.cases[name];
      gradients.forEach((g, k) => {
        expect(optimizer.update(g).norm).toBeCloseTo(norms[k], 5);
        after[k].forEach((value, i) => {
          expect(Math.abs(parameters.flat[i] - value), `update ${k}, element ${i}`).toBeLessThan(3e-6);
        });
      });
      expect(optimizer.step).toBe(gradients.length);
    });
});

describe("state", () => {
  for (const [name, make] of Object.entries(makers))
    test(`${name}: a loaded copy goes on bit for bit`, () => {
      const original = startingPoint();
      const first = make(original);
      for (const g of gradients.slice(0, 3)) first.update(g);
      const saved = structuredClone(first.state());
      const copy = startingPoint();
      copy.flat.set(original.flat);
      const second = make(copy);
      second.load(saved);
      for (const g of gradients.slice(3)) {
        first.update(g);
        second.update(g);
      }
      expect(second.step).toBe(6);
      expect(copy.flat).toEqual(original.flat);
    });

  test("a saved state is a copy, and another network's is refused without a change", () => {
    const parameters = startingPoint();
    const optimizer = makers.adamw(parameters);
    optimizer.update(gradients[0]);
    const saved = optimizer.state();
    const m = saved.vectors.m.slice();
    optimizer.update(gradients[1]);
    expect(saved.vectors.m).toEqual(m);
    const before = optimizer.state();
    expect(() => optimizer.load({ step: 1, vectors: { m, v: new Float32Array(3) } })).toThrow(/"v" has 3 numbers, 32/);
    expect(() => optimizer.load({ step: -1, vectors: before.vectors })).toThrow(/step must be/);
    expect(optimizer.state()).toEqual(before);
  });
});

describe("update", () => {
  test.each(Object.keys(makers).filter((name) => name !== "muon"))("%s part by part is the same as whole", (name) => {
    const size = golden.gradients[0].length;
    const parts = [0, 1, 5, size].slice(0, -1).map((from, i, all) => [from, all[i + 1] ?? size] as const);
    const [whole, inParts] = [startingPoint(), startingPoint()];
    const optimizer = makers[name](whole);
    const others = parts.map(() => makers[name](inParts));
    for (const g of gradients) {
      const { norm } = optimizer.update(g);
      parts.forEach((part, i) => void expect(others[i].update(g, { part }).norm).toBe(norm));
    }
    expect(inParts.flat).toEqual(whole.flat);
    for (const [key, vector] of Object.entries(optimizer.vectors))
      parts.forEach(([from, to], i) => {
        expect(others[i].vectors[key].subarray(from, to)).toEqual(vector.subarray(from, to));
        expect(others[i].vectors[key].subarray(to).every((x) => x === 0)).toBe(true);
      });
  });

  test("muon, which needs whole matrices, refuses a part", () => {
    const parameters = startingPoint();
    expect(() => makers.muon(parameters).update(gradients[0], { part: [0, 3] })).toThrow("whole");
  });

  test("applies nothing where a gradient is not finite", () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY])
      for (const make of Object.values(makers)) {
        const parameters = startingPoint();
        const optimizer = make(parameters);
        optimizer.update(gradients[0]);
        const [values, state] = [parameters.flat.slice(), optimizer.state()];
        const broken = gradients[1].slice();
        broken[7] = bad;
        expect(Number.isFinite(optimizer.update(broken).norm)).toBe(false);
        expect(parameters.flat).toEqual(values);
        expect(optimizer.state()).toEqual(state);
      }
  });

  test("takes its learning rate from the schedule by the updates made, or from the call", () => {
    const optimizer = optim.sgd(startingPoint(), { lr: (step) => 0.1 / (1 + step) });
    expect(optimizer.update(gradients[0]).lr).toBe(0.1);
    expect(optimizer.update(gradients[0]).lr).toBe(0.05);
    expect(optimizer.update(gradients[0], { lr: 0.7 }).lr).toBe(0.7);
    const parameters = startingPoint();
    optim.sgd(parameters, { lr: 1 }).update(gradients[0], { lr: 0 });
    expect(parameters.flat).toEqual(startingPoint().flat);
  });

  test("leaves the gradients as they were", () => {
    const g = gradients[0].slice();
    for (const make of Object.values(makers)) make(startingPoint()).update(g);
    expect(g).toEqual(gradients[0]);
  });

  test("refuses gradients of another layout and parameters that have moved", () => {
    const parameters = startingPoint();
    const optimizer = makers.adam(parameters);
    expect(() => optimizer.update(new Float32Array(5))).toThrow("The gradients have 5 numbers, the parameters 32.");
    Parameters.join([...parameters].reverse().map((p, i) => [`moved.${i}`, p] as const));
    expect(() => optimizer.update(gradients[0])).toThrow(/"first.weight" has moved/);
  });

  test("settings out of range are refused with the value", () => {
    const p = startingPoint();
    expect(() => optim.adamw(p, { lr: -1 })).toThrow("lr must be in [0, Infinity), got -1");
    expect(() => optim.adamw(p, { lr: 1, betas: [0.9, 1] })).toThrow("got 1");
    expect(() => optim.adamw(p, { lr: 1, clip: 0 })).toThrow("clip must be larger than 0, got 0");
    expect(() => optim.sgd(p, { lr: 1, momentum: Number.NaN })).toThrow("momentum");
    expect(() => optim.adamw(p, { lr: 1, weightDecay: -0.1 })).toThrow("weightDecay");
  });
});
