import type { Pixels, Selection } from "./pixels.js";

/** A picture and its selection as text, for the browser's storage of one visit. */
export function toText({ width, height, data }: Pixels, selection: Selection): string {
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) rgb.set(data.subarray(4 * i, 4 * i + 3), 3 * i);
  return JSON.stringify({ width, height, rgb: toBase64(rgb), ...(selection && { selection: toBase64(selection) }) });
}

/** The picture again; null where the text is none of this size. */
export function fromText(
  text: string | null,
  width: number,
  height: number,
): { data: Uint8ClampedArray<ArrayBuffer>; selection: Selection } | null {
  if (text === null) return null;
  try {
    const kept = JSON.parse(text) as { width: number; height: number; rgb: string; selection?: string };
    const rgb = fromBase64(kept.rgb);
    const area = width * height;
    if (kept.width !== width || kept.height !== height || rgb.length !== 3 * area) return null;
    const data = new Uint8ClampedArray(4 * area).fill(255);
    for (let i = 0; i < area; i++) data.set(rgb.subarray(3 * i, 3 * i + 3), 4 * i);
    const selection = kept.selection === undefined ? null : fromBase64(kept.selection);
    return { data, selection: selection?.length === area ? selection : null };
  } catch {
    return null; // not written by this page
  }
}

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
