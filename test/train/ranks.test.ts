import { expect, test } from "vitest";
import * as nn from "../../src/nn/index.js";
import { Random } from "../../src/random/index.js";
import type { Ranks } from "../../src/runtime/ranks.js";
import { trainStages } from "../../src/train/loop.js";
import { gradientStage, phase, type Stage } from "../../src/train/stages.js";
import { ranksTogether } from "../fixtures/ranks.js";

/** A stage whose batch cannot be divided, so that only the update is; and what is left of it when it is saved. */
function trained(ranks?: Ranks) {
  const net = nn.linear(7, 5);
  const parameters = nn.initialize(net, 0);
  const random = new Random(1, "stage");
  const sheets: number[] = [];
  const stage: Stage = gradientStage({
    ...{ name: "stage", steps: 6, batch: 4, parameters, emaDecay: 0.9, threads: 1, ranks },
    optimizer: { lr: 1e-2, clip: 1 },
    phases: [
      phase({
        inputs: { x: [4, 7] },
        loss: ({ x }) => net(x).square().mean(),
        next: () => ({ x: random.normals(28) }),
      }),
    ],
    state: { random },
    sample: async () => ({ texts: [String(parameters.flat.reduce((sum, x) => sum + x, 0))] }),
  });
  const saved: Record<string, unknown>[] = [];
  const keeper = {
    ...{ restore: async () => null, advice: () => "" },
    async save({ state }: Stage) {
      const { optimizer, ema } = state as Record<string, { state(): unknown }>;
      saved.push(structuredClone({ flat: parameters.flat, optimizer: optimizer.state(), ema: ema.state() }));
    },
    // As in a run: the first rank alone draws
    ...((ranks?.rank ?? 0) === 0 && { sheet: async () => void sheets.push(saved.length) }),
  };
  const options = { checkpointEvery: 2, sampleEvery: 3, ranks };
  return trainStages([stage], keeper, options).then(() => ({ saved, sheets, flat: parameters.flat }));
}

test("ranks that divide the update train bit for bit as one process does", async () => {
  const alone = await trained();
  const together = await Promise.all(ranksTogether(3).all.map((ranks) => trained(ranks)));
  expect(alone.saved.length).toBeGreaterThan(2);
  for (const { saved, flat } of together) {
    expect(saved).toEqual(alone.saved);
    expect(flat).toEqual(alone.flat);
  }
  expect(together.map(({ sheets }) => sheets.length)).toEqual([alone.sheets.length, 0, 0]);
});

test("gradients that were not added up stop the run, though all exchange their parameters", async () => {
  const ranks = ranksTogether(2).all.map((one, rank) => ({
    ...one,
    // Rank 1's sum of a vector as long as the parameters is lost
    sum: async (values: Float32Array | Float64Array) => {
      const own = values.slice();
      await one.sum(values);
      if (rank === 1 && values.length === 40) values.set(own);
    },
  }));
  const runs = await Promise.allSettled(ranks.map((one) => trained(one)));
  for (const run of runs) {
    expect(run.status).toBe("rejected");
    expect(String((run as PromiseRejectedResult).reason)).toMatch("rank 1 has other gradients than rank 0");
  }
});
