/** Whole numbers from 0 on, in as few bytes each as the largest needs. */
export type Codes = Uint8Array | Uint16Array | Uint32Array;

const WIDTHS = [Uint8Array, Uint16Array, Uint32Array] as const;

/** An array for `length` numbers below `limit`. */
export const codesBelow = (limit: number, length: number): Codes =>
  new WIDTHS[limit <= 256 ? 0 : limit <= 65_536 ? 1 : 2](length);

/** Compact numbers that come bit by bit. `expected`: how many there may be; memory is only taken for those that come. */
export class CodeList {
  private codes: Codes;
  length = 0;

  constructor(expected = 1024, limit = 256) {
    this.codes = codesBelow(limit, Math.max(1024, expected));
  }

  /** Adds `from[start … end)`, all of them below `limit`. */
  append(from: ArrayLike<number>, start: number, end: number, limit: number): void {
    const { length } = this;
    this.length += end - start;
    if (limit > 2 ** (8 * this.codes.BYTES_PER_ELEMENT) || this.length > this.codes.length) {
      const room = this.length > this.codes.length ? Math.ceil(1.5 * this.length) : this.codes.length;
      const widest = Math.max(limit, 2 ** (8 * this.codes.BYTES_PER_ELEMENT));
      const wider = codesBelow(widest, room);
      wider.set(this.codes.subarray(0, length));
      this.codes = wider;
    }
    if (ArrayBuffer.isView(from)) this.codes.set((from as unknown as Uint32Array).subarray(start, end), length);
    else for (let i = start; i < end; i++) this.codes[length + i - start] = from[i];
  }

  /** All of them, in the list's own memory. */
  all(): Codes {
    return this.codes.subarray(0, this.length);
  }
}
