import { showShape } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { biasInitializer, normal, type WeightInit, weightInitializer } from "./initializers.js";
import { module, parameter } from "./module.js";

export interface LinearOptions {
  /** Default true. */
  bias?: boolean;
  init?: WeightInit;
}

/** Throws unless every size is a positive integer. */
export function checkSizes(layer: string, sizes: Record<string, number>): void {
  for (const [name, size] of Object.entries(sizes))
    if (!Number.isInteger(size) || size < 1)
      throw new Error(`${layer}: ${name} must be a positive integer, got ${size}.`);
}

/**
 * x·W + b over the last axis: [..., inputs] to [..., outputs]. The weight is stored [inputs, outputs] (PyTorch's
 * transposed): the forward product then needs no transposition, and the two of the gradient are fused into their
 * products by the runtime.
 */
export function linear(inputs: number, outputs: number, { bias = true, init = "default" }: LinearOptions = {}) {
  checkSizes("linear", { inputs, outputs });
  const fans = { fanIn: inputs, fanOut: outputs };
  const weight = parameter([inputs, outputs], weightInitializer(init, fans));
  const offset = bias ? parameter([outputs], biasInitializer(init, fans)) : null;
  return module({ weight, bias: offset }, (x: Tensor): Tensor => {
    if (x.rank < 1 || x.shape[x.rank - 1] !== inputs)
      throw new Error(
        `linear(${inputs}, ${outputs}): the input's last axis must be ${inputs}, got ${showShape(x.shape)}.`,
      );
    const product = x.reshape([-1, inputs]).matmul(weight); // rows first, so that the runtime fuses product and bias
    return (offset ? product.add(offset) : product).reshape([...x.shape.slice(0, -1), outputs]);
  });
}
export type Linear = ReturnType<typeof linear>;

/**
 * A table of `count` rows: int32 indices [...] to vectors [..., width], or float32 weights [..., count] to weighted sums
 * of the rows. Rows start N(0, 1) or as `init` says.
 */
export function embedding(count: number, width: number, { init = normal(1) }: { init?: WeightInit } = {}) {
  checkSizes("embedding", { count, width });
  const weight = parameter([count, width], weightInitializer(init, { fanIn: count, fanOut: width }));
  return module({ weight }, (rows: Tensor): Tensor => {
    if (rows.dtype !== "float32") return weight.gather(rows);
    if (rows.shape.at(-1) !== count)
      throw new Error(
        `embedding(${count}, ${width}): takes int32 indices, or weights whose last axis is ${count}; got ${showShape(rows.shape)}.`,
      );
    return rows.matmul(weight);
  });
}

/** A callable of one tensor, with or without parameters. */
export type Layer = (x: Tensor) => Tensor;

/** Layers one after the other, named `0`, `1`, …; plain functions such as `(x) => x.silu()` may stand among them. */
export function sequential(...layers: readonly Layer[]) {
  const children = Object.fromEntries(
    layers.flatMap((layer, i) => ("namedParameters" in layer ? [[String(i), layer as never]] : [])),
  );
  return module(children, (x: Tensor): Tensor => layers.reduce((h, layer) => layer(h), x));
}

/**
 * Linear layers of the given widths with an activation (default SiLU) between them; [..., widths[0]] to [...,
 * widths.at(-1)].
 */
export function mlp(
  widths: readonly number[],
  { activation = (x: Tensor) => x.silu(), ...options }: LinearOptions & { activation?: Layer } = {},
) {
  if (widths.length < 2) throw new Error(`mlp needs at least two widths, got ${showShape(widths)}.`);
  const layers = widths.slice(1).map((width, i) => linear(widths[i], width, options));
  return module(
    { layers },
    (x: Tensor): Tensor => layers.reduce((h, layer, i) => layer(i === 0 ? h : activation(h)), x),
  );
}
