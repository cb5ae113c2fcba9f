import { wasm } from "./wasm.js";

/** Where a generator stands, as Philox takes it. */
export interface Place {
  key: Uint32Array;
  stream: Uint32Array;
  /** 32-bit words drawn so far. */
  position: number;
}
type Kernel = (...values: number[]) => void;
/** Fills a vector with the normals at a place. */
type Fill = (out: Float32Array, place: Place) => void;

/** Normals of a part; their words and they themselves lie in one page of memory. */
const PART = 4096;
const OUT = 8 * PART + 16;

function make(): Fill | null {
  try {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
    const module = new WebAssembly.Module(Uint8Array.from(atob(wasm), (c) => c.charCodeAt(0)));
    const { words, normals } = new WebAssembly.Instance(module, { env: { memory } }).exports as Record<string, Kernel>;
    const found = new Float32Array(memory.buffer, OUT, PART);
    return (out, { key, stream, position }) => {
      for (let at = 0; at < out.length; at += PART) {
        const count = Math.min(PART, out.length - at);
        const first = position + 2 * at;
        const [block, skipped] = [Math.floor(first / 4), first % 4];
        const blocks = Math.ceil((skipped + 2 * count) / 4);
        words(0, blocks, block | 0, Math.floor(block / 2 ** 32), stream[0], stream[1], key[0], key[1]);
        normals(OUT, 4 * skipped, count);
        out.set(found.subarray(0, count), at);
      }
    };
  } catch {
    return null;
  }
}

let made: Fill | null | undefined;
/**
 * Fills a vector with the normals at a place, four times as fast as they come one by one and with the same bits: the
 * kernels of assembly/random.ts. Null where WebAssembly is missing or not allowed.
 */
export const manyNormals = (): Fill | null => (made === undefined ? (made = make()) : made);
