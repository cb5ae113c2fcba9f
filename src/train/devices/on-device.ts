import { adamwGraph } from "../../optim/index.js";
import { resident } from "../../runtime/index.js";
import { gradientGraph, type Job, type Updates } from "./updates.js";

/**
 * The update is a graph as the loss is, and its state stays where it was computed. Every parameter that is not trained
 * is a constant of the graph.
 */
export async function onDevice(job: Job): Promise<Updates> {
  const { parameters, optimizer, settings, average, emaDecay, phase, compute } = job;
  const ema = emaDecay === undefined ? undefined : { decay: emaDecay };
  const update = adamwGraph(parameters.entries, { ...settings, ema });
  const training = await resident({ inputs: phase.inputs, build: gradientGraph(job), parameters, update, ...compute });
  const moments = update.kinds.filter((kind) => kind !== "value" && kind !== "average");
  const { vectors } = optimizer.state();
  for (const kind of moments) training.write(kind, vectors[kind]);
  if (average) training.write("average", average.average);
  let step = optimizer.step;

  /** Some kinds of state, as the host keeps them. */
  const state = async (kinds: readonly string[]) => {
    const read: Record<string, Float32Array> = {};
    for (const kind of kinds) read[kind] = await training.read(kind);
    return { step, vectors: read };
  };
  return {
    async step(feeds) {
      const values = await training.step(feeds, update.scalars(step));
      if (Number.isFinite(values.norm[0])) step++; // as the optimiser: where it is not, nothing has changed
      return values;
    },
    async settle() {
      await training.download();
      optimizer.load(await state(moments));
      average?.load(await state(["average"]));
    },
    release: () => training.release(),
  };
}
