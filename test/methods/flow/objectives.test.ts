import { describe, expect, test } from "vitest";
import { type FlowShape, flowNetwork } from "../../../src/methods/flow/index.js";
import type { Velocity } from "../../../src/methods/flow/network.js";
import { flowLoss } from "../../../src/methods/flow/objective.js";
import { alphaAt, alphaFlowLoss, drawWays } from "../../../src/methods/flow/objectives/alpha-flow.js";
import { consistency, consistencyLoss, keptNoise, stageAt } from "../../../src/methods/flow/objectives/consistency.js";
import { drawJumps, jumpsOf, shortcut, shortcutLoss } from "../../../src/methods/flow/objectives/shortcut.js";
import { integrate } from "../../../src/methods/flow/sampler.js";
import * as nn from "../../../src/nn/index.js";
import { Random } from "../../../src/random/index.js";
import { compile, type GraphOutputs } from "../../../src/runtime/index.js";
import { concat, constant, grad, jvp, type Tensor } from "../../../src/tensor/index.js";

// The straight way from N(0, 1) to N(2, ½²): x_t has mean 2t and deviation s(t), and paths keep (x − 2t)/s(t).
// Figures without a formula beside them were computed in float64 by another program.
const deviation = (t: Tensor) => t.neg().add(1).square().add(t.square().mul(0.25)).sqrt();
const end = (x: Tensor, t: Tensor, r: Tensor) => x.sub(t.mul(2)).mul(deviation(r)).div(deviation(t)).add(r.mul(2));
const instant = (x: Tensor, t: Tensor) => {
  const rate = t.mul(1.25).sub(1).div(deviation(t).square());
  return x.sub(t.mul(2)).mul(rate).add(2);
};
const mean = (x: Tensor, t: Tensor, r: Tensor) => end(x, t, r).sub(x).div(r.sub(t));
const column = (t: Tensor) => t.unsqueeze(1);
/** The field of mean velocities; without a second time until 1. */
const exact: Velocity = (x, t, _, until) => mean(x, column(t), until ? column(until) : constant([1]));

const V = 1.512195122;
/** A datum and noise whose straight way passes x = 1 at t = .3 with the velocity of the field there. */
const passing = { noise: [1 - 0.3 * V], data: [1 + 0.7 * V] };

const evaluate = async (build: () => GraphOutputs): Promise<Record<string, number[]>> => {
  const program = compile({}, build, { threads: 1 });
  const found = await program.run({});
  await program.release();
  return Object.fromEntries(Object.entries(found).map(([name, values]) => [name, [...values]]));
};
const rows = (values: number[], width = 1) => constant(values, [values.length / width, width]);
const vector = (values: number[]) => constant(values, [values.length]);
const labels = (count: number) => constant(new Int32Array(count), [count], "int32");

describe("the exact field of a Gaussian", () => {
  test("has the velocities and ends that float64 has, and MeanFlow's identity", async () => {
    const found = await evaluate(() => {
      const [x, t, r] = [constant([1]), constant([0.3]), constant([1])];
      const v = instant(x, t);
      const [u, change] = jvp((a: Tensor, b: Tensor) => mean(a, b, r), [x, t], [v, constant([1])]);
      return { v, u, change, identity: u.sub(v.add(r.sub(t).mul(change))) };
    });
    expect(found.v[0]).toBeCloseTo(1.512195, 6);
    expect(found.u[0]).toBeCloseTo(1.827674, 5);
    expect(found.change[0]).toBeCloseTo(0.450685, 5);
    expect(found.identity[0]).toBeCloseTo(0, 6);
  });

  test("one step of Euler misses the end, one of the mean velocity does not", async () => {
    const program = compile({ x: [1], t: [1], r: [1] }, ({ x, t, r }) => ({ v: instant(x, t), u: mean(x, t, r) }));
    const asked: number[][] = [];
    const from = async (name: "v" | "u", steps: number) => {
      const velocity = async (x: Float32Array, t: number, until: number) => {
        asked.push([t, until]);
        return (await program.run({ x, t: [t], r: [until] }))[name];
      };
      return (await integrate(velocity, Float32Array.of(0.7), steps))[0];
    };
    expect(await from("v", 1)).toBeCloseTo(2, 6);
    expect(await from("u", 1)).toBeCloseTo(2.35, 6);
    asked.length = 0;
    expect(await from("u", 2)).toBeCloseTo(2.35, 6);
    expect(asked).toEqual([
      [0, 0.5],
      [0.5, 1],
    ]);
    await program.release();
  });
});

