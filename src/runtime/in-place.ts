import { sizeOf } from "../tensor/shape.js";
import type { DType } from "../tensor/tensor.js";
import type { TensorData } from "../tensor/values.js";
import { resolveRuntime } from "./device.js";
import { type Executor, execute, type Job } from "./executor.js";
import type { Address, CInterface } from "./native-interface.js";
import { CONFIGURATION, threadsOf } from "./session.js";

/** Numbers of the runtime's types and of its highest level of optimisation. */
const TYPES: Record<DType, number> = { float32: 1, int32: 6, bool: 9 };
const ALL_OPTIMIZATIONS = 99;
/** Bytes of a cache line: kernels are a tenth slower where values begin elsewhere. */
const LINE = 64;

/**
 * As `execute`, but outputs without an entry in `into` are written where they were the last time. The native runtime's
 * package returns a copy of every output in memory that is new each time; here it is given the places and returns
 * nothing. Where its library cannot be called so, `execute`.
 */
export async function executeInPlace(job: Job, into: ReadonlyMap<string, Float32Array>): Promise<Executor> {
  const { package: from, device } = await resolveRuntime(job.device);
  const native = from === "onnxruntime-node" && device === "cpu";
  const c = native ? await (await import("./native-interface.js")).cInterface() : null;
  return c ? placed(c, job, into) : execute(job, into);
}

function placed(c: CInterface, job: Job, into: ReadonlyMap<string, Float32Array>): Executor {
  const session = sessionOf(c, job);
  const own = job.outputs.filter(({ name }) => !into.has(name));
  const lists = aligned(
    c,
    own.map(({ shape }) => sizeOf(shape)),
  );
  const values = Object.fromEntries([...into, ...own.map(({ name }, i) => [name, lists[i]] as const)]);
  const tensorOf = (data: TensorData, shape: readonly number[], dtype: DType): Address =>
    c.made(
      "CreateTensorWithDataAsOrtValue",
      c.memory,
      bytesOf(data),
      data.byteLength,
      BigInt64Array.from(shape, BigInt),
      shape.length,
      TYPES[dtype],
    );
  const names = job.outputs.map(({ name }) => name);
  const outputs = BigUint64Array.from(job.outputs, ({ name, shape }) => tensorOf(values[name], shape, "float32"));
  const bound = new Map<string, { data: TensorData; tensor: Address }>();
  let released = false;
  return {
    async run(inputs) {
      await new Promise((resolve) => setImmediate(resolve)); // as the package does: signals are heard between runs
      if (released) throw new Error("The program was released before it ran.");
      for (const [name, { data, shape, dtype }] of Object.entries(inputs)) {
        const before = bound.get(name);
        if (before?.data === data) continue;
        if (before) c.release("Value", before.tensor);
        bound.set(name, { data, tensor: tensorOf(data, shape, dtype) });
      }
      const tensors = BigUint64Array.from(bound.values(), ({ tensor }) => tensor);
      c.call("Run", session, null, [...bound.keys()], tensors, tensors.length, names, names.length, outputs);
      return values;
    },
    async release() {
      released = true;
      for (const tensor of [...outputs, ...Array.from(bound.values(), ({ tensor }) => tensor)])
        c.release("Value", tensor);
      c.release("Session", session);
    },
  };
}

/** A session with the options of `createSession`. */
function sessionOf(c: CInterface, { bytes, threads }: Job): Address {
  const options = c.made("CreateSessionOptions");
  const count = threadsOf({ threads });
  c.call("DisableMemPattern", options);
  c.call("SetSessionLogSeverityLevel", options, 3);
  c.call("SetSessionGraphOptimizationLevel", options, ALL_OPTIMIZATIONS);
  if (count !== undefined) c.call("SetIntraOpNumThreads", options, count);
  const { set_denormal_as_zero, intra_op } = CONFIGURATION;
  c.call("AddSessionConfigEntry", options, "session.set_denormal_as_zero", set_denormal_as_zero);
  c.call("AddSessionConfigEntry", options, "session.intra_op.allow_spinning", intra_op.allow_spinning);
  try {
    return c.made("CreateSessionFromArray", c.environment, bytes, bytes.byteLength, options);
  } finally {
    c.release("SessionOptions", options);
  }
}

/** Bytes that stay where they are: those of a short list do only from when its buffer is asked for. */
const bytesOf = ({ buffer, byteOffset, byteLength }: TensorData) => new Uint8Array(buffer, byteOffset, byteLength);

/** Lists of so many numbers, each at the beginning of a line. */
function aligned(c: CInterface, sizes: readonly number[]): Float32Array[] {
  const room = sizes.map((size) => Math.ceil((4 * size) / LINE) * LINE);
  const block = new ArrayBuffer(room.reduce((a, b) => a + b, LINE));
  let at = LINE - Number(c.addressOf(block) % BigInt(LINE));
  return sizes.map((size, i) => {
    const list = new Float32Array(block, at, size);
    at += room[i];
    return list;
  });
}
