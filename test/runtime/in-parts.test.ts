import { expect, test } from "vitest";
import * as nn from "../../src/nn/index.js";
import { compileInParts } from "../../src/runtime/in-parts.js";
import { compile } from "../../src/runtime/index.js";
import { acrossParts, grad, type Tensor } from "../../src/tensor/index.js";
import { wholeBatch } from "../../src/train/part.js";
import { ranksTogether } from "../fixtures/ranks.js";

const ROWS = 7;
const net = nn.mlp([3, 5, 2]);
const parameters = nn.initialize(net, 1);
const x = Float32Array.from({ length: ROWS * 3 }, (_, i) => Math.sin(3 * i + 1));

/** The log of a batch's own deviation, which the gradient passes, and a loss of all pairs of rows. */
function loss(rows: Tensor, all: (x: Tensor) => Tensor): { value: Tensor; spread: Tensor } {
  const y = net(rows);
  const spread = acrossParts(y.square().mean()).sqrt();
  const pairs = all(y).cdist(all(y), 1e-6).mean();
  return { value: y.div(spread).tanh().mean().add(spread.log()).add(pairs), spread };
}
const graph =
  (all: (x: Tensor) => Tensor) =>
  ({ x }: Record<"x", Tensor>) => {
    const { value, spread } = loss(x, all);
    return { value, spread, gradients: grad(value, parameters) };
  };

/** Values and gradients of the batch, put together from parts of the given sizes. */
async function inParts(sizes: readonly number[]) {
  const { all, calls } = ranksTogether(sizes.length);
  const found = await Promise.all(
    all.map(async (ranks, i) => {
      const from = sizes.slice(0, i).reduce((a, b) => a + b, 0);
      const part = { from, rows: sizes[i], of: ROWS };
      const weighted = async (values: Float32Array) => {
        for (let k = 0; k < values.length; k++) values[k] *= part.rows / ROWS;
        await ranks.sum(values);
      };
      const build = graph((rows) => wholeBatch(rows, part));
      const program = compileInParts({ x: [part.rows, 3] }, build, weighted, { threads: 1 });
      const values = await program.run({ x: x.subarray(from * 3, (from + part.rows) * 3) });
      const exchanges = calls.sum;
      for (const list of Object.values(values)) await weighted(list);
      await program.release();
      return { values, exchanges };
    }),
  );
  return found;
}

test("parts of a batch, of any sizes, find its loss, deviation and gradients", async () => {
  await using whole = compile(
    { x: [ROWS, 3] },
    graph((rows) => rows),
    { threads: 1 },
  );
  const wanted = await whole.run({ x });
  const gradients = wanted.gradients.slice();
  for (const sizes of [[7], [4, 3], [1, 5, 1]])
    for (const { values } of await inParts(sizes)) {
      expect(values.value[0]).toBeCloseTo(wanted.value[0], 5);
      expect(values.spread[0]).toBeCloseTo(wanted.spread[0], 5);
      expect(values.gradients.length).toBe(gradients.length);
      for (const [i, value] of values.gradients.entries()) expect(value).toBeCloseTo(gradients[i], 5);
    }
});

test("means that need nothing of each other are exchanged at once", async () => {
  const [{ exchanges }] = await inParts([4, 3]);
  expect(exchanges).toBe(2); // deviation and rows on the way there, what comes back to them on the way back
});
