import { capturedBy } from "./checkpoint.js";
import { pullBack } from "./grad.js";
import { constant } from "./leaves.js";
import { attachGradients } from "./ops/attach-gradient.js";
import { alias, barrier } from "./ops/identity.js";
import { concat } from "./ops/layout.js";
import { replay } from "./replay.js";
import { normalizeAxis } from "./shape.js";
import { requireTensor, type Tensor } from "./tensor.js";

/**
 * Σ f(part) over parts of `x` along an axis, a scalar each, where a part's gradients are computed before the next part
 * begins: what f needs on the way is never there for more than one. Values and derivatives are those of the sum; `f` may
 * use parameters and other tensors from outside. `parts`: how many, of nearly one size; where it is 1, f(x).
 * @param f is given a part and where it begins and ends
 */
export function inTurn(
  f: (part: Tensor, from: number, to: number) => Tensor,
  x: Tensor,
  { axis, parts }: { axis: number; parts: number },
): Tensor {
  requireTensor(x, "inTurn: its second argument");
  if (x.dtype !== "float32") throw new Error(`inTurn: ${x} has no gradient, since only float32 has; cast it.`);
  const along = normalizeAxis(axis, x.shape.length);
  const size = x.shape[along];
  if (!(Number.isInteger(parts) && parts >= 1 && parts <= size))
    throw new Error(`inTurn: parts are 1 to ${size}, the length of axis ${axis}; got ${parts}.`);
  const lossOf = (part: Tensor, from: number, to: number) => {
    const loss = f(part, from, to);
    if (loss.size !== 1) throw new Error(`inTurn: f gives a scalar for each part, got one of ${loss.size} numbers.`);
    return loss.reshape([]);
  };
  if (parts === 1) return lossOf(x, 0, size);
  const whole = alias(x);
  const cotangents: Tensor[] = [];
  const others = new Map<Tensor, Tensor>();
  let value: Tensor | null = null;
  let done: Tensor | null = null;
  for (let k = 0; k < parts; k++) {
    const [from, to] = [k, k + 1].map((i) => Math.floor((i * size) / parts));
    const slice = whole.slice(along, from, to);
    const part = done ? barrier(slice, done) : alias(slice);
    const loss = lossOf(part, from, to);
    const captured = capturedBy(loss, [part]);
    // Gradients towards copies stop there: x itself may be made of what f uses, and its own gradient goes on to that
    const copies = captured.map(alias);
    const replaced = new Map([[part, part], ...captured.map((t, i) => [t, copies[i]] as const)]);
    const own = replay([loss], replaced).get(loss) ?? loss;
    const reached = pullBack([[own, constant(1)]], [part, ...copies]);
    cotangents.push(reached.get(part) ?? constant(0).broadcastTo(part.shape));
    for (const [i, t] of captured.entries()) {
      const cotangent = reached.get(copies[i]);
      if (cotangent) others.set(t, others.get(t)?.add(cotangent) ?? cotangent);
    }
    value = value ? value.add(own) : own;
    done = concat([cotangents[k], ...others.values()].map((t) => t.flatten().slice(0, 0, 1)));
  }
  return attachGradients(value!, [[x, concat(cotangents, along)], ...others]);
}
