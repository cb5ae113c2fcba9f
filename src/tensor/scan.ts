import { stack } from "./ops/index.js";
import { describe, sameShape, showShape } from "./shape.js";
import { requireTensor, Tensor } from "./tensor.js";

/**
 * A loop: `step(carry, x, i)` returns the next carry and an output; `xs` are the slices of a tensor [T, …] along its
 * first axis, or a number T of steps, whose x is i. Returns the last carry and the outputs [T, …]. The carry is
 * whatever the step needs, such as a tensor or a record of tensors.
 *
 * The loop is unrolled: the graph holds T copies of the step, so that it runs, and has gradients, on every device.
 */
export function scan<C>(
  step: (carry: C, x: Tensor, i: number) => readonly [C, Tensor],
  init: C,
  xs: Tensor,
): [carry: C, outputs: Tensor];
export function scan<C>(
  step: (carry: C, x: number, i: number) => readonly [C, Tensor],
  init: C,
  steps: number,
): [carry: C, outputs: Tensor];
export function scan<C>(
  step: (carry: C, x: never, i: number) => readonly [C, Tensor],
  init: C,
  xs: Tensor | number,
): [carry: C, outputs: Tensor] {
  const count = xs instanceof Tensor ? xs.shape[0] : xs;
  if (!Number.isInteger(count) || count < 1)
    throw new Error(`scan: takes a tensor [T, …] with T ≥ 1 or a number of steps ≥ 1, got ${describe(xs)}.`);
  const outputs: Tensor[] = [];
  let carry = init;
  for (let i = 0; i < count; i++) {
    const x = xs instanceof Tensor ? xs.slice(0, i, i + 1).squeeze(0) : i;
    const next = step(carry, x as never, i);
    if (!Array.isArray(next) || next.length !== 2)
      throw new Error(`scan: the step must return [carry, output], got ${describe(next)}.`);
    const [after, output] = next as [C, Tensor];
    requireTensor(output, `scan: the output of step ${i}`);
    if (carry instanceof Tensor && !(after instanceof Tensor && sameShape(after.shape, carry.shape)))
      throw new Error(
        `scan: step ${i} turns a carry ${showShape(carry.shape)} into ${after instanceof Tensor ? showShape(after.shape) : describe(after)}.`,
      );
    carry = after;
    outputs.push(output);
  }
  return [carry, stack(outputs)];
}
