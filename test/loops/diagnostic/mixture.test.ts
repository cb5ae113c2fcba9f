import { describe, expect, test } from "vitest";
import { mixtureWeights, quotasOf } from "../../../src/loops/diagnostic/mixture.js";
import { Random } from "../../../src/random/index.js";

const needs = (...deficits: number[]) => deficits.map((deficit) => ({ deficit }));
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const close = (found: readonly number[], wanted: readonly number[]) => {
  expect(found).toHaveLength(wanted.length);
  for (const [i, value] of wanted.entries()) expect(found[i]).toBeCloseTo(value, 12);
};

describe("shares of the mixture", () => {
  test("by hand: 0.1/4 for each, and 0.9 in the shares of the deficits", () => {
    close(mixtureWeights(needs(0.4, 0.2, 0.2, 0.2)), [0.025 + 0.36, 0.025 + 0.18, 0.025 + 0.18, 0.025 + 0.18]);
    close(mixtureWeights(needs(0.4, 0.2), { tau: 2, floor: 0 }), [0.8, 0.2]);
    close(mixtureWeights(needs(0.4, 0.2), { floor: 0, inertia: 0.5 }, [0.5, 0.5]), [7 / 12, 5 / 12]);
    close(mixtureWeights([{ deficit: 0.4, stuck: true }, { deficit: 0.2 }], { floor: 0 }), [0.5, 0.5]);
  });

  test("none has more than three equal shares; the rest goes to the others as they have", () => {
    close(mixtureWeights(needs(0.9, 0.06, 0.03, 0.01), { floor: 0 }), [0.75, 0.15, 0.075, 0.025]);
    close(mixtureWeights(needs(1, 0, 0, 0), { floor: 0 }), [1, 0, 0, 0]); // nobody to give it to
    close(mixtureWeights(needs(1, 0, 0, 0, 0, 0)), [0.5, 0.1, 0.1, 0.1, 0.1, 0.1]);
  });

  test("add up to 1, are at least the floor's, and go with the classes when these are rearranged", () => {
    const random = new Random(1);
    for (let k = 0; k < 200; k++) {
      const deficits = Array.from({ length: 1 + random.integer(12) }, () => random.uniform());
      const shares = mixtureWeights(needs(...deficits), { floor: 0.2 });
      expect(sum(shares)).toBeCloseTo(1, 12);
      expect(Math.min(...shares)).toBeGreaterThanOrEqual(0.2 / deficits.length - 1e-12);
      expect(Math.max(...shares)).toBeLessThanOrEqual(3 / deficits.length + 1e-12);
      const order = random.permutation(deficits.length);
      close(
        mixtureWeights(needs(...Array.from(order, (at) => deficits[at])), { floor: 0.2 }),
        Array.from(order, (at) => shares[at]),
      );
    }
  });

  test("a class that is worse, the others being as they are, has more", () => {
    const shares = (first: number) => mixtureWeights(needs(first, 0.3, 0.3, 0.3, 0.3, 0.3));
    for (let deficit = 0.05; deficit < 0.6; deficit += 0.05)
      expect(shares(deficit)[0]).toBeGreaterThan(shares(deficit - 0.05)[0]);
    expect(shares(1)[0]).toBeGreaterThanOrEqual(shares(0.9)[0]);
  });

  test("all are alike where all are equally bad, where nothing is bad, with tau 0 and with floor 1", () => {
    const alike = [1 / 3, 1 / 3, 1 / 3];
    close(mixtureWeights(needs(0.4, 0.4, 0.4)), alike);
    close(mixtureWeights(needs(0, 0, 0)), alike);
    close(mixtureWeights(needs(0.1, 0.5, 0.9), { tau: 0 }), alike);
    close(mixtureWeights(needs(0.1, 0.5, 0.9), { floor: 1 }), alike);
  });

  test("what is no deficit is refused", () => {
    expect(() => mixtureWeights(needs(0.1, 1.1))).toThrow(/not 1\.1/);
    expect(() => mixtureWeights(needs(Number.NaN))).toThrow(/not NaN/);
    expect(() => mixtureWeights(needs(0.1), {}, [0.5, 0.5])).toThrow(/has 2 shares, this one 1/);
  });
});

test("quotas are whole, add up to what there is, and are less than one off; the largest remainders are rounded up", () => {
  expect(quotasOf([0.5, 0.3, 0.2], 7)).toEqual([4, 2, 1]);
  expect(quotasOf([1 / 3, 1 / 3, 1 / 3], 1)).toEqual([1, 0, 0]);
  const random = new Random(4);
  for (let k = 0; k < 300; k++) {
    const raw = Array.from({ length: 1 + random.integer(12) }, () => random.uniform());
    const shares = raw.map((x) => x / sum(raw));
    const count = random.integer(2000);
    const quotas = quotasOf(shares, count);
    expect(sum(quotas)).toBe(count);
    for (const [c, quota] of quotas.entries()) {
      expect(Number.isInteger(quota)).toBe(true);
      expect(Math.abs(quota - shares[c] * count)).toBeLessThan(1);
    }
  }
});
