import type { Tensor } from "../tensor/tensor.js";
import { type InputSpec, traced } from "./compile.js";
import { BATCHES, DynamicGraph, RecordingGraph } from "./dynamic.js";
import { lower } from "./lower.js";
import { OnnxGraph } from "./onnx.js";

/** A graph for a batch of rows, as `inputs(size)` says. */
export interface BatchGraph<I extends string> {
  inputs(size: number): Record<I, InputSpec>;
  build(inputs: Record<I, Tensor>): Record<string, Tensor | readonly Tensor[]>;
}

/**
 * A graph as an ONNX model with its parameters inside: for batches of `size` rows, or else of any size.
 * @throws where the size is no whole number of at least 1, or the graph depends on its batch in a way that cannot be written for any.
 */
export function exportOnnx<I extends string>(
  { inputs, build }: BatchGraph<I>,
  { size, metadata }: { size?: number; metadata?: Record<string, string> },
): Uint8Array {
  if (size !== undefined && !(Number.isInteger(size) && size >= 1))
    throw new Error(`toOnnx: the batch must be a whole number of at least 1, got ${size}.`);
  const write = <G extends OnnxGraph>(rows: number, graph: G) => {
    const trace = traced(inputs(rows), build);
    const outputs = Object.entries(trace.results).map(([name, tensor]) => ({ name, tensor: tensor as Tensor }));
    return { graph, bytes: lower(trace.inputs, outputs, { freeze: true, metadata, graph }).bytes };
  };
  if (size !== undefined) return write(size, new OnnxGraph()).bytes;
  const traces = BATCHES.map((rows) => write(rows, new RecordingGraph()).graph);
  return write(BATCHES[0], new DynamicGraph(traces)).bytes;
}
