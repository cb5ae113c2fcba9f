/** A stretch of a text that is drawn at once: where it starts, and how many of its first tokens are drawn already. */
export interface Window {
  readonly start: number;
  readonly known: number;
}

/**
 * The windows of `size` tokens that a text of `length` is drawn in, each of which is given the last `overlap` tokens or more
 * of the text so far. The last one ends where the text ends. A shorter text is the beginning of a single window.
 */
export function windowsOf(length: number, size: number, overlap: number): Window[] {
  const windows: Window[] = [{ start: 0, known: 0 }];
  for (let drawn = size; drawn < length; ) {
    const start = Math.min(drawn - overlap, length - size);
    windows.push({ start, known: drawn - start });
    drawn = start + size;
  }
  return windows;
}

/** Where a window lies in rows of `length`: from column `start` on, `width` wide, which may be beyond their end. */
interface Place {
  readonly length: number;
  readonly start: number;
  readonly width: number;
}

/** A window of each row; `fill` beyond their end. */
export function columns(rows: Int32Array, { length, start, width }: Place, fill: number): Int32Array {
  const count = rows.length / length;
  const out = new Int32Array(count * width).fill(fill);
  for (let i = 0; i < count; i++)
    out.set(rows.subarray(i * length + start, i * length + Math.min(length, start + width)), i * width);
  return out;
}

/** A copy of the rows with those of a window in their place. */
export function withColumns<T extends Int32Array | Uint8Array>(rows: T, { length, start, width }: Place, window: T): T {
  const out = rows.slice() as T;
  const n = Math.min(width, length - start);
  for (let i = 0; i < rows.length / length; i++) out.set(window.subarray(i * width, i * width + n), i * length + start);
  return out;
}
