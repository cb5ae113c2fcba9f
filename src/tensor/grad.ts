import { constant, Parameter } from "./leaves.js";
import { describe, sameShape, showShape } from "./shape.js";
import { requireTensor, Tensor } from "./tensor.js";
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

export interface GradOptions {
  /** The cotangent of `loss` where that is not a scalar; default 1. */
  readonly seed?: Tensor;
  /**
   * What parameters get that no gradient reaches, because the loss does not use them or stops it on the way: "error"
   * names them, "zeros" are zeros. Default: an error where it is so for all of the parameters, else zeros. Other tensors
   * always get zeros.
   */
  readonly unused?: "error" | "zeros";
}

/**
 * Reverse-mode gradient of a scalar with respect to `targets`, as new nodes of the same graph. A target that the loss
 * does not depend on gets zeros, parameters as `unused` says. A tensor as the third argument is the seed.
 */
export function grad(loss: Tensor, targets: Iterable<Tensor>, options: Tensor | GradOptions = {}): Tensor[] {
  const { seed, unused } = options instanceof Tensor ? { seed: options } : options;
  const list = listOf(targets);
  checkGrad(loss, seed, unused);
  const reached = pullBack([[loss, seed ?? constant(new Float32Array(loss.size).fill(1), loss.shape)]], list);
  if (unused !== "zeros") requireReached(list, reached, unused === "error");
  return list.map((t) => reached.get(t) ?? constant(0).broadcastTo(t.shape));
}

/** Cotangents of `targets`, and of what lies on the way, from those of some roots; none where none flows. */
export function pullBack(
  roots: readonly (readonly [Tensor, Tensor])[],
  targets: readonly Tensor[],
): ReadonlyMap<Tensor, Tensor> {
  const order = topologicalOrder(roots.map(([root]) => root));
  const wanted = new Set<Tensor>(targets);
  const needed = new Set<Tensor>();
  for (const node of order) if (wanted.has(node) || node.inputs.some((t) => needed.has(t))) needed.add(node);

  const cotangents = new Map<Tensor, Tensor>();
  const collect = (t: Tensor, d: Tensor) => {
    const before = cotangents.get(t);
    cotangents.set(t, before ? before.add(d) : d);
  };
  for (const [root, seed] of roots) collect(root, seed);
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
      collect(inputs[i], d);
    });
  }
  return cotangents;
}

function listOf(targets: unknown): Tensor[] {
  if (targets instanceof Tensor || typeof targets !== "object" || targets === null || !(Symbol.iterator in targets))
    throw new Error(
      "grad: its second argument is a list of tensors, such as [x], or network.parameters, " +
        `got ${targets instanceof Tensor ? "one tensor" : describe(targets)}.`,
    );
  const list = [...(targets as Iterable<Tensor>)];
  for (const t of list) requireTensor(t, "grad: every target");
  return list;
}

function checkGrad(loss: Tensor, seed: Tensor | undefined, unused: unknown): void {
  requireTensor(loss, "grad: the loss");
  if (loss.dtype !== "float32")
    throw new Error(`grad: ${loss} has no gradient, since only float32 has; cast what it is made of.`);
  if (unused !== undefined && unused !== "error" && unused !== "zeros")
    throw new Error(`grad: unused is "error" or "zeros", got ${describe(unused)}.`);
  if (seed) requireTensor(seed, "grad: the seed");
  if (!seed && loss.size !== 1)
    throw new Error(`grad needs a scalar loss, got ${showShape(loss.shape)}; reduce it or give a seed.`);
  if (seed && !sameShape(seed.shape, loss.shape))
    throw new Error(
      `grad: the seed is ${showShape(seed.shape)}, the loss ${showShape(loss.shape)}; they must be equal.`,
    );
}

/** Throws where a parameter among the targets has no cotangent. */
function requireReached(list: readonly Tensor[], reached: ReadonlyMap<Tensor, Tensor>, every: boolean): void {
  const lost = list.filter((t): t is Parameter => t instanceof Parameter && !reached.has(t));
  const count = list.filter((t) => t instanceof Parameter).length;
  if (lost.length === 0 || (!every && lost.length < count)) return;
  const names = lost
    .slice(0, 8)
    .map((t) => `${t.name === null ? `number ${list.indexOf(t)}` : `"${t.name}"`} ${showShape(t.shape)}`);
  throw new Error(
    `grad: no gradient reaches ${lost.length} of ${list.length} parameters: ${names.join(", ")}${lost.length > 8 ? ", …" : ""}. ` +
      'The loss does not use them; leave them out, or give { unused: "zeros" }.',
  );
}
