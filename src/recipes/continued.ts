import * as nn from "../nn/index.js";
import type { Beginning, Stage } from "../train/index.js";
import type { MadeStage } from "../train/loop.js";
import { copyStage } from "./reuse.js";

/**
 * The stages of a recipe for `net` that goes on from a finished run: those before the last are one step each, which
 * copies what the run ended them with; the last begins with the run's model and its average. A stage keeps what it trains
 * as `parameters`, and their average as `ema`, as gradient stages do.
 */
export const continued = (stages: readonly MadeStage[], net: nn.Parameterized, from: Beginning): MadeStage[] =>
  stages.map((make, i) => async () => {
    const last = i === stages.length - 1;
    // Before it is made, as an average begins with what it finds; and after, as making it may fit scales to the data
    if (last) nn.assign(net, from.weights);
    const stage = typeof make === "function" ? await make() : make;
    if (!last) return copied(stage, from.run);
    nn.assign(net, from.weights);
    return stage;
  });

function copied(stage: Stage, run: string): Stage {
  const { parameters, ema } = stage.state;
  const kept = { ...(parameters && { parameters }), ...(ema && { ema }) };
  return {
    name: stage.name,
    steps: 1,
    batch: 1,
    state: kept,
    async step() {
      await copyStage(run, stage.name, kept, "from");
      return {};
    },
    finish: stage.finish,
  };
}
