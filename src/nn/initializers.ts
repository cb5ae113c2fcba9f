import type { Initializer } from "../tensor/leaves.js";

export const zeros: Initializer = (out) => void out.fill(0);
export const ones: Initializer = (out) => void out.fill(1);
export const filled =
  (value: number): Initializer =>
  (out) =>
    void out.fill(value);

/** Given numbers, row-major. */
export const values =
  (list: ArrayLike<number>): Initializer =>
  (out) => {
    if (list.length !== out.length)
      throw new Error(`An initial value has ${list.length} numbers, its parameter ${out.length}.`);
    out.set(list);
  };

/** N(0, sd²). */
export const normal =
  (sd: number): Initializer =>
  (out, _, random) => {
    for (let i = 0; i < out.length; i++) out[i] = sd * random.normal();
  };

/** U(−bound, bound). */
export const uniform =
  (bound: number): Initializer =>
  (out, _, random) => {
    for (let i = 0; i < out.length; i++) out[i] = bound * (2 * random.uniform() - 1);
  };

/** Inputs to, and outputs of, one unit's weights; for convolutions times the kernel's area. */
export interface Fans {
  readonly fanIn: number;
  readonly fanOut: number;
}

/** U(±1/√fanIn), PyTorch's default for linear and convolution layers. */
export const fanInUniform = ({ fanIn }: Pick<Fans, "fanIn">): Initializer => uniform(1 / Math.sqrt(fanIn));

/** U(±√(6/(fanIn + fanOut))) (Glorot & Bengio 2010). */
export const xavierUniform = ({ fanIn, fanOut }: Fans): Initializer => uniform(Math.sqrt(6 / (fanIn + fanOut)));

/** N(0, 2/fanIn), which keeps the variance through ReLU (He et al. 2015). */
export const kaimingNormal = ({ fanIn }: Pick<Fans, "fanIn">): Initializer => normal(Math.sqrt(2 / fanIn));

const named = {
  default: fanInUniform,
  xavier: xavierUniform,
  kaiming: kaimingNormal,
  zeros: () => zeros,
} satisfies Record<string, (fans: Fans) => Initializer>;

/**
 * How a layer's weight starts: `default` U(±1/√fanIn), `xavier` (uniform), `kaiming` (normal), `zeros`, a number (the
 * standard deviation of a normal), or a function. The bias starts as U(±1/√fanIn) with `default`, at zero with all
 * others.
 */
export type WeightInit = keyof typeof named | number | Initializer;

export function weightInitializer(init: WeightInit, fans: Fans): Initializer {
  if (typeof init === "function") return init;
  if (typeof init === "number") return normal(init);
  if (!(init in named))
    throw new Error(`There is no initialiser "${init}"; choose one of ${Object.keys(named).join(", ")}.`);
  return named[init](fans);
}

export const biasInitializer = (init: WeightInit, fans: Fans): Initializer =>
  init === "default" ? fanInUniform(fans) : zeros;
