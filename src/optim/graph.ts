import type { ParameterEntry } from "../runtime/parameters.js";
import { where } from "../tensor/ops/index.js";
import type { Shape } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import type { AdamOptions } from "./adamw.js";
import { checkOptions, checkRange, settingsOf } from "./optimizer.js";

/** An optimiser's update as a graph, for devices where parameters and optimiser state stay in device memory. */
export interface UpdateGraph {
  /**
   * What each parameter keeps on the device, `value` first; each starts at zero but `value` and `average`, which start
   * at the value.
   */
  readonly kinds: readonly string[];
  /**
   * The graph's inputs: `kind/path` for every kind and for `gradient`, with the parameter's shape, and `scalars` from
   * the method below. For `compile`, as is.
   */
  readonly inputs: Record<string, Shape>;
  /**
   * The graph's outputs: the next `kind/path` for every kind, and `norm`, the gradients' norm before clipping. Where
   * that is not finite the outputs equal the inputs. An output may be written over its input.
   */
  build(inputs: Record<string, Tensor>): Record<string, Tensor>;
  /**
   * What changes from update to update; `step` is the number of updates made before. `lr` takes the place of the
   * schedule's.
   */
  scalars(step: number, lr?: number): Float32Array;
}

const at = (kind: string, { name }: Pick<ParameterEntry, "name">) => `${kind}/${name}`;

/**
 * AdamW with clipping by the global norm and, where asked for, a weight average: the same update as `adamw` and `ema`,
 * one subgraph per parameter.
 */
export function adamwGraph(
  entries: readonly Pick<ParameterEntry, "name" | "shape">[],
  options: AdamOptions & { ema?: { decay: number } },
): UpdateGraph {
  const { betas: [beta1, beta2] = [0.9, 0.999], eps = 1e-8, clip, lr: schedule, ema } = options;
  const settings = { weightDecay: 0.01, ...options };
  checkOptions(settings);
  for (const beta of [beta1, beta2]) checkRange("betas", beta, 0, 1);
  checkRange("eps", eps, 0);
  if (ema) checkRange("ema.decay", ema.decay, 0, 1);
  const kinds = ["value", "m", "v", ...(ema ? ["average"] : [])];

  return {
    kinds,
    inputs: {
      ...Object.fromEntries(
        entries.flatMap((entry) => ["gradient", ...kinds].map((kind) => [at(kind, entry), entry.shape])),
      ),
      scalars: [4],
    },
    build(inputs) {
      const norm = entries
        .map((entry) => inputs[at("gradient", entry)].square().sum())
        .reduce((a, b) => a.add(b))
        .sqrt();
      const finite = norm.less(3e38);
      const on = finite.cast("float32"); // 0 turns every step below into none
      const scale = clip === undefined ? on : norm.add(1e-6).reciprocal().mul(clip).minimum(1);
      const [rate, correction1, correction2, forget] = inputs.scalars.split(4);
      const outputs: Record<string, Tensor> = { norm };
      for (const entry of entries) {
        const { lrScale, weightDecay } = settingsOf(entry.name, settings);
        const value = inputs[at("value", entry)];
        const g = where(finite, inputs[at("gradient", entry)].mul(scale), 0);
        const m = towards(inputs[at("m", entry)], g, on.mul(1 - beta1));
        const v = towards(inputs[at("v", entry)], g.square(), on.mul(1 - beta2));
        const step = rate.mul(on).mul(lrScale);
        const kept = weightDecay === 0 ? value : value.mul(step.mul(-weightDecay).add(1));
        const next = kept.sub(m.mul(step.mul(correction1)).div(v.sqrt().mul(correction2).add(eps)));
        Object.assign(outputs, { [at("value", entry)]: next, [at("m", entry)]: m, [at("v", entry)]: v });
        if (ema) outputs[at("average", entry)] = towards(inputs[at("average", entry)], next, forget.mul(on));
      }
      return outputs;
    },
    scalars(step, lr = typeof schedule === "number" ? schedule : schedule(step)) {
      const decay = ema ? Math.min(ema.decay, (1 + step) / (10 + step)) : 0;
      return Float32Array.of(lr, 1 / (1 - beta1 ** (step + 1)), 1 / Math.sqrt(1 - beta2 ** (step + 1)), 1 - decay);
    },
  };
}

/** from + part·(to − from). */
const towards = (from: Tensor, to: Tensor, part: Tensor): Tensor => from.add(to.sub(from).mul(part));
