import { compileInParts } from "../../runtime/in-parts.js";
import type { Feed } from "../../runtime/index.js";
import type { Ranks } from "../../runtime/ranks.js";
import { together } from "../../runtime/together.js";
import { feedsOfPart, partOf, specsOfPart } from "../part.js";
import { COMPARED, requireSameFeeds, requireSameGradients } from "../same.js";
import { gradientGraph, type Job, type Updates } from "./updates.js";

/**
 * Each rank draws the whole batch and computes the gradients of its rows; with their sum, weighted by rows, it updates
 * its part of the host's vectors. The parameters are exchanged at each step, the optimiser's state and the average where
 * they are settled. Where the batch cannot be divided each computes it whole and rank 0's gradients are
 * taken, so that no difference of processors comes in.
 */
export function onRanks(job: Job, ranks: Ranks): Updates {
  const { parameters, optimizer, average, phase, freeze, compute } = job;
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
  // Each updates its part of the parameters, and the others' lie where the last exchange has put them
  const { count } = parameters;
  const starts = Array.from({ length: ranks.size }, (_, rank) => Math.floor((rank * count) / ranks.size));
  const updated = [starts[ranks.rank], starts[ranks.rank + 1] ?? count] as const;
  const program = compileInParts(specs, gradientGraph(job, part ?? undefined), exchange, { freeze, ...compute });
  let steps = 0;
  return {
    async step(feeds) {
      const compared = steps++ % COMPARED === 0;
      if (compared) await requireSameFeeds(ranks, feeds, "At this step");
      const own = part && split ? feedsOfPart(feeds, split, part) : feeds;
      const { gradients, ...values } = await program.run(own as Record<string, Feed>);
      await weighted(gradients);
      // What was not added up would not be seen later: each takes the others' parameters as they are
      if (compared) await requireSameGradients(ranks, gradients);
      await together(Object.values(values), weighted);
      const { norm } = optimizer.update(gradients, { part: updated });
      average?.update(updated);
      await ranks.share(parameters.flat, starts);
      return { ...values, norm: Float32Array.of(norm) };
    },
    async settle() {
      for (const vector of [...Object.values(optimizer.vectors), ...(average ? [average.average] : [])])
        await ranks.share(vector, starts);
    },
    release: () => program.release(),
  };
}
