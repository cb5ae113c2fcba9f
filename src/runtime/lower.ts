import { topologicalOrder } from "../tensor/grad.js";
import { isConstant, isInput, Parameter } from "../tensor/leaves.js";
import type { Tensor } from "../tensor/tensor.js";
import { OnnxGraph } from "./onnx.js";
import { simplify } from "./passes/index.js";

export interface Lowered {
  /** The ONNX model. */
  bytes: Uint8Array;
  /** Parameters that are inputs of the graph, with their input names; empty when frozen. */
  parameters: { name: string; parameter: Parameter }[];
}

export interface LowerOptions {
  /**
   * Which parameters become constants of the graph instead of inputs: all (an ordinary deployable model) or those
   * listed.
   */
  freeze?: boolean | Iterable<Parameter>;
  /** Names for parameters, e.g. their paths in the module tree. */
  nameOf?: (parameter: Parameter) => string | undefined;
  metadata?: Record<string, string>;
  /** Whether the graph goes through the passes first, which choose by its shapes. */
  simplified?: boolean;
  /** What the graph is written into; default one for the shapes as they are. */
  graph?: OnnxGraph;
}

/** Writes the graph that computes `outputs` as ONNX. Dead nodes never enter it. */
export function lower(
  inputs: readonly Tensor[],
  outputs: readonly { name: string; tensor: Tensor }[],
  options: LowerOptions = {},
): Lowered {
  const { graph = new OnnxGraph() } = options;
  const tensors = outputs.map(({ tensor }) => tensor);
  const roots = options.simplified ? simplify(tensors) : tensors;
  const names = new Map<Tensor, string>();
  const parameters: Lowered["parameters"] = [];
  const taken = new Set<string>();
  const frozen = typeof options.freeze === "object" ? new Set(options.freeze) : null;

  for (const t of inputs) {
    const name = t.attributes.name as string;
    if (taken.has(name)) throw new Error(`Two inputs are called "${name}".`);
    taken.add(name);
    names.set(t, name);
    graph.input(name, t.shape, t.dtype);
  }
  for (const t of topologicalOrder(roots)) {
    if (names.has(t)) continue;
    if (t instanceof Parameter) {
      const name = options.nameOf?.(t) ?? `parameter${names.size}`;
      if (taken.has(name)) throw new Error(`"${name}" names a parameter and an input.`);
      taken.add(name);
      names.set(t, name);
      if (frozen ? frozen.has(t) : options.freeze) graph.initializer(name, currentValue(t, name), t.shape, "float32");
      else {
        graph.input(name, t.shape, "float32");
        parameters.push({ name, parameter: t });
      }
    } else if (isConstant(t)) {
      const { data } = t.attributes;
      names.set(
        t,
        t.dtype === "float32"
          ? graph.float(data, t.shape)
          : t.dtype === "int32"
            ? graph.int32(data, t.shape)
            : graph.bool(data, t.shape),
      );
    } else if (isInput(t)) {
      throw new Error(`The graph uses the input "${t.attributes.name}", which it was not given.`);
    } else {
      const lowered = t.op.onnx(
        graph,
        t.inputs.map((i) => names.get(i)!),
        t.attributes,
        { inputs: t.inputs, output: t },
      );
      names.set(t, lowered);
    }
  }
  for (const [i, { name, tensor }] of outputs.entries()) {
    if (taken.has(name)) throw new Error(`"${name}" names an output and an input or parameter.`);
    taken.add(name);
    const from = names.get(roots[i])!;
    if (tensor.dtype === "float32") graph.alias(from, name);
    else graph.alias(graph.node("Cast", [from], { to: 1 }), name);
    graph.output(name, tensor.shape, "float32");
  }
  return { bytes: graph.finish(options.metadata), parameters };
}

export function currentValue(parameter: Parameter, name: string): Float32Array {
  if (!parameter.value)
    throw new Error(
      `The parameter ${name} has no value yet: make the Parameters of its network first (network.parameters).`,
    );
  return parameter.value;
}
