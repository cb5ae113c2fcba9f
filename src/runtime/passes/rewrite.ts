import { topologicalOrder } from "../../tensor/grad.js";
import { again } from "../../tensor/replay.js";
import type { Tensor } from "../../tensor/tensor.js";

/**
 * Gives a node, whose inputs have been through the pass, another form with the same values but for rounding, or the node
 * itself.
 */
export type Pass = (node: Tensor) => Tensor;

/**
 * What `roots` become when every node, inputs first, goes through a pass. Nodes are made anew from the first that
 * changes on, so that their order stays as it was: the runtime plans its memory by it.
 */
export function rewrite(roots: readonly Tensor[], pass: Pass): Tensor[] {
  const made = new Map<Tensor, Tensor>();
  let changed = false;
  for (const node of topologicalOrder(roots)) {
    const leaf = node.inputs.length === 0;
    const copy =
      changed && !leaf
        ? again(
            node,
            node.inputs.map((t) => made.get(t) ?? t),
          )
        : node;
    const now = pass(copy);
    if (now !== node) made.set(node, now);
    changed ||= now !== node;
  }
  return roots.map((t) => made.get(t) ?? t);
}
