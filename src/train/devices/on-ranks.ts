import { compileInParts } from "../../runtime/in-parts.js";
import type { Feed } from "../../runtime/index.js";
import type { Ranks } from "../../runtime/ranks.js";
import { together } from "../../runtime/together.js";
import { feedsOfPart, partOf, specsOfPart } from "../part.js";
import { COMPARED, requireSameFeeds } from "../same.js";
import { gradientGraph, type Job, type Updates } from "./updates.js";

/**
 * Each rank draws the whole batch and computes the gradients of its rows; their sum, weighted by rows, updates the
 * vectors of the host in each. Where the batch cannot be divided each computes it whole and rank 0's gradients are
 * taken, so that no difference of processors comes in.
 */
export function onRanks(job: Job, ranks: Ranks): Updates {
  const { optimizer, average, phase, freeze, compute } = job;
  const { split } = phase;
  const part = split && partOf(split.rows, ranks);
  const weight = part ? part.rows / part.of : ranks.rank === 0 ? 1 : 0;
  const weighted = async (values: Float32Array) => {
    for (let i = 0; i < values.length; i++) values[i] *= weight;
    await ranks.sum(values);
  };
  // A mean over the parts of a batch that is not divided is each rank's own
  const exchange = part ? weighted : async () => {};
  const specs = part && split ? specsOfPart(phase.inputs, split, part) : phase.inputs;
  const program = compileInParts(specs, gradientGraph(job, part ?? undefined), exchange, { freeze, ...compute });
  let steps = 0;
  return {
    async step(feeds) {
      if (steps++ % COMPARED === 0) await requireSameFeeds(ranks, feeds, "At this step");
      const own = part && split ? feedsOfPart(feeds, split, part) : feeds;
      const { gradients, ...values } = await program.run(own as Record<string, Feed>);
      await weighted(gradients);
      await together(Object.values(values), weighted);
      const { norm } = optimizer.update(gradients);
      average?.update();
      return { ...values, norm: Float32Array.of(norm) };
    },
    settle: async () => {},
    release: () => program.release(),
  };
}
