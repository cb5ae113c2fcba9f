import type * as Ort from "onnxruntime-web";
import { topologicalOrder } from "../tensor/grad.js";
import { input, Parameter } from "../tensor/leaves.js";
import type { Shape } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { type Feed, feedValue, type InputSpec } from "./compile.js";
import { resolveRuntime } from "./device.js";
import { lower } from "./lower.js";
import type { Parameters } from "./parameters.js";
import { releasable } from "./release.js";
import type { DeviceName } from "./runtime.js";
import { createSession } from "./session.js";

/**
 * An optimiser's update as a graph over `kind/path` tensors: inputs `gradient/path`, every kind of state (`value` among
 * them) and
 * `scalars`; outputs the next state under the same names and `norm`.
 */
export interface ResidentUpdate {
  readonly kinds: readonly string[];
  readonly inputs: Record<string, Shape>;
  build(inputs: Record<string, Tensor>): Record<string, Tensor>;
}

export interface ResidentOptions<I extends string> {
  /** What the loss is fed, as for `compile`. */
  inputs: Record<I, InputSpec>;
  /** The loss, whatever else is to be known of a step, and the gradients in the order of the parameters. */
  build(inputs: Record<I, Tensor>): { gradients: readonly Tensor[]; [name: string]: Tensor | readonly Tensor[] };
  /** What is trained. Other parameters of the graph are constants. */
  parameters: Parameters;
  update: ResidentUpdate;
  device?: DeviceName | "auto";
  threads?: number;
}

/** A training step whose parameters, gradients and optimiser state stay on the device. */
export interface Resident<I extends string> extends AsyncDisposable {
  /**
   * One step: gradients, then the update with its `scalars`. Returns `build`'s other outputs and the gradients' `norm`.
   */
  step(feeds: Record<I, Feed>, scalars: Float32Array): Promise<Record<string, Float32Array>>;
  /** One kind of state as a flat vector in the parameters' layout, copied from the device. */
  read(kind: string): Promise<Float32Array>;
  /** Sets one kind of state. */
  write(kind: string, vector: Float32Array): void;
  /** Copies the values to `parameters.flat`. */
  download(): Promise<void>;
  release(): Promise<void>;
}

/**
 * Compiles a loss with gradients and an update that follow each other on one device without passing through the host:
 * on a GPU the state lives in its buffers, on a CPU in host memory that the update overwrites. `value` starts at the
 * parameters' values, and so does `average`; other kinds start at zero.
 */
