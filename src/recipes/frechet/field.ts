import type { Stateful } from "../../train/state.js";
import { type ClassFeatures, type ClassMoments, classMapTo, rawMoments, withinClasses } from "./moments.js";

/** How the moments of what is drawn follow the model. */
export interface Memory {
  /** Share of the second moments that a step keeps: its window is about batch/(1 − decay) samples. */
  decay: number;
  /** The same of the class means that the field sees: these must not lag behind, or the model swings around them. */
  meanDecay: number;
}

/** Of a family's weight in the loss, w = 1/(FD + ε): features have a total variance of one. */
const EPSILON = 1e-4;

interface State {
  /** Class means that follow slowly, those that follow fast, and the mean of ffᵀ. */
  means: Float64Array;
  fast: Float64Array;
  products: Float64Array;
  transport: Float64Array;
  distance: number;
  apart: number;
  start: number;
}

/**
 * The field of one feature family that carries drawn features to real ones, f → w (M_y(f) − f), as moments of what was
 * drawn lately see it. Features [classes · each, dim] come class after class.
 */
export class FrechetField implements Stateful {
  private now: State | null = null;
  private readonly mapOf: ReturnType<typeof classMapTo>;

  constructor(
    private readonly real: ClassMoments,
    private readonly memory: Memory,
  ) {
    this.mapOf = classMapTo(real);
  }

  /** The Fréchet distance within classes at the last `refresh`, and what of it lies between the means. */
  get distance(): number {
    return this.held.distance;
  }
  get apart(): number {
    return this.held.apart;
  }

  /** Whether the means lie farther apart than the whole distance was at the start: the rate is too large. */
  get swings(): boolean {
    return this.held.apart > this.held.start;
  }

  /** Begins with features of the model as it is. */
  begin(features: ClassFeatures): void {
    const { means, products } = rawMoments(features);
    const transport = new Float64Array(0);
    this.now = { means, fast: means.slice(), products, transport, distance: 0, apart: 0, start: 0 };
    this.refresh();
    this.now.start = this.now.distance;
  }

  /** Takes in what a step drew. */
  observe(features: ClassFeatures): void {
    const { means, fast, products } = this.held;
    const found = rawMoments(features);
    blend(means, found.means, this.memory.decay);
    blend(fast, found.means, this.memory.meanDecay);
    blend(products, found.products, this.memory.decay);
  }

  /** Computes the map anew, which costs an eigendecomposition. */
  refresh(): void {
    const now = this.held;
    const { distance, means, transport } = this.mapOf(withinClasses(now, this.real.dim));
    Object.assign(now, { distance, apart: means, transport });
  }

  /** What the loss is fed: T [dim, dim], m₂y − T m₁y [classes, 1, dim] and the weight [1]. */
  feeds(): { transport: Float32Array; shift: Float32Array; weight: Float32Array } {
    const { transport, fast, distance } = this.held;
    const { dim, classes, means } = this.real;
    const shift = new Float32Array(classes * dim);
    for (let c = 0; c < classes; c++)
      for (let i = 0; i < dim; i++) {
        let value = means[c * dim + i];
        for (let j = 0; j < dim; j++) value -= transport[i * dim + j] * fast[c * dim + j];
        shift[c * dim + i] = value;
      }
    return {
      transport: Float32Array.from(transport),
      shift,
      weight: Float32Array.of(1 / (distance + EPSILON)),
    };
  }

  state(): State | null {
    return this.now;
  }
  load(state: State | null): void {
    this.now = state;
  }

  private get held(): State {
    if (!this.now) throw new Error("A field needs features to begin with.");
    return this.now;
  }
}

function blend(kept: Float64Array, found: Float64Array, decay: number): void {
  for (let i = 0; i < kept.length; i++) kept[i] = decay * kept[i] + (1 - decay) * found[i];
}
