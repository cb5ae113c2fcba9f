import { constant } from "./leaves.js";
import { sameShape, showShape } from "./shape.js";
import type { Tensor } from "./tensor.js";
import "./ops/index.js";

/** Nodes that `roots` depend on, inputs before users. */
export function topologicalOrder(roots: readonly Tensor[]): Tensor[] {
  const seen = new Set<Tensor>();
  const stack = [...roots];
  while (stack.length > 0) {
    const node = stack.pop()!;
    if (seen.has(node)) continue;
    seen.add(node);
    stack.push(...node.inputs);
  }
  return [...seen].sort((a, b) => a.id - b.id);
}

/**
 * Reverse-mode gradient of a scalar with respect to `targets`, as new nodes of the same graph. A target the loss does
 * not depend on gets zeros. `seed` is the cotangent of `loss` where that is not a scalar (default 1).
 */
export function grad(loss: Tensor, targets: Iterable<Tensor>, seed?: Tensor): Tensor[] {
  if (!seed && loss.size !== 1)
    throw new Error(`grad needs a scalar loss, got ${showShape(loss.shape)}; reduce it or give a seed.`);
  if (seed && !sameShape(seed.shape, loss.shape))
    throw new Error(
      `grad: the seed is ${showShape(seed.shape)}, the loss ${showShape(loss.shape)}; they must be equal.`,
    );
  const order = topologicalOrder([loss]);
  const list = [...targets];
  const wanted = new Set<Tensor>(list);
  const needed = new Set<Tensor>();
  for (const node of order) if (wanted.has(node) || node.inputs.some((t) => needed.has(t))) needed.add(node);

  const cotangents = new Map<Tensor, Tensor>([
    [loss, seed ?? constant(new Float32Array(loss.size).fill(1), loss.shape)],
  ]);
  for (const node of order.reverse()) {
    const dOut = cotangents.get(node);
    if (!dOut || !needed.has(node) || node.inputs.length === 0) continue;
    const { op, inputs } = node;
    const needs = (i: number) => needed.has(inputs[i]);
    if (!inputs.some((_, i) => needs(i))) continue;
    if (!op.grad) throw new Error(`${op.name} has no gradient; put stopGradient() before or after it.`);
    op.grad({ inputs, attributes: node.attributes, output: node, dOut, needs }).forEach((d, i) => {
      if (!d || !needs(i)) return;
      if (!sameShape(d.shape, inputs[i].shape))
        throw new Error(
          `${op.name}: gradient ${i} has shape ${showShape(d.shape)}, its input ${showShape(inputs[i].shape)}.`,
        );
      const before = cotangents.get(inputs[i]);
      cotangents.set(inputs[i], before ? before.add(d) : d);
    });
  }
  return list.map((t) => cotangents.get(t) ?? constant(0).broadcastTo(t.shape));
}
