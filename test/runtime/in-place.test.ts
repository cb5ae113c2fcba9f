import { expect, test } from "vitest";
import { type Executor, execute, type Job } from "../../src/runtime/executor.js";
import { executeInPlace } from "../../src/runtime/in-place.js";
import { lower } from "../../src/runtime/lower.js";
import { cInterface } from "../../src/runtime/native-interface.js";
import { constant, input } from "../../src/tensor/index.js";

const SHAPE = [3, 50];
const [x, by] = [input("x", SHAPE), input("by", [3], "int32")];
const scaled = x.mul(by.cast("float32").unsqueeze(1));
const tensors = {
  scaled,
  first: x.slice(1, 0, 1),
  sum: scaled.sum(),
  wide: scaled.matmul(constant(0.5).broadcastTo([50, 7])),
};
const outputs = Object.entries(tensors).map(([name, tensor]) => ({ name, tensor }));
const job: Job = {
  bytes: lower([x, by], outputs).bytes,
  outputs: outputs.map(({ name, tensor: { shape } }) => ({ name, shape })),
  device: "cpu",
  threads: 1,
};
const fed = (shift: number, by: readonly number[]) => ({
  x: {
    dtype: "float32" as const,
    shape: SHAPE,
    data: Float32Array.from({ length: 150 }, (_, i) => Math.sin(i + shift)),
  },
  by: { dtype: "int32" as const, shape: [3], data: Int32Array.from(by) },
});

test("the runtime's own functions can be called here", async () => {
  expect(await cInterface()).not.toBeNull();
});

test("outputs are those of the package and stay where they are, also where inputs are other lists", async () => {
  const place = new Float32Array(21);
  const [usual, own] = [await execute(job), await executeInPlace(job, new Map([["wide", place]]))];
  const run = (executor: Executor, ...given: Parameters<typeof fed>) => executor.run(fed(...given));
  const before = await run(own, 1, [1, 2, 3]);
  const first = Object.fromEntries(Object.entries(before).map(([name, list]) => [name, list.slice()]));
  expect(first).toEqual(await run(usual, 1, [1, 2, 3]));
  const after = await run(own, 2, [-1, 0, 5]);
  expect(after).toEqual(await run(usual, 2, [-1, 0, 5]));
  expect(after.scaled).not.toEqual(first.scaled);
  for (const name of Object.keys(tensors)) expect(after[name]).toBe(before[name]);
  expect(after.wide).toBe(place);
  await own.release();
  await usual.release();
});

test("what has changed in a list is seen", async () => {
  const own = await executeInPlace(job, new Map());
  const given = fed(1, [1, 1, 1]);
  await own.run(given);
  given.x.data.fill(2);
  expect((await own.run(given)).sum[0]).toBe(300);
  await own.release();
});

test("a run that a release precedes is refused", async () => {
  const own = await executeInPlace(job, new Map());
  const run = own.run(fed(1, [1, 1, 1]));
  await own.release();
  await expect(run).rejects.toThrow("released");
});

test("a model that the runtime does not take is refused in its words", async () => {
  const broken = executeInPlace({ ...job, bytes: new Uint8Array([1, 2, 3]) }, new Map());
  await expect(broken).rejects.toThrow(/protobuf/i);
});
