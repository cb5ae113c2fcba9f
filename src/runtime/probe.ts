import { topologicalOrder } from "../tensor/grad.js";
import { isConstant, isInput, Parameter } from "../tensor/leaves.js";
import { watchedName } from "../tensor/ops/identity.js";
import { concat } from "../tensor/ops/index.js";
import type { Shape } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";

/** What is looked at besides a graph's outputs. */
export interface Probe {
  readonly outputs: readonly { name: string; tensor: Tensor }[];
  /** Looks at a run's values. @throws where they are not as they should be. */
  inspect(values: Readonly<Record<string, Float32Array>>): void;
}

/** Gives the values of tensors named by `watch` to a function, in the order of the graph. */
export function watchProbe(
  roots: readonly Tensor[],
  show: (name: string, values: Float32Array, shape: Shape) => void,
): Probe {
  const outputs = topologicalOrder(roots)
    .filter((t) => watchedName(t) !== undefined)
    .map((tensor, i) => ({ name: `watch.${i}`, tensor }));
  return {
    outputs,
    inspect(values) {
      for (const { name, tensor } of outputs) show(watchedName(tensor)!, values[name], tensor.shape);
    },
  };
}

/** Ops that only pass values on, so that they are never the first that is not finite. */
const PASSING = new Set(["Reshape", "Transpose", "BroadcastTo", "StopGradient", "Identity", "Watch", "Checkpoint"]);

/** Finds the first tensor of a run that is not finite: 0·x summed is 0, unless there is an infinity or a NaN. */
export function finiteProbe(roots: readonly Tensor[]): Probe {
  const order = topologicalOrder(roots);
  const names = new Map<Tensor, string>();
  for (const t of order) {
    const name = watchedName(t);
    if (name !== undefined) names.set(t.inputs[0], name);
  }
  const checked = order.filter((t) => t.dtype === "float32" && t.size > 0 && !isConstant(t) && !PASSING.has(t.op.name));
  const label = (t: Tensor): string => {
    if (t.op.name === "Watch") return label(t.inputs[0]);
    const name = names.get(t) ?? (t instanceof Parameter ? t.name : null);
    const what = isInput(t)
      ? `the input "${t.attributes.name}"`
      : t instanceof Parameter
        ? "the parameter"
        : isConstant(t)
          ? "a constant"
          : String(t);
    return name === null ? what : `${what} "${name}"`;
  };
  if (checked.length === 0) return { outputs: [], inspect: () => {} };
  const flags = concat(checked.map((t) => t.mul(0).sum().reshape([1])));
  return {
    outputs: [{ name: "check.finite", tensor: flags }],
    inspect(values) {
      const first = values["check.finite"].findIndex((v) => v !== 0);
      if (first < 0) return;
      const { inputs } = checked[first];
      throw new Error(
        `check: the first tensor of this run that is not finite is ${label(checked[first])}` +
          `${inputs.length > 0 ? `, made of ${inputs.map(label).join(" and ")}` : ""}.`,
      );
    },
  };
}
