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

test("feeds that are no flat lists of numbers, or that no input takes, are refused", async () => {
  const program = compile(
    { x: [2, 1], i: { shape: [2], dtype: "int32" }, b: { shape: [2], dtype: "bool" }, none: null },
    ({ x, i, b }) => ({ y: x.squeeze(1).add(i.cast("float32")).add(b.cast("float32")) }),
    { device: "cpu" },
  );
  const good = { x: [1, 2], i: Float32Array.of(3, 4), b: [true, 0] as never, none: [9] };
  expect([...(await program.run(good)).y]).toEqual([5, 6]);
  const refused = async (feeds: object | undefined, message: RegExp) =>
    expect(program.run(feeds as never)).rejects.toThrow(message);
  await refused({ ...good, x: [[1], [2]] }, /The input "x": value 0 is a list of 1, not a number; give one flat list/);
  await refused({ ...good, x: "12" }, /The input "x": takes a number or a flat list of numbers, got the string "12"/);
  await refused({ ...good, x: [1, undefined] }, /The input "x": value 1 is undefined, not a number/);
  await refused({ ...good, x: { length: 2 } }, /The input "x": takes .* got an object/);
  await refused({ ...good, x: BigInt64Array.of(1n, 2n) }, /The input "x": value 0 is the BigInt 1/);
  await refused({ ...good, i: [1, 2.5] }, /The input "i": value 1 is 2.5, not a whole number/);
  await refused({ ...good, b: [0, 3] }, /The input "b": value 1 is 3; a bool is true, false, 1 or 0/);
  await refused({ ...good, z: [1] }, /There is no input "z" to feed; the inputs are: x, i, b, none/);
  await refused(undefined, /run takes the inputs' values by name \(x, i, b, none\), got undefined/);
  await program.release();
});

test("what is no graph is told in a sentence", () => {
  const build = (result: unknown) => () => compile({ x: [2] }, () => result as never);
  const spec = (spec: unknown) => () => compile({ x: spec as never }, ({ x }) => ({ x }));
  expect(build(3)).toThrow(
    "compile: build must return its outputs by name, such as { loss } or { loss, gradients }, got",
  );
  expect(() => compile({ x: [2] }, ({ x }) => x as never)).toThrow(/by name.* got a tensor/);
  expect(build([])).toThrow(/got a list of 0/);
  expect(build(undefined)).toThrow(/got undefined/);
  expect(build({})).toThrow(/got none/);
  expect(build({ loss: 3 })).toThrow(
    'compile: the output "loss" is a tensor or a flat list of tensors; got the number 3.',
  );
  expect(build({ all: [[]] })).toThrow(/the output "all" .* got a list with a list of 0/);
  expect(build({ all: [undefined] })).toThrow(/got a list with undefined/);
  expect(() => compile({ x: [2] }, (async ({ x }: { x: Tensor }) => ({ x })) as never)).toThrow(/build is async/);
  expect(() => compile({ x: [2] }, undefined as never)).toThrow(/its second argument is a function/);
  expect(() => compile([2] as never, () => ({}))).toThrow(/its first argument gives each input's shape by name/);
  expect(spec(3)).toThrow(/the input "x" needs a shape, or a shape and a dtype\. .*the number 3/);
  expect(spec("3")).toThrow(/the string "3"/);
  expect(spec([2, "a"])).toThrow(/the input "x"/);
  expect(spec({ shape: [2], dtype: "int64" })).toThrow(
    /the string "int64" is no dtype; choose one of float32, int32, bool/,
  );
  expect(() => compile({ x: [2] }, ({ x }) => ({ x }), { devise: "cpu" } as never)).toThrow(
    /there is no option "devise"; there are device, threads/,
  );
  const net = nn.mlp([2, 2]);
  expect(() => compile({ x: [1, 2] }, ({ x }) => ({ y: net(x) }), { freeze: net as never })).toThrow(
    /freeze is true, false or the parameters to freeze, such as network.parameters, got a network/,
  );
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
