import { topologicalOrder } from "./grad.js";
import { Tensor } from "./tensor.js";

/** A node again, of other inputs. */
export const again = (node: Tensor, inputs: readonly Tensor[]): Tensor =>
  new Tensor(node.op, inputs, node.attributes, { shape: node.shape, dtype: node.dtype });

/**
 * Rebuilds what `roots` are made of with some nodes `replaced`; what depends on none of these stays as it is. `make`
 * builds a node from its new inputs.
 */
export function replay(
  roots: readonly Tensor[],
  replaced: ReadonlyMap<Tensor, Tensor>,
  make: (node: Tensor, inputs: readonly Tensor[]) => Tensor = again,
): Map<Tensor, Tensor> {
  const made = new Map(replaced);
  for (const node of topologicalOrder(roots))
    if (!made.has(node) && node.inputs.some((t) => made.has(t)))
      made.set(
        node,
        make(
          node,
          node.inputs.map((t) => made.get(t) ?? t),
        ),
      );
  return made;
}
