import { recomputingBlocks } from "../../nn/recompute.js";
import type { AdamOptions, Ema, Optimizer } from "../../optim/index.js";
import type { Compute, Feed, Parameters } from "../../runtime/index.js";
import { grad, type Parameter, Tensor } from "../../tensor/index.js";
import type { Part } from "../part.js";
import type { Phase } from "../phase.js";

/** What a phase trains, and with what. The vectors of the host are where it begins. */
export interface Job {
  phase: Phase;
  parameters: Parameters;
  /** The optimiser and its settings, and the average with its decay, where there is one. */
  optimizer: Optimizer;
  settings: AdamOptions;
  average: Ema | null;
  emaDecay?: number;
  /** Parameters that are constants of the graph. */
  freeze?: Iterable<Parameter>;
  /** Whether blocks are computed again for their gradients. */
  gradientCheckpointing?: boolean;
  compute: Compute;
}

/** The training steps of a phase: gradients, update, average. */
export interface Updates {
  /** One step. Returns what the loss reports, and the gradients' `norm` before clipping. */
  step(feeds: Record<string, Feed>): Promise<Record<string, Float32Array>>;
  /** Brings the host's vectors and counts to where training stands. */
  settle(): Promise<void>;
  release(): Promise<void>;
}

/** The graph of a phase: its loss, what else it reports, and the gradients of the parameters. */
export const gradientGraph =
  ({ phase: { loss }, parameters, gradientCheckpointing }: Job, part?: Part) =>
  (inputs: Record<string, Tensor>): { gradients: readonly Tensor[]; [name: string]: Tensor | readonly Tensor[] } => {
    const build = () => loss(inputs, part);
    const built = gradientCheckpointing ? recomputingBlocks(build).built : build();
    const values = built instanceof Tensor ? { loss: built } : built;
    return { ...values, gradients: grad(values.loss, parameters) };
  };
