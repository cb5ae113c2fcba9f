export interface ImageSplit { count: number; pixels: Uint8Array; labels: Uint16Array | null }
export interface ImageDataset { id: string; kind: "images"; height: number; width: number; channels: 1 | 3; classNames: string[] | null; train: ImageSplit; test: ImageSplit; licence: string; attribution: string }
export function toFloat(split: ImageSplit, indices: ArrayLike<number>): Float32Array {
  const size = split.pixels.length / split.count;
  const out = new Float32Array(indices.length * size);
  for (let i = 0; i < indices.length; i++) for (let j = 0; j < size; j++) out[i * size + j] = split.pixels[indices[i] * size + j] / 127.5 - 1;
  return out;
}