describe("α-Flow", () => {
  const at = (velocity: Velocity, alpha: number, time: number, until: number, { noise, data } = passing) =>
    evaluate(() => ({
      ...alphaFlowLoss(velocity, {
        data: rows(data),
        noise: rows(noise),
        time: vector([time]),
        until: vector([until]),
        labels: labels(1),
        alpha: vector([alpha]),
      }),
    }));

  test.each([
    [0.1, 2.44e-3, 0.02],
    [0.05, 5.37e-4, 0.02],
    [0.025, 1.26e-4, 0.02],
  ])("with the exact field, the target of a step of %f is off by %f: second order", async (step, off, tolerance) => {
    const { error, loss } = await at(exact, step / 0.7, 0.3, 1);
    expect(Math.abs(Math.sqrt(error[0]) / off - 1)).toBeLessThan(tolerance);
    expect(loss[0]).toBeCloseTo(((step / 0.7) * error[0]) / (error[0] + 1e-3), 7);
  });

  test("α = 1 is flow matching, whatever the second time", async () => {
    const shape: FlowShape = {
      space: "latent",
      objective: "alpha-flow",
      classes: 2,
      hidden: 8,
      blocks: 1,
      condition: 8,
      autoencoder: { height: 8, width: 8, channels: 1, latent: 3, encoder: [4, 4], hidden: 8, decoder: [4, 4, 4] },
    };
    const plain = flowNetwork({ ...shape, objective: undefined });
    const net = flowNetwork(shape);
    nn.initialize(plain, 4);
    nn.initialize(net, 4); // what both have begins alike, and the second time changes nothing yet
    const random = new Random(2);
    const [data, noise] = [[...random.normals(12)], [...random.normals(12)]];
    const at = [0.1, 0.35, 0.6, 0.9];
    const given = () => ({
      data: rows(data, 3),
      noise: rows(noise, 3),
      time: vector(at),
      labels: constant([0, 1, 2, 1], [4], "int32"),
    });
    const found = await evaluate(() => {
      const { data, noise, time, labels } = given();
      const until = vector([0.4, 0.35, 1, 0.95]);
      const { error } = alphaFlowLoss(net.velocity, { data, noise, time, labels, until, alpha: vector([1]) });
      return { error, flow: flowLoss(plain.velocity, data, noise, time, labels) };
    });
    expect(found.error[0]).toBe(found.flow[0]);
    // Once the second time counts, it does so but for a way without length
    net.velocity.parameters.entries
      .find(({ name }) => name.endsWith("span.out.weight"))!
      .parameter.value!.forEach((_, i, values) => void (values[i] = Math.sin(i)));
    const moved = await evaluate(() => {
      const { data, time, labels } = given();
      const v = net.velocity(data, time, labels);
      const u = (until: number[]) => net.velocity(data, time, labels, vector(until)).sub(v).abs().max();
      return { none: u(at), some: u([0.4, 0.4, 1, 0.95]) };
    });
    expect(moved.none[0]).toBeLessThan(1e-6); // of how products are fused
    expect(moved.some[0]).toBeGreaterThan(1e-3);
  });

  test("at a small α the gradient is that of MeanFlow", async () => {
    const net = nn.linear(5, 2);
    const parameters = nn.initialize(net, 3);
    const linear: Velocity = (x, t, _, until) => net(concat([x, column(t), column(until!), column(until!.sub(t))], 1));
    const random = new Random(5);
    const B = 16;
    const [data, noise] = [[...random.normals(2 * B)], [...random.normals(2 * B)]];
    const { time, until } = drawWays(random, B, 0);
    const found = await evaluate(() => {
      const [x1, x0, t, r] = [rows(data, 2), rows(noise, 2), vector([...time]), vector([...until])];
      const label = labels(B);
      const { loss } = alphaFlowLoss(linear, {
        ...{ data: x1, noise: x0, time: t, until: r, labels: label },
        alpha: vector([1e-3]),
      });
      const v = x1.sub(x0);
      const state = x0.add(v.mul(column(t)));
      const h = 1e-2; // the field is linear, and so this difference exact
      const ahead = linear(state.add(v.mul(h)), t.add(h), label, r);
      const u = linear(state, t, label, r);
      const target = v.add(
        ahead
          .sub(u)
          .div(h)
          .mul(column(r.sub(t))),
      );
      const meanFlow = u.sub(target.stopGradient()).square().flatten(1).sum([1]).mean();
      return { ours: grad(loss, parameters), theirs: grad(meanFlow, parameters) };
    });
    const dot = (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + x * b[i], 0);
    const { ours, theirs } = found;
    expect(dot(ours, theirs) / Math.sqrt(dot(ours, ours) * dot(theirs, theirs))).toBeGreaterThan(0.99);
  });

  test("α falls by a sigmoid, and times are in order", () => {
    const fall = { alpha: 0.005, anneal: 0.5 };
    expect([0, 0.04].map((p) => alphaAt(p, fall))).toEqual([1, 1]);
    expect(alphaAt(0.25, fall)).toBe(0.5);
    expect(alphaAt(0.3, fall)).toBeCloseTo(1 / (1 + Math.exp(25 * 0.1)), 12);
    expect([0.48, 0.5, 1].map((p) => alphaAt(p, fall))).toEqual([0.005, 0.005, 0.005]);
    expect(alphaAt(0, { alpha: 0.2, anneal: 0 })).toBe(0.2);
    const { time, until } = drawWays(new Random(1), 4000, 0.25);
    expect(time.every((t, i) => t > 0 && t <= until[i] && until[i] < 1)).toBe(true);
    const same = time.filter((t, i) => t === until[i]).length / 4000;
    expect(Math.abs(same - 0.25)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / 4000));
    const middle = [...drawWays(new Random(1), 4001, 0).time].map((t, i, all) => (t + all[i]) / 2).sort()[2000];
    expect(middle).toBeLessThan(0.6); // the earlier of two whose median is that of a logit of 0.4
  });
});

