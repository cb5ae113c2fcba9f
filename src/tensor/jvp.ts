import { pullBack, topologicalOrder } from "./grad.js";
import { asTensor, constant, input } from "./leaves.js";
import { alias } from "./ops/identity.js";
import { again, replay } from "./replay.js";
import { describe, sameShape, showShape } from "./shape.js";
import { requireTensor, type Tensor, type TensorLike } from "./tensor.js";

/**
 * The value of `f` and its derivative along a direction (forward mode): `[f(primals), Σᵢ ∂f/∂primalᵢ · tangentᵢ]`,
 * each primal taken as a variable of its own. A tangent is a tensor of its primal's shape or a number for all of its
 * entries; what has the number 0 is held fixed. Both results are ordinary tensors: `grad` goes through them.
 *
 * The pull-back of a cotangent w is linear in w, so that its own pull-back is the derivative sought (the
 * double-backward trick); w itself drops out, and with it whatever only it needed.
 */
export function jvp(
  f: (...primals: Tensor[]) => Tensor,
  primals: readonly Tensor[],
  tangents: readonly TensorLike[],
): [value: Tensor, tangent: Tensor] {
  if (typeof f !== "function") throw new Error(`jvp: its first argument is a function of tensors, got ${describe(f)}.`);
  if (!Array.isArray(primals) || !Array.isArray(tangents) || primals.length !== tangents.length)
    throw new Error("jvp: needs two lists of one length, primals and tangents.");
  const directions = primals.map((x, i) => direction(x, tangents[i], i));
  const variables = primals.map(alias);
  const value = f(...variables);
  requireTensor(value, "jvp: what the function returns");
  if (value.dtype !== "float32") throw new Error(`jvp: ${value} has no derivative, since only float32 has.`);

  const free = variables.filter((_, i) => directions[i] !== null);
  const cotangent = input("the cotangent of a jvp", value.shape);
  const back = pullBack([[value, cotangent]], free);
  const roots = variables.flatMap((t, i): [Tensor, Tensor][] => {
    const [pulled, along] = [back.get(t), directions[i]];
    return pulled && along ? [[pulled, along]] : [];
  });
  const found = pullBack(roots, [cotangent]).get(cotangent) ?? constant(0).broadcastTo(value.shape);
  const tangent = withoutBarriers(found, cotangent);
  if (topologicalOrder([tangent]).includes(cotangent))
    throw new Error("jvp: an op within the function has a gradient that is not linear in its cotangent.");
  return [value, tangent];
}

/** Barriers of checkpoints wait for the cotangent, which never comes. */
function withoutBarriers(tangent: Tensor, cotangent: Tensor): Tensor {
  const made = replay([tangent], new Map([[cotangent, alias(cotangent)]]), (node, inputs) =>
    node.op.name === "Barrier" ? inputs[0] : again(node, inputs),
  );
  return made.get(tangent) ?? tangent;
}

/** A tangent in its primal's shape; null for the number 0. */
function direction(primal: Tensor, tangent: TensorLike, i: number): Tensor | null {
  requireTensor(primal, `jvp: primal ${i}`);
  if (tangent === 0) return null;
  if (primal.dtype !== "float32")
    throw new Error(
      `jvp: primal ${i} is ${primal}; only float32 has tangents: give it the tangent 0 or close over it.`,
    );
  const along = asTensor(tangent, `jvp: tangent ${i}`);
  if (typeof tangent !== "number" && !sameShape(along.shape, primal.shape))
    throw new Error(`jvp: tangent ${i} is ${showShape(along.shape)}, its primal ${showShape(primal.shape)}.`);
  return along.broadcastTo(primal.shape);
}
