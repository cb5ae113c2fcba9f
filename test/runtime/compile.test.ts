import { expect, test } from "vitest";
import * as nn from "../../src/nn/index.js";
import { compile } from "../../src/runtime/index.js";
import { grad, type Tensor } from "../../src/tensor/index.js";

const step = (options: { device?: "cpu" | "wasm"; worker?: boolean; freeze?: boolean; threads?: number }) => {
  const net = nn.mlp([3, 4, 2]);
  net.parameters.initialize(1);
  const program = compile(
    { x: [5, 3] },
    ({ x }): Record<string, Tensor | Tensor[]> => {
      const loss = net(x).square().mean();
      return options.freeze
        ? { loss, output: net(x) }
        : { loss, output: net(x), gradients: grad(loss, net.parameters) };
    },
    options,
  );
  return { net, program };
};
const x = Float32Array.from({ length: 15 }, (_, i) => Math.sin(i));

test("WASM computes the same loss and gradients as the native CPU", async () => {
  const [cpu, wasm] = [step({ device: "cpu" }), step({ device: "wasm" })];
  const [a, b] = [await cpu.program.run({ x }), await wasm.program.run({ x })];
  expect(Math.max(...a.gradients)).toBeGreaterThan(1e-3);
  expect(b.loss[0]).toBeCloseTo(a.loss[0], 6);
  for (const [i, g] of a.gradients.entries()) expect(b.gradients[i]).toBeCloseTo(g, 6);
  await Promise.all([cpu.program.release(), wasm.program.release()]);
});

test("a run sees the parameters' present values; a frozen program does not", async () => {
  const [live, frozen] = [step({ device: "cpu" }), step({ device: "cpu", freeze: true })];
  const before = (await live.program.run({ x })).loss[0];
  expect((await frozen.program.run({ x })).loss[0]).toBeCloseTo(before, 6);
  for (const { net } of [live, frozen]) net.parameters.flat.fill(0);
  expect((await live.program.run({ x })).loss[0]).toBe(0);
  expect((await frozen.program.run({ x })).loss[0]).toBeCloseTo(before, 6);
  await Promise.all([live.program.release(), frozen.program.release()]);
});

test("wrong feeds are refused", async () => {
  const { program } = step({ device: "cpu" });
  await expect(program.run({ x: [1, 2] })).rejects.toThrow('The input "x" takes 15 values [5, 3], got 2.');
  await expect(program.run({} as never)).rejects.toThrow('The input "x" [5, 3] was not given.');
  await program.release();
});

test("threads must be a whole number", async () => {
  const { program } = step({ device: "cpu", threads: 1.5 });
  await expect(program.run({ x })).rejects.toThrow("threads must be a whole number ≥ 1, got 1.5");
  await program.release();
});

test("shared memory can be fed", async () => {
  const { program } = step({ device: "cpu" });
  const shared = new Float32Array(new SharedArrayBuffer(60));
  shared.set(x);
  const first = (await program.run({ x })).loss[0];
  expect((await program.run({ x: shared })).loss[0]).toBe(first);
  shared.fill(0);
  expect((await program.run({ x: shared })).loss[0]).not.toBe(first);
  await program.release();
});