describe("shortcut", () => {
  test("two halves of an exact way are the whole", async () => {
    const found = await evaluate(() => {
      const jumps = { span: vector([0.5, 0.25]), inner: vector([0.25, 0.125]) };
      const given = { data: rows([2.1, 1.2]), noise: rows([0.3, -1]), labels: labels(2) };
      return { loss: shortcutLoss(exact, { ...given, ...jumps, time: vector([0.5, 0.25]) }) };
    });
    expect(found.loss[0]).toBeLessThan(1e-11);
  });

  test("a jump is regressed onto its halves, made one after the other; other rows onto the velocity", async () => {
    // u = x + 10·until: every number of the target can be told apart
    const field: Velocity = (x, _, __, until) => x.add(column(until!).mul(10));
    const found = await evaluate(() => ({
      loss: shortcutLoss(field, {
        data: rows([3, 1]),
        noise: rows([1, 5]),
        time: vector([0.25, 0.5]),
        labels: labels(2),
        span: vector([0.5]),
        inner: vector([0]),
      }),
    }));
    const plain = 1.5 + 2.5 - 2;
    const first = 3 + 5;
    const second = 3 + 0.25 * first + 7.5;
    const jump = 3 + 10 - (first + second) / 2;
    expect(found.loss[0]).toBeCloseTo((plain ** 2 + jump ** 2) / 2, 5);
  });

  test("no gradient flows through the halves", async () => {
    const w = nn.parameter([1], nn.init.ones);
    w.value = Float32Array.of(1);
    const found = await evaluate(() => {
      const given = { data: rows([1]), noise: rows([1]), labels: labels(1), time: vector([0]) };
      const loss = shortcutLoss((x) => x.mul(w), { ...given, span: vector([0.5]), inner: vector([0]) });
      return { loss, slope: grad(loss, [w])[0] };
    });
    // x = 1: u = w, the target w + ⅛w², which is off by ⅛
    expect(found.loss[0]).toBeCloseTo(1 / 64, 6);
    expect(found.slope[0]).toBeCloseTo(-1 / 4, 6);
  });

  test("jumps begin at multiples of their length, and half of the shortest is the velocity", () => {
    const { time, span, inner } = drawJumps(new Random(3), 3000, 3);
    const ways = new Set(Array.from(time, (t, i) => `${t} ${span[i]} ${inner[i]}`));
    expect([...ways].sort()).toEqual(
      ["0 1 0.5", "0 0.5 0.25", "0.5 0.5 0.25", ...[0, 0.25, 0.5, 0.75].map((t) => `${t} 0.25 0`)].sort(),
    );
    expect([jumpsOf(256, 0.75), jumpsOf(4, 0.99), jumpsOf(8, 0)]).toEqual([64, 1, 8]);
    const fed = shortcut.next(new Random(1), 8, 0, { kind: "shortcut", levels: 3, plain: 0.75 });
    expect(Object.entries(fed).map(([name, { length }]) => [name, length])).toEqual([
      ["time", 8],
      ["span", 2],
      ["inner", 2],
    ]);
  });
});

