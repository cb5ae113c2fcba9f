import { topologicalOrder } from "../tensor/grad.js";
import { input, isConstant, isInput, Parameter } from "../tensor/leaves.js";
import { isAcrossParts } from "../tensor/ops/across-parts.js";
import { replay } from "../tensor/replay.js";
import type { Tensor } from "../tensor/tensor.js";
import {
  type CompileOptions,
  type Compute,
  type Feed,
  feedValue,
  type GraphOutputs,
  type InputSpec,
  traced,
} from "./compile.js";
import type { Executor, InputValue } from "./executor.js";
import { executeInPlace } from "./in-place.js";
import { currentValue, lower } from "./lower.js";
import { together } from "./together.js";

/** A graph for a part of a batch. */
export interface PartProgram<I extends string> {
  /** One run, with the means over the parts exchanged on the way. Every part has to run it, the same number of times. */
  run(feeds: Partial<Record<I, Feed>>): Promise<Record<string, Float32Array>>;
  release(): Promise<void>;
}

/** Made anew wherever they are needed, as they cost less than being carried from one program to the next. */
const CHEAP = new Set([
  ...["Reshape", "Transpose", "Slice", "BroadcastTo", "StopGradient", "Identity", "Watch", "Cast"],
  ...["Add", "Sub", "Mul", "Div", "Neg", "Square", "Clamp", "Relu", "Sigmoid", "Silu", "Greater", "Where"],
]);

/**
 * Compiles a graph whose means over the parts of a batch (`acrossParts`) come from `exchange`, which turns a list of the
 * part's own values into those of all. The graph is cut there: what stands before a mean is one program, what needs the
 * mean the next, which takes the tensors that both need from the first, where they lie, instead of computing them again.
 * Lists come back in a buffer that the next run overwrites, as from `compile`.
 */
export function compileInParts<I extends string, O extends GraphOutputs>(
  specs: Record<I, InputSpec>,
  build: (inputs: Record<I, Tensor>) => O,
  exchange: (values: Float32Array) => Promise<void>,
  options: Compute & Pick<CompileOptions, "freeze"> = {},
): PartProgram<I> {
  const { inputs, results } = traced(specs, build as (inputs: Record<I, Tensor>) => GraphOutputs);
  const { flat, places } = placesOf(results);
  const pieces = piecesOf([...places.keys()]).map((piece) => programOf(piece, inputs, places, options));
  return {
    async run(feeds) {
      const known = new Map<Tensor, Float32Array>();
      for (const { takes, gives, means, results: own, uses, ready } of pieces) {
        const { executor, parameters } = await ready();
        const given: Record<string, InputValue> = {};
        for (const { name, parameter } of parameters)
          given[name] = { dtype: "float32", shape: parameter.shape, data: currentValue(parameter, name) };
        for (const one of uses) {
          const { name } = one.attributes;
          given[name] = feedValue(one, feeds[name as I]);
        }
        for (const one of takes) given[nameOf(one)] = { dtype: "float32", shape: one.shape, data: known.get(one)! };
        const found = await executor.run(given);
        for (const one of [...gives, ...means]) known.set(one, found[outputOf(one)]);
        for (const one of own) for (const place of places.get(one)!.slice(1)) place.set(places.get(one)![0]);
        if (means.size > 0)
          await together(
            Array.from(means, (mean) => known.get(mean)!),
            exchange,
          );
      }
      return Object.fromEntries(
        Object.entries(flat).map(([name, values]) => [name, Array.isArray(results[name]) ? values : values.slice()]),
      );
    },
    async release() {
      for (const { release } of pieces) await release();
    },
  };
}

