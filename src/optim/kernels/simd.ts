import { type Kernels, reference } from "./reference.js";
import { wasm } from "./wasm.js";

type Kernel = (bytes: number, ...rest: number[]) => number;
type Exports = Record<"adam" | "sgd" | "average" | "sumOfSquares", Kernel>;

/** A memory that kernels work in: first the slots, scratch space that small enough parts of any vector pass through. */
interface Arena {
  kernels: Exports;
  slots: Float32Array[];
}
const SLOTS = 4;
/** Numbers in a slot: all slots together fit into a core's cache. */
const SLOT = 8192;
const PAGE = 1 << 16;
/** Shorter vectors pass through the slots: a memory takes address space beyond its size. */
const SMALL = 1 << 16;

const single = (values: object) =>
  Object.values(values).every((x) => x === 0 || (Math.abs(x) > 1e-30 && Math.abs(x) < 1e30));

/**
 * The kernels of assembly/optim.ts: WebAssembly, single precision, the same bits on every machine. Throws where
 * WebAssembly or its SIMD instructions are missing or not allowed. Factors beyond the range of single precision are
 * left to the reference.
 */
export function simdKernels(): Kernels {
  const module = new WebAssembly.Module(Uint8Array.from(atob(wasm), (c) => c.charCodeAt(0)));
  const arenas = new WeakMap<ArrayBufferLike, Arena>();

  /** Never grown, so that views of it stay. */
  function makeArena(bytes: number): ArrayBuffer {
    const initial = Math.ceil((4 * SLOTS * SLOT + bytes) / PAGE);
    const memory = new WebAssembly.Memory({ initial, maximum: initial });
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    const slots = Array.from({ length: SLOTS }, (_, k) => new Float32Array(memory.buffer, 4 * k * SLOT, SLOT));
    arenas.set(memory.buffer, { kernels: exports as unknown as Exports, slots });
    return memory.buffer;
  }
  const common = arenas.get(makeArena(0))!;

  /** Runs a kernel part by part: on vectors of the arena in place, on copies in its slots of the others. */
  function run(
    name: keyof Exports,
    vectors: readonly Float32Array[],
    written: number,
    start: number,
    end: number,
    factors: readonly number[],
  ): number {
    const home = vectors.find(({ buffer }) => arenas.has(buffer))?.buffer;
    const { kernels, slots } = home ? arenas.get(home)! : common;
    let sum = 0;
    let count: number;
    for (let at = start; at < end; at += count) {
      count = Math.min(SLOT, end - at);
      // The kernels take four at a time: the last ones go through the slots, with zeros behind them
      const rest = count < 4;
      if (!rest) count -= count % 4;
      const copied = vectors.map(({ buffer }) => rest || buffer !== home);
      const addresses = vectors.map((vector, k) => {
        if (!copied[k]) return vector.byteOffset + 4 * at;
        if (rest) slots[k].fill(0, 0, 4);
        slots[k].set(vector.subarray(at, at + count));
        return slots[k].byteOffset;
      });
      sum += kernels[name](rest ? 16 : 4 * count, ...addresses, ...factors);
      for (let k = 0; k < written; k++)
        if (copied[k]) vectors[k].set(count === SLOT ? slots[k] : slots[k].subarray(0, count), at);
    }
    return sum;
  }

  return {
    name: "WebAssembly SIMD",
    vectors(count, length) {
      if (length < SMALL) return reference.vectors(count, length);
      try {
        const bytes = 16 * Math.ceil(length / 4);
        const buffer = makeArena(count * bytes);
        const offset = 4 * SLOTS * SLOT;
        return Array.from({ length: count }, (_, k) => new Float32Array(buffer, offset + k * bytes, length));
      } catch {
        return reference.vectors(count, length); // no more such memory, or not so much in one: the slots do
      }
    },
    adam(vectors, start, end, by) {
      if (!single(by)) return reference.adam(vectors, start, end, by);
      const { scale, l2, beta1, beta2, stepSize, correction, eps, decay } = by;
      const factors = [scale, l2, 1 - beta1, 1 - beta2, stepSize, correction, eps, decay];
      run("adam", vectors, 3, start, end, factors);
    },
    sgd(vectors, start, end, by) {
      if (!single(by)) return reference.sgd(vectors, start, end, by);
      const { scale, l2, momentum, onGradient, onMomentum } = by;
      run("sgd", vectors, 2, start, end, [scale, l2, momentum, onGradient, onMomentum]);
    },
    average(average, values, part) {
      run("average", [average, values], 1, 0, average.length, [part]);
    },
    sumOfSquares: (vector) => run("sumOfSquares", [vector], 0, 0, vector.length, []),
  };
}
