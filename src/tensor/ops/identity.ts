import { describe } from "../shape.js";
import { defineOp, requireTensor, type Tensor } from "../tensor.js";

const identityOp = defineOp("Identity", {
  shape: ([x]) => x.shape,
  onnx: (_, [x]) => x,
  grad: ({ dOut }) => [dOut],
});

/** The same values as a node of its own, so that derivatives towards it do not reach what it is made of otherwise. */
export const alias = (x: Tensor): Tensor => identityOp([x], undefined);

/** ONNX's number of float32. */
const FLOAT = 1;

const barrierOp = defineOp("Barrier", {
  shape: ([x]) => x.shape,
  // x + −0·[a < a] with an entry a of what is waited for, be it infinite: x to the bit, which the runtime cannot know
  onnx: (g, [x, after]) => {
    const entry = g.node("Slice", [g.node("Reshape", [after, g.int64([-1])]), g.int64([0]), g.int64([1])]);
    const one = g.node("Squeeze", [entry]);
    const never = g.node("Cast", [g.node("Less", [one, one])], { to: FLOAT });
    return g.node("Add", [x, g.node("Mul", [never, g.float(-0)])]);
  },
  grad: ({ dOut }) => [dOut, null],
});

/** The same float values, computed once `after` is there; the runtime sees two different tensors. */
export const barrier = (x: Tensor, after: Tensor): Tensor => barrierOp([x, after], undefined);

const watchOp = defineOp<{ name: string }>("Watch", {
  shape: ([x]) => x.shape,
  onnx: (_, [x]) => x,
  grad: ({ dOut }) => [dOut],
});

/**
 * The same tensor under a name, to go on with: `compile`'s option `watch` is given its values after each run, and
 * `check` calls it by this name. Without them it costs nothing. What no output depends on is not seen.
 */
export function watch(name: string, x: Tensor): Tensor {
  if (typeof name !== "string" || name === "")
    throw new Error(`watch: takes a name and a tensor, got ${describe(name)}.`);
  requireTensor(x, `watch("${name}"): its second argument`);
  return watchOp([x], { name });
}

/** The name that a tensor is watched under, if it is. */
export const watchedName = (t: Tensor): string | undefined => (t.op.name === "Watch" ? t.attributes.name : undefined);