/** A piece, and what runs it: its results go to their places. */
function programOf(
  piece: Piece,
  inputs: readonly Tensor[],
  places: ReadonlyMap<Tensor, Float32Array[]>,
  { freeze, device, threads }: Compute & Pick<CompileOptions, "freeze">,
) {
  const { roots, uses, takes, gives, means, results } = piece;
  const replaced = new Map(Array.from(takes, (one) => [one, input(nameOf(one), one.shape)] as const));
  const made = replay(roots, replaced);
  const now = (tensor: Tensor) => made.get(tensor) ?? tensor;
  const outputs = [
    ...Array.from(new Set([...results, ...gives]), (one) => ({ name: outputOf(one), tensor: now(one) })),
    ...Array.from(means, (mean) => ({ name: outputOf(mean), tensor: now(mean.inputs[0]) })),
  ];
  const into = new Map(results.map((one) => [outputOf(one), places.get(one)![0]] as const));
  async function start(): Promise<{ executor: Executor; parameters: { name: string; parameter: Parameter }[] }> {
    const given = [...inputs.filter((one) => uses.has(one)), ...replaced.values()];
    const { bytes, parameters } = lower(given, outputs, { freeze, simplified: true });
    const shapes = outputs.map(({ name, tensor: { shape } }) => ({ name, shape }));
    return { executor: await executeInPlace({ bytes, outputs: shapes, device, threads }, into), parameters };
  }
  let started: ReturnType<typeof start> | null = null;
  return {
    ...piece,
    ready: () => (started ??= start()),
    async release() {
      const running = started;
      started = null;
      await (await running?.catch(() => null))?.executor.release();
    },
  };
}

/** A vector for each result of a graph, and where in these the values of each tensor go. */
function placesOf(results: GraphOutputs): { flat: Record<string, Float32Array>; places: Map<Tensor, Float32Array[]> } {
  const places = new Map<Tensor, Float32Array[]>();
  const flat = Object.fromEntries(
    Object.entries(results).map(([name, value]) => {
      const tensors = [value].flat() as Tensor[];
      const values = new Float32Array(tensors.reduce((n, { size }) => n + size, 0));
      let at = 0;
      for (const tensor of tensors)
        places.set(tensor, [...(places.get(tensor) ?? []), values.subarray(at, (at += tensor.size))]);
      return [name, values];
    }),
  );
  return { flat, places };
}

const nameOf = (tensor: Tensor) => `of all ${tensor.id}`;
const outputOf = (tensor: Tensor) => `out.${tensor.id}`;

/** What one program of a graph that is cut into several computes. */
interface Piece {
  /** Results of the graph that it is the first to know. */
  results: Tensor[];
  /** All that it computes: these, and what it gives. */
  roots: Tensor[];
  /** Inputs of the graph that it uses. */
  uses: Set<Tensor>;
  /** Results of pieces before, and means that are known by now. */
  takes: Set<Tensor>;
  /** What pieces after it take. */
  gives: Set<Tensor>;
  /** Means over the parts that are exchanged when it has run. */
  means: Set<Tensor>;
}

function piecesOf(roots: readonly Tensor[]): Piece[] {
  /** The number of the piece that computes a tensor; a mean's is that of its own part's value. */
  const place = new Map<Tensor, number>();
  const known = (tensor: Tensor) => place.get(tensor)! + (isAcrossParts(tensor) ? 1 : 0);
  for (const tensor of topologicalOrder(roots)) place.set(tensor, Math.max(0, ...tensor.inputs.map(known)));
  const last = Math.max(...roots.map(known));
  const pieces = Array.from(
    { length: last + 1 },
    (): Piece => ({ results: [], roots: [], uses: new Set(), takes: new Set(), gives: new Set(), means: new Set() }),
  );
  for (const root of roots) pieces[known(root)].results.push(root);
  for (let k = last; k >= 0; k--) {
    const piece = pieces[k];
    piece.roots.push(...piece.results, ...piece.gives, ...Array.from(piece.means, (mean) => mean.inputs[0]));
    const seen = new Set<Tensor>();
    const stack = [...piece.roots];
    while (stack.length > 0) {
      const tensor = stack.pop()!;
      if (seen.has(tensor)) continue;
      seen.add(tensor);
      if (isInput(tensor)) piece.uses.add(tensor);
      else if (place.get(tensor)! < k && isCarried(tensor)) {
        piece.takes.add(tensor);
        const from = pieces[place.get(tensor)!];
        if (isAcrossParts(tensor)) from.means.add(tensor);
        else from.gives.add(tensor);
      } else stack.push(...tensor.inputs);
    }
  }
  return pieces;
}

/** Whether a result of an earlier piece is handed on; only float32 can be. */
const isCarried = (tensor: Tensor): boolean =>
  isAcrossParts(tensor) ||
  (tensor.dtype === "float32" && !(isConstant(tensor) || tensor instanceof Parameter || CHEAP.has(tensor.op.name)));
