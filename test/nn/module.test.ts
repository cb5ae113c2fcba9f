import { describe, expect, test } from "vitest";
import * as nn from "../../src/nn/index.js";
import { compile } from "../../src/runtime/index.js";
import { concat, type Tensor } from "../../src/tensor/index.js";

const names = (network: nn.Parameterized) => [...network.namedParameters()].map(([name]) => name);

describe("module", () => {
  test("names are paths through modules, arrays and records, in order", () => {
    const blocks = Array.from({ length: 2 }, () => nn.ditBlock(8, 2));
    const table = nn.parameter([4, 8], nn.init.normal(0.02));
    const net = nn.module({ table, blocks, heads: { a: nn.linear(8, 1), b: null } });
    const all = names(net);
    expect(all[0]).toBe("table");
    expect(all).toContain("blocks.1.attention.query.weight");
    expect(all).toContain("blocks.0.attention.queryNorm.weight");
    expect(all).toContain("blocks.1.mlp.gate.bias");
    expect(all.slice(-2)).toEqual(["heads.a.weight", "heads.a.bias"]);
    expect(net.parameters.entries.map(({ name }) => name)).toEqual(all);
  });

  test("carries its children and calls its function", () => {
    const inner = nn.linear(2, 3);
    const net = nn.module({ inner, name: nn.linear(1, 1), length: [nn.linear(1, 1)] }, (a: number, b: number) => a + b);
    expect(net(1, 2)).toBe(3);
    expect(net.inner).toBe(inner);
    expect(net.inner.weight.shape).toEqual([2, 3]);
    expect(names(net)).toEqual([
      "inner.weight",
      "inner.bias",
      "name.weight",
      "name.bias",
      "length.0.weight",
      "length.0.bias",
    ]);
  });

  test("shared parameters count once, under their first name", () => {
    const shared = nn.linear(3, 3);
    const net = nn.module({ first: shared, again: [shared, shared.weight] });
    expect(names(net)).toEqual(["first.weight", "first.bias"]);
    expect(net.parameters.count).toBe(12);
  });

  test("sequential skips functions but keeps positions as names", () => {
    expect(names(nn.sequential(nn.linear(2, 3), nn.silu, nn.linear(3, 1)))).toEqual([
      "0.weight",
      "0.bias",
      "2.weight",
      "2.bias",
    ]);
  });

  test("parameters are made once, and joining moves them into a larger network's vector", () => {
    const inner = nn.linear(2, 3);
    expect(inner.parameters).toBe(inner.parameters);
    const before = inner.parameters.flat.slice();
    const outer = nn.module({ first: nn.linear(1, 1), inner });
    expect(() => outer.parameters).toThrow(/"inner.weight" already has its value in another vector/);
    expect(inner.weight.value!.buffer).toBe(inner.parameters.flat.buffer); // nothing has moved
    const all = nn.join(outer);
    expect(nn.join(outer).flat.buffer).toBe(all.flat.buffer); // it lies in one vector as it is
    expect(all.flat.slice(2)).toEqual(before);
    expect(inner.parameters.flat).toEqual(before);
    inner.parameters.flat.fill(7);
    expect(inner.weight.value?.every((v) => v === 7)).toBe(true);
    expect(outer.parameters.toRecord()["inner.weight"].data.every((v) => v === 7)).toBe(true);
  });

  test("counting and naming parameters allocates none", () => {
    // The 133M-parameter generator of drifting models: 12 blocks of width 768
    const width = 768;
    const blocks = Array.from({ length: 12 }, () => nn.ditBlock(width, 12, { init: "xavier" }));
    const count = nn.countParameters(nn.module({ blocks, head: nn.ditHead(width, 16) }));
    const linear = (i: number, o: number) => i * o + o;
    const block =
      4 * linear(width, width) +
      2 * linear(width, 2048) +
      linear(2048, width) +
      linear(width, 6 * width) +
      2 * width +
      2 * 64;
    expect(count).toBe(12 * block + width + linear(width, 2 * width) + linear(width, 16));
    expect(blocks[0].attention.query.weight.value).toBeNull();
  });

  test("children that cannot be named are refused", () => {
    expect(() => nn.module({ parameters: nn.linear(1, 1) })).toThrow('a child called "parameters"');
    expect(() => nn.module({ "a.b": nn.linear(1, 1) })).toThrow('a child called "a.b"');
    expect(() => names(nn.module({ f: ((x: Tensor) => x) as never }, () => {}))).toThrow('child "f" is a function');
  });
});

