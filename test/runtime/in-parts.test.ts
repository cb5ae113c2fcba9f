import { expect, test } from "vitest";
import * as nn from "../../src/nn/index.js";
import { normalizedDriftLoss } from "../../src/recipes/drift/objective.js";
import { compileInParts } from "../../src/runtime/in-parts.js";
import { compile, type GraphOutputs } from "../../src/runtime/index.js";
import { acrossParts, constant, grad, type Tensor } from "../../src/tensor/index.js";
import { type Part, wholeBatch } from "../../src/train/part.js";
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
async function inParts(
  sizes: readonly number[],
  graphOf: (part: Part) => (given: Record<"x", Tensor>) => GraphOutputs,
) {
  const { all, calls } = ranksTogether(sizes.length);
  const found = await Promise.all(
    all.map(async (ranks, i) => {
      const from = sizes.slice(0, i).reduce((a, b) => a + b, 0);
      const part = { from, rows: sizes[i], of: ROWS };
      const weighted = async (values: Float32Array) => {
        for (let k = 0; k < values.length; k++) values[k] *= part.rows / ROWS;
        await ranks.sum(values);
      };
      const program = compileInParts({ x: [part.rows, 3] }, graphOf(part), weighted, { threads: 1 });
      const values = await program.run({ x: x.subarray(from * 3, (from + part.rows) * 3) });
      const exchanges = calls.sum;
      for (const list of Object.values(values)) await weighted(list);
      await program.release();
      return { values, exchanges };
    }),
  );
  return found;
}

/** A drifting loss of the rows' groups, whose scale and forces are normalised over all of them. */
const drifting = ({ x }: Record<"x", Tensor>) => {
  const [rows] = x.shape;
  const gen = net(x).reshape([rows, 1, 2]);
  const samples = gen.add(constant([0, 0, 0.3, 0.7, -0.2, 0.4], [1, 3, 2]));
  const real = x
    .slice(1, 0, 2)
    .reshape([rows, 1, 2])
    .add(constant([0.1, 0, 0.5, -0.5], [1, 2, 2]));
  const { loss, scale, power } = normalizedDriftLoss(samples, real);
  return { value: loss, spread: scale, power, gradients: grad(loss, parameters) };
};

const pairs = (part: Part) => graph((rows) => wholeBatch(rows, part));

test.each(Object.entries({ pairs, drifting: () => drifting }))(
  "parts of a batch, of any sizes, find its loss, scale and gradients: %s",
  async (_, graphOf) => {
    const whole = compile({ x: [ROWS, 3] }, graphOf({ from: 0, rows: ROWS, of: ROWS }), { threads: 1 });
    const wanted = await whole.run({ x });
    for (const sizes of [[7], [4, 3], [1, 5, 1]])
      for (const { values } of await inParts(sizes, graphOf)) {
        expect(Object.keys(values).sort()).toEqual(Object.keys(wanted).sort());
        for (const [name, list] of Object.entries<Float32Array>(wanted))
          for (const [i, value] of list.entries()) expect(Math.abs(values[name][i] - value), name).toBeLessThan(1e-5);
      }
    await whole.release();
  },
);

const rowsAlone =
  (part: Part) =>
  ({ x }: Record<"x", Tensor>) => {
    const all = wholeBatch(net(x), part);
    const value = all.cdist(all, 1e-6).mean();
    return { value, gradients: grad(value, parameters) };
  };

test("means that need nothing of each other are exchanged at once, and gradients that all have not at all", async () => {
  const exchangesOf = async (graphOf: Parameters<typeof inParts>[1]) => (await inParts([4, 3], graphOf))[0].exchanges;
  expect(await exchangesOf(pairs)).toBe(2); // deviation and rows on the way there, the deviation's on the way back
  expect(await exchangesOf(rowsAlone)).toBe(1);
});
