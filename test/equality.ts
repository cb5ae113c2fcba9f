import { expect } from "vitest";

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => Buffer.from(buffer, byteOffset, byteLength);

function same(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}

/**
 * Typed arrays of the same bytes, and lists of the same values, are equal. `toEqual` would find that out as it does for
 * any objects, which takes seconds where they are weights or pixels. What differs, or is no list, is left to it.
 */
expect.addEqualityTesters([
  (a: unknown, b: unknown) => {
    if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b))
      return (a.constructor === b.constructor && bytesOf(a).equals(bytesOf(b))) || undefined;
    return (Array.isArray(a) && Array.isArray(b) && same(a, b)) || undefined;
  },
]);