describe("initial values", () => {
  const moments = (values: Float32Array) => {
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    return {
      mean,
      sd: Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length),
      top: Math.max(...values.map(Math.abs)),
    };
  };
  const start = (network: nn.Parameterized, name: string) => {
    network.parameters.initialize(3);
    return moments(network.parameters.toRecord()[name].data);
  };

  test("linear and convolution weights: U(±1/√fanIn), with their biases", () => {
    for (const [network, bound] of [
      [nn.linear(64, 400), 1 / 8],
      [nn.conv2d(8, 400, 3, { groups: 2 }), 1 / 6],
      [nn.conv1d(4, 2000, 4), 1 / 4],
      [nn.convTranspose2d(300, 16, 2), 1 / 8],
    ] as const) {
      const weight = start(network, "weight");
      expect(weight.top).toBeLessThanOrEqual(bound);
      expect(weight.top).toBeGreaterThan(0.99 * bound);
      expect(weight.sd).toBeCloseTo(bound / Math.sqrt(3), 2);
      expect(start(network, "bias").top).toBeLessThanOrEqual(bound);
      expect(start(network, "bias").top).toBeGreaterThan(0.7 * bound);
    }
  });

  test("xavier, kaiming, a deviation, zeros, functions; their biases are zero", () => {
    const xavier = Math.sqrt(6 / 300);
    expect(start(nn.linear(100, 200, { init: "xavier" }), "weight").top).toBeCloseTo(xavier, 3);
    expect(start(nn.linear(100, 200, { init: "kaiming" }), "weight").sd).toBeCloseTo(Math.sqrt(2 / 100), 2);
    expect(start(nn.linear(100, 200, { init: 0.02 }), "weight").sd).toBeCloseTo(0.02, 3);
    expect(start(nn.linear(100, 200, { init: "zeros" }), "weight").top).toBe(0);
    expect(start(nn.linear(3, 4, { init: nn.init.filled(2) }), "weight")).toEqual({ mean: 2, sd: 0, top: 2 });
    for (const init of ["xavier", "kaiming", 0.02] as const)
      expect(start(nn.linear(9, 9, { init }), "bias").top).toBe(0);
    expect(() => nn.linear(1, 1, { init: "glorot" as never })).toThrow(
      'no initialiser "glorot"; choose one of default, xavier',
    );
  });

  test("embeddings are N(0, 1) unless told; tables start at given values", () => {
    expect(start(nn.embedding(200, 50), "weight").sd).toBeCloseTo(1, 1);
    const table = nn.sinCos2d(2, 2, 8);
    const net = nn.module({ positions: nn.parameter([4, 8], nn.init.values(table)) }, () => {});
    expect(net.parameters.flat).toEqual(table);
    const wrong = nn.module({ positions: nn.parameter([4, 4], nn.init.values(table)) }, () => {});
    expect(() => wrong.parameters).toThrow("has 32 numbers, its parameter 16");
  });

  test("the seed and the name decide a parameter's values", () => {
    const [a, b] = [nn.mlp([3, 4, 5]), nn.mlp([3, 4, 5])];
    expect(a.parameters.flat).toEqual(b.parameters.flat);
    b.parameters.initialize(1);
    expect(a.parameters.flat).not.toEqual(b.parameters.flat);
    const same = nn.module({ a: nn.linear(4, 4), b: nn.linear(4, 4) }).parameters.toRecord();
    expect(same["a.weight"].data).not.toEqual(same["b.weight"].data);
  });
});

test("attention with given rotary positions depends on their differences only", async () => {
  const attention = nn.attention(8, 2, { rotary: true });
  attention.parameters.initialize(2);
  const program = compile({ x: [1, 4, 8] }, ({ x }) => {
    const near = attention(x);
    const shifted = attention(x, { positions: [10, 11, 12, 13] });
    const spread = attention(x, { positions: [0, 5, 10, 15] });
    return { shifted: shifted.sub(near).abs().max(), spread: spread.sub(near).abs().max() };
  });
  const { shifted, spread } = await program.run({ x: Float32Array.from({ length: 32 }, (_, i) => Math.cos(i * i)) });
  expect(shifted[0]).toBeLessThan(1e-5);
  expect(spread[0]).toBeGreaterThan(1e-3);
  await program.release();
});

test("attention over a memory that is joined piece by piece equals attention over the whole", async () => {
  const attention = nn.attention(8, 2, { rotary: true, queryKeyNorm: "width", causal: true });
  attention.parameters.initialize(2);
  const program = compile({ x: [2, 5, 8] }, ({ x }) => {
    const [past, now] = x.split([3, 2], 1);
    const first = attention.memory(past);
    const second = attention.memory(now, [3, 4]);
    const context = { keys: concat([first.keys, second.keys], 2), values: concat([first.values, second.values], 2) };
    return { whole: attention(x).slice(1, 3), streamed: attention(now, { context, positions: [3, 4] }) };
  });
  const { whole, streamed } = await program.run({ x: Float32Array.from({ length: 80 }, (_, i) => Math.cos(i * i)) });
  whole.forEach((value, i) => {
    expect(streamed[i]).toBeCloseTo(value, 5);
  });
  await program.release();
});
