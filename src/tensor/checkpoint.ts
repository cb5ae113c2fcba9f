import { pullBack } from "./grad.js";
import { isConstant, Parameter } from "./leaves.js";
import { alias, barrier } from "./ops/identity.js";
import { concat } from "./ops/layout.js";
import { replay } from "./replay.js";
import { describe } from "./shape.js";
import { defineOp, requireTensor, type Tensor } from "./tensor.js";

/**
 * Inputs: the result, the tensors that it is made of, and the same as the function saw them. The gradient builds the
 * function again, of copies that the runtime can neither make before the cotangent has come nor tell from new values:
 * otherwise it would find the two computations equal and do one.
 */
const checkpointOp = defineOp("Checkpoint", {
  shape: ([result]) => result.shape,
  onnx: (_, [result]) => result,
  grad: ({ inputs: [result, ...rest], dOut, needs }) => {
    const outer = rest.slice(0, rest.length / 2);
    const seen = rest.slice(rest.length / 2);
    const copies = outer.map((t) => (t instanceof Parameter || t.dtype !== "float32" ? alias(t) : barrier(t, dOut)));
    const rebuilt = replay([result], new Map(seen.map((t, i) => [t, copies[i]]))).get(result);
    if (!rebuilt) return [];
    const reached = pullBack(
      [[rebuilt, dOut]],
      copies.filter((_, i) => needs(i + 1)),
    );
    return [null, ...inOrder(copies.map((t) => reached.get(t)))];
  },
});

/**
 * Lets the largest cotangent, which leads on to earlier layers, wait for the others. The runtime would rather go down
 * to the first layer and compute the gradients of parameters on its way back, with everything kept that they need.
 */
function inOrder(cotangents: readonly (Tensor | undefined)[]): (Tensor | undefined)[] {
  const found = cotangents.filter((t) => t !== undefined);
  if (found.length < 2) return [...cotangents];
  const largest = found.reduce((a, b) => (b.size > a.size ? b : a));
  const entries = found.filter((t) => t !== largest && t.size > 0).map((t) => t.flatten().slice(0, 0, 1));
  return cotangents.map((t) => (t === largest && entries.length > 0 ? barrier(t, concat(entries)) : t));
}

/**
 * `f(...inputs)` whose intermediate values are not kept for the gradient but computed again when it needs them: less
 * memory for one more forward pass. Values and gradients are those of `f`. It may use parameters and other tensors from
 * outside; of these no gradient reaches tensors that were made inside `f` and taken out of it otherwise.
 */
export function checkpoint<A extends readonly Tensor[]>(f: (...inputs: A) => Tensor, ...inputs: A): Tensor {
  if (typeof f !== "function") throw new Error(`checkpoint: takes a function and its inputs, got ${describe(f)}.`);
  inputs.forEach((t, i) => {
    requireTensor(t, `checkpoint: input ${i}`);
  });
  const own = inputs.map(alias);
  const result = f(...(own as unknown as A));
  requireTensor(result, "checkpoint: what the function returns");
  const captured = capturedBy(result, own);
  return checkpointOp([result, ...inputs, ...captured, ...own, ...captured], undefined);
}

/** What a result is made of besides `own`: parameters, and tensors that were there before. */
export function capturedBy(result: Tensor, own: readonly Tensor[]): Tensor[] {
  const first = own[0]?.id ?? Number.POSITIVE_INFINITY;
  const found = new Set<Tensor>();
  const seen = new Set<Tensor>(own);
  const stack = [result];
  while (stack.length > 0) {
    const t = stack.pop()!;
    if (seen.has(t)) continue;
    seen.add(t);
    if (t.id < first || t.inputs.length === 0) {
      if (!isConstant(t)) found.add(t);
    } else stack.push(...t.inputs);
  }
  return [...found];
}