export async function resident<I extends string>(options: ResidentOptions<I>): Promise<Resident<I>> {
  const { parameters, update } = options;
  const { entries } = parameters;
  const runtime = await resolveRuntime(options.device);
  const { ort, device } = runtime;
  const onGpu = device === "webgpu";

  const specs = Object.entries(options.inputs).filter(([, spec]) => spec) as [I, Exclude<InputSpec, null | false>][];
  const inputs = Object.fromEntries(
    specs.map(([name, spec]) => [name, "dtype" in spec ? input(name, spec.shape, spec.dtype) : input(name, spec)]),
  ) as Record<I, Tensor>;
  const { gradients, ...rest } = options.build(inputs);
  if (gradients.length !== entries.length)
    throw new Error(`resident: ${gradients.length} gradients for ${entries.length} parameters.`);
  const reports = Object.entries(rest) as [string, Tensor][];
  const gradientNames = entries.map(({ name }) => `gradient/${name}`);
  const stateNames = update.kinds.flatMap((kind) => entries.map(({ name }) => `${kind}/${name}`));
  const trained = new Map<Parameter, string>(entries.map(({ parameter, name }) => [parameter, `value/${name}`]));

  const outputs = [
    ...reports.map(([name, tensor]) => ({ name, tensor })),
    ...gradients.map((tensor, i) => ({ name: gradientNames[i], tensor })),
  ];
  const others = topologicalOrder(outputs.map(({ tensor }) => tensor)).filter(
    (t): t is Parameter => t instanceof Parameter && !trained.has(t),
  );
  const forward = lower(Object.values(inputs), outputs, {
    freeze: others,
    nameOf: (parameter) => trained.get(parameter),
    simplified: true,
  });
  const updateInputs = Object.entries(update.inputs).map(([name, shape]) => input(name, shape));
  const next = update.build(Object.fromEntries(updateInputs.map((t) => [t.attributes.name, t])));
  const updated = Object.entries(next).map(([name, tensor]) => ({ name: `next/${name}`, tensor }));
  const backward = lower(updateInputs, updated);

  const onDevice = (names: readonly string[]): Record<string, "gpu-buffer"> | undefined =>
    onGpu ? Object.fromEntries(names.map((name) => [name, "gpu-buffer"])) : undefined;
  const session = (bytes: Uint8Array, resident: readonly string[]) =>
    createSession(runtime, bytes, { threads: options.threads, outputLocation: onDevice(resident) });
  const gradientSession = await session(forward.bytes, gradientNames);
  const updateSession = await session(
    backward.bytes,
    stateNames.map((name) => `next/${name}`),
  );

  const state = new Map<string, Ort.Tensor>();
  const write = (kind: string, vector: Float32Array): void => {
    if (vector.length !== parameters.count)
      throw new Error(`resident: ${kind} takes ${parameters.count} numbers, got ${vector.length}.`);
    for (const { name, offset, size, shape } of entries) {
      const key = `${kind}/${name}`;
      state.get(key)?.dispose();
      state.set(key, new ort.Tensor("float32", vector.slice(offset, offset + size), [...shape]));
    }
  };
  for (const kind of update.kinds)
    write(kind, kind === "value" || kind === "average" ? parameters.flat : new Float32Array(parameters.count));
  // On the native CPU both sessions write into the same memory at every step; an update may overwrite what it read
  const inPlace = runtime.package === "onnxruntime-node" && !onGpu;
  const gradientBuffers = entries.map(
    ({ size, shape }) => new ort.Tensor("float32", new Float32Array(size), [...shape]),
  );

  const valueNames = forward.parameters.map(({ name }) => name);
  // A tensor's own getData() ends the process in the native runtime, so that a session copies to the host
  let reader: Promise<Ort.InferenceSession> | undefined;
  const startReader = () => {
    const copied = entries.map(({ name, shape }) => input(name, shape));
    const named = copied.map((tensor) => ({ name: `host/${tensor.attributes.name}`, tensor }));
    return createSession(runtime, lower(copied, named).bytes, { threads: options.threads });
  };
  const read = async (kind: string): Promise<Float32Array> => {
    if (!update.kinds.includes(kind))
      throw new Error(`resident: there is no state "${kind}"; there is ${update.kinds.join(", ")}.`);
    const tensors = Object.fromEntries(entries.map(({ name }) => [name, state.get(`${kind}/${name}`)!]));
    const onHost = entries.every(({ name }) => tensors[name].location === "cpu");
    const copies = onHost ? null : await (await (reader ??= startReader())).run(tensors);
    const flat = new Float32Array(parameters.count);
    for (const { name, offset } of entries)
      flat.set((copies ? copies[`host/${name}`] : tensors[name]).data as Float32Array, offset);
    return flat;
  };

  return releasable({
    async step(feeds: Record<I, Feed>, scalars: Float32Array) {
      const given: Record<string, Ort.Tensor> = {};
      for (const [name, t] of Object.entries(inputs) as [I, Tensor][]) {
        const { dtype, shape, data } = feedValue(t, feeds[name]);
        given[name] = new ort.Tensor(dtype, data as never, [...shape]);
      }
      for (const name of valueNames) given[name] = state.get(name)!;
      const wanted: Record<string, Ort.Tensor | null> = Object.fromEntries(reports.map(([name]) => [name, null]));
      gradientNames.forEach((name, i) => {
        wanted[name] = inPlace ? gradientBuffers[i] : null;
      });
      const found = await gradientSession.run(given, wanted);

      const before: Record<string, Ort.Tensor> = { scalars: new ort.Tensor("float32", scalars, [scalars.length]) };
      for (const name of gradientNames) before[name] = found[name];
      const after: Record<string, Ort.Tensor | null> = { "next/norm": null };
      for (const name of stateNames) {
        before[name] = state.get(name)!;
        after[`next/${name}`] = inPlace ? state.get(name)! : null;
      }
      const results = await updateSession.run(before, after);
      if (!inPlace) {
        for (const name of gradientNames) found[name].dispose();
        for (const name of stateNames) {
          state.get(name)!.dispose();
          state.set(name, results[`next/${name}`]);
        }
      }
      const values = Object.fromEntries(reports.map(([name]) => [name, found[name].data as Float32Array]));
      return { ...values, norm: results["next/norm"].data as Float32Array };
    },
    read,
    write,
    async download() {
      parameters.flat.set(await read("value"));
    },
    async release() {
      for (const tensor of state.values()) tensor.dispose();
      state.clear();
      await gradientSession.release();
      await updateSession.release();
      await (await reader)?.release();
    },
  });
}