describe("consistency", () => {
  test("ends agree after an exact move, and after Euler's almost", async () => {
    const found = await evaluate(() => {
      const [x, t, then] = [constant([1]), constant([0.3]), constant([0.5])];
      const one = constant([1]);
      const { error, loss } = consistencyLoss(exact, {
        data: rows(passing.data),
        noise: rows(passing.noise),
        time: vector([0.3]),
        later: vector([0.4]),
        labels: labels(1),
      });
      return { first: end(x, t, one), moved: end(end(x, t, then), then, one), error, loss };
    });
    expect(found.first[0]).toBeCloseTo(2.279372, 6);
    expect(found.moved[0]).toBeCloseTo(2.279372, 6);
    const off = 2.279372 - 2.277663;
    expect(Math.sqrt(found.error[0])).toBeCloseTo(off, 5);
    expect(found.loss[0]).toBeCloseTo(off ** 2 / Math.sqrt(off ** 2 + 0.03 ** 2), 6);
  });

  test("the sample at t = 1 is the state, and the target of a k of 0 the datum", async () => {
    const field: Velocity = (x) => x.mul(0).add(7);
    const found = await evaluate(() => ({
      ...consistencyLoss(field, {
        data: rows([4]),
        noise: rows([2]),
        time: vector([0.5]),
        later: vector([1]),
        labels: labels(1),
      }),
    }));
    expect(found.error[0]).toBeCloseTo((3 + 0.5 * 7 - 4) ** 2, 6);
  });

  test("no gradient flows through the later state's sample", async () => {
    const w = nn.parameter([1], nn.init.ones);
    w.value = Float32Array.of(1);
    const found = await evaluate(() => {
      const given = { data: rows([3]), noise: rows([1]), labels: labels(1) };
      const { loss, error } = consistencyLoss((x) => x.mul(0).add(w), {
        ...given,
        ...{ time: vector([0.25]), later: vector([0.5]) },
      });
      return { error, slope: grad(loss, [w])[0] };
    });
    // Samples 1.5 + ¾w and 2 + ½w
    expect(found.error[0]).toBeCloseTo(1 / 16, 6);
    expect(found.slope[0]).toBeCloseTo((2 * -0.25 * 0.75) / Math.sqrt(1 / 16 + 0.03 ** 2), 5);
  });

  test.each([
    [0, [0, 0, 0]],
    [1, [0, 0, 0.49982]],
    [4, [0.69999, 0.80303, 0.93748]],
  ])("at k = %i states keep their shares of the noise", (k, shares) => {
    for (const [i, sigma] of [0.1, 1, 10].entries()) expect(keptNoise(sigma, 2, k)).toBeCloseTo(shares[i], 4);
  });

  test("k rises in equal parts, and the later state has less noise", () => {
    const range = { first: 2, last: 5 };
    expect([0, 0.24, 0.25, 0.5, 0.75, 1].map((p) => stageAt(p, range))).toEqual([2, 2, 3, 4, 5, 5]);
    const { time, later } = consistency.next(new Random(2), 4000, 0.8, { kind: "consistency", base: 2, ...range });
    expect(time.every((t, i) => t >= 0 && t < later[i] && later[i] <= 1)).toBe(true);
    const i = time.findIndex((t) => Math.abs(t - 0.5) < 0.01);
    const noise = 1 - time[i];
    expect((1 - later[i]) / noise).toBeCloseTo(keptNoise(noise / time[i], 2, 5), 4);
    const median = [...time].sort((a, b) => a - b)[2000];
    expect(Math.abs(Math.log((1 - median) / median) + 1.1)).toBeLessThan(0.15);
  });

  test("draws again from its sample, made as noisy as the next time has it", async () => {
    const asked: [number, number][] = [];
    const velocity = async (x: Float32Array, t: number) => {
      asked.push([x[0], t]);
      return Float32Array.of(2);
    };
    const fresh = (step: number) => Float32Array.of(10 * (step + 1));
    const drawn = await integrate(velocity, Float32Array.of(1), 4, "renoise", fresh);
    // samples 3, then from ¼·3 + ¾·10
    expect(asked[1]).toEqual([0.25 * 3 + 0.75 * 10, 0.25]);
    const second = asked[1][0] + 0.75 * 2;
    expect(asked[2]).toEqual([0.5 * second + 0.5 * 20, 0.5]);
    expect(drawn[0]).toBeCloseTo(asked[3][0] + 0.25 * 2, 6);
    await expect(integrate(velocity, Float32Array.of(1), 2, "renoise")).rejects.toThrow("needs fresh noise");
    expect(await integrate(velocity, Float32Array.of(1), 1, "renoise")).toEqual(Float32Array.of(3));
  });
});
