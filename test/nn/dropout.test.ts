import { expect, test } from "vitest";
import * as nn from "../../src/nn/index.js";
import { Random } from "../../src/random/index.js";
import { compile } from "../../src/runtime/index.js";
import { grad, input } from "../../src/tensor/index.js";

test("dropout zeros its share, keeps the mean, repeats for a seed and is off in evaluation", async () => {
  const size = 4000;
  const layer = nn.dropout(0.25);
  const program = compile({ x: [size], noise: [size] }, ({ x, noise }) => {
    const y = layer(x, noise);
    return { y, off: layer(x, null), slope: grad(y.sum(), [x])[0] };
  });
  const x = new Float32Array(size).fill(3);
  const noise = (seed: number) => new Random(seed).fillUniform(new Float32Array(size));
  const { y, off, slope } = await program.run({ x, noise: noise(1) });
  const dropped = y.filter((v) => v === 0).length;
  expect(Math.abs(dropped / size - 0.25)).toBeLessThan(0.03); // four standard deviations
  expect(new Set(y)).toEqual(new Set([0, 4]));
  expect([...slope]).toEqual([...y].map((v) => Math.fround(v / 3)));
  expect(off).toEqual(x);
  expect((await program.run({ x, noise: noise(1) })).y).toEqual(y);
  expect((await program.run({ x, noise: noise(2) })).y).not.toEqual(y);
  await program.release();
});

test("dropout without a word on noise is refused, so that it is never off unnoticed", () => {
  const x = input("x", [2, 3]);
  const net = nn.sequential(nn.linear(3, 3), nn.dropout(0.5) as unknown as nn.Layer);
  expect(() => net(x)).toThrow(/takes the input and uniform noise of its shape, or null in evaluation/);
  expect(() => nn.dropout(1)).toThrow(/the rate must be in \[0, 1\), got 1/);
  expect(() => nn.dropout(0.5)(x, input("noise", [3, 2]))).toThrow(/\[2, 3\] and \[3, 2\] do not broadcast/);
});
