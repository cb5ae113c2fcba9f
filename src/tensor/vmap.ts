import { input } from "./leaves.js";
import { stack } from "./ops/index.js";
import { again, replay } from "./replay.js";
import { describe, type Shape, showShape } from "./shape.js";
import { requireTensor, Tensor } from "./tensor.js";

/** Ops that broadcast: a mapped input gets axes of size 1 behind the mapped one, up to the result's rank. */
const BROADCASTING = new Set(
  ["Add Sub Mul Div Pow Max Min Equal Greater GreaterOrEqual Less LessOrEqual And Or Not Where MatMul Rotate"]
    .concat("Neg Abs Sign Floor Round Exp Log Sqrt Reciprocal Square Erf Relu Sigmoid Tanh Softplus Silu Gelu GeluTanh")
    .concat("Sin Cos Tan Asin Acos Atan Clamp Cast StopGradient Identity Watch AcrossParts BroadcastTo")
    .join(" ")
    .split(" "),
);
/** Ops whose axes move up by one, with all inputs mapped. */
const SHIFTED = new Set(
  ["Reshape Transpose Slice Pad Concat Flip Sum Mean SumSquare ReduceMax ReduceMin Softmax LogSoftmax CumulativeSum"]
    .concat("ArgMax ArgMin TopKIndices GatherElements ScatterElementsAdd StraightThrough Attend")
    .join(" ")
    .split(" "),
);
/** Ops of a batch of images, which takes in the mapped axis; their other inputs must not be mapped. */
const BATCHED = new Set(["Conv", "ConvTranspose", "AvgPool", "Upsample"]);
/** Ops that can take some of their inputs mapped, with nothing else changed. */
const AS_THEY_ARE: Record<string, (mapped: readonly boolean[]) => boolean> = {
  LayerNorm: (mapped) => mapped.lastIndexOf(true) === 0,
  Gather: (mapped) => !mapped[0],
  Checkpoint: (mapped) => mapped[0],
  Barrier: (mapped) => mapped[0],
};

/**
 * `f` for every slice of its arguments along their first axis, stacked: `vmap(f)(x)` of x [N, …] is
 * `stack([f(x[0]), …, f(x[N − 1])])`. All arguments are mapped; what is shared is closed over. `f` is traced once, with
 * one slice, and its ops get the axis added; the few that cannot take it are repeated N times. `f` may return a list,
 * such as the gradients of one sample.
 */
export function vmap<R extends Tensor | readonly Tensor[]>(f: (...slices: Tensor[]) => R): (...xs: Tensor[]) => R {
  if (typeof f !== "function") throw new Error(`vmap: takes a function of tensors, got ${describe(f)}.`);
  return (...xs) => {
    xs.forEach((x, i) => {
      requireTensor(x, `vmap: argument ${i}`);
    });
    const count = xs[0]?.shape[0];
    if (!(count >= 1) || xs.some((x) => x.shape[0] !== count))
      throw new Error(
        `vmap: needs arguments with one first axis ≥ 1, got ${xs.map((x) => showShape(x.shape)).join(", ") || "none"}.`,
      );
    const slices = xs.map((x, i) => input(`slice ${i} of a vmap`, x.shape.slice(1), x.dtype));
    const result = f(...slices);
    const roots = (Array.isArray(result) ? result : [result]) as readonly Tensor[];
    for (const t of roots) requireTensor(t, "vmap: what the function returns");
    const made = replay(roots, new Map(slices.map((slice, i) => [slice, xs[i]])), (node, inputs) =>
      mapped(node, inputs, count),
    );
    const all = roots.map((t) => made.get(t) ?? repeated(t, count));
    return (Array.isArray(result) ? all : all[0]) as R;
  };
}

/** A tensor that is the same for every slice. */
const repeated = (t: Tensor, count: number): Tensor => t.unsqueeze(0).broadcastTo([count, ...t.shape]);

/** A node of some inputs that have the mapped axis in front. */
function mapped(node: Tensor, inputs: readonly Tensor[], count: number): Tensor {
  const { op, shape, dtype } = node;
  const isMapped = inputs.map((t, i) => t !== node.inputs[i]);
  const make = (from: readonly Tensor[], attributes: unknown) =>
    new Tensor(op, from, attributes, { shape: [count, ...shape], dtype });
  if (BROADCASTING.has(op.name) && (op.name !== "Rotate" || isMapped[0])) {
    const between = (i: number) => new Array<number>(node.rank - node.inputs[i].rank).fill(1);
    const aligned = inputs.map((t, i) =>
      isMapped[i] ? t.reshape([count, ...between(i), ...node.inputs[i].shape]) : t,
    );
    return make(aligned, shifted(node.attributes, count));
  }
  if (SHIFTED.has(op.name)) {
    const lifted = inputs.map((t, i) => (isMapped[i] ? t : repeated(t, count)));
    return make(lifted, shifted(node.attributes, count));
  }
  if (AS_THEY_ARE[op.name]?.(isMapped)) return make(inputs, node.attributes);
  if (BATCHED.has(op.name) && isMapped.lastIndexOf(true) === 0) {
    const images = inputs[0].flatten(0, 1);
    const [batch, ...rest] = shape;
    const type = { shape: [count * batch, ...rest], dtype };
    return new Tensor(op, [images, ...inputs.slice(1)], node.attributes, type).reshape([count, ...shape]);
  }
  const slice = (t: Tensor, i: number) => t.slice(0, i, i + 1).squeeze(0);
  const each = Array.from({ length: count }, (_, i) =>
    again(
      node,
      inputs.map((t, k) => (isMapped[k] ? slice(t, i) : t)),
    ),
  );
  return stack(each);
}

/** Attributes of an op, with the mapped axis in front. */
function shifted(attributes: Record<string, unknown> | undefined, count: number): unknown {
  if (!attributes) return attributes;
  const next: Record<string, unknown> = { ...attributes };
  const up = (list: readonly number[]) => list.map((axis) => axis + 1);
  const front: Record<string, number> = { shape: count, starts: 0, ends: count, steps: 1, before: 0, after: 0 };
  if ("axis" in next) next.axis = (next.axis as number) + 1;
  if ("axes" in next) next.axes = up(next.axes as Shape);
  if ("order" in next) next.order = [0, ...up(next.order as Shape)];
  for (const [key, first] of Object.entries(front)) if (key in next) next[key] = [first, ...(next[key] as Shape)];
  return next;
}
