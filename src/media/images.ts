import { Random } from "../random/index.js";

/** A batch of generated images. */
export class Images {
  constructor(
    /** Row-major [count, channels, height, width], values in [−1, 1]. */
    readonly pixels: Float32Array,
    readonly count: number,
    readonly channels: 1 | 3,
    readonly height: number,
    readonly width: number,
    /** Class index of each image, where the model is conditional. */
    readonly labels: Int32Array | null = null,
  ) {}

  get shape(): [number, number, number, number] {
    return [this.count, this.channels, this.height, this.width];
  }

  /** Image `index` as RGBA bytes, e.g. for a canvas's ImageData. */
  toRgba(index = 0): Uint8ClampedArray<ArrayBuffer> {
    if (!(index >= 0 && index < this.count))
      throw new Error(`There is no image ${index}: the batch has ${this.count}.`);
    const area = this.height * this.width;
    const image = this.pixels.subarray(index * this.channels * area, (index + 1) * this.channels * area);
    const rgba = new Uint8ClampedArray(area * 4);
    for (let i = 0; i < area; i++) {
      for (let c = 0; c < 3; c++) rgba[4 * i + c] = (image[(this.channels === 3 ? c : 0) * area + i] + 1) * 127.5;
      rgba[4 * i + 3] = 255;
    }
    return rgba;
  }

  /** Writes all images as one sheet; a single one (or with `gap: 0`) without a border. Node only. */
  async savePng(path: string, options: { columns?: number; scale?: number; gap?: number } = {}): Promise<void> {
    const { saveGrid } = await import("../io/index.js");
    await saveGrid(path, this.pixels, this.shape, { ...(this.count === 1 ? { gap: 0 } : {}), ...options });
  }
}

/** Which class each of `count` samples has: one for all, a list, or (none given) all classes in turn. */
export function resolveLabels(
  label: string | number | readonly (string | number)[] | undefined,
  count: number,
  classNames: readonly string[] | null,
): Int32Array {
  if (classNames === null) {
    if (label !== undefined) throw new Error(`This model has no classes; leave out the label "${label}".`);
    return new Int32Array(count);
  }
  const indexOf = (name: string | number): number => {
    const wanted = String(name).toLowerCase();
    const exact = classNames.findIndex((n) => n.toLowerCase() === wanted);
    const partial = classNames.map((n, i) => [n.toLowerCase(), i] as const).filter(([n]) => n.includes(wanted));
    const index =
      exact >= 0 ? exact : /^\d+$/.test(wanted) ? Number(wanted) : partial.length === 1 ? partial[0][1] : -1;
    if (index < 0 || index >= classNames.length)
      throw new Error(
        `There is no class "${name}"; the model knows ${classNames.map((n, i) => `${i} ${n}`).join(", ")}.`,
      );
    return index;
  };
  if (label === undefined) return Int32Array.from({ length: count }, (_, i) => i % classNames.length);
  if (typeof label === "string" || typeof label === "number") return new Int32Array(count).fill(indexOf(label));
  if (label.length !== count) throw new Error(`${label.length} labels were given for ${count} samples.`);
  return Int32Array.from(label, indexOf);
}

/** What every image model is asked for. */
export interface SampleRequest {
  count?: number;
  label?: string | number | readonly (string | number)[];
  seed?: number;
  noise?: Float32Array;
}

/** Throws where a request cannot be met; `noiseSize`: numbers of one sample's noise, for models that take it. */
export function checkRequest(
  { count = 1, label, seed = 0, noise }: SampleRequest,
  classNames: readonly string[] | null,
  noiseSize = 0,
): void {
  if (!(Number.isInteger(count) && count > 0)) throw new Error(`count must be a positive whole number, got ${count}.`);
  resolveLabels(label, count, classNames);
  const random = new Random(seed);
  if (noise) resolveNoise(noise, count, noiseSize, random);
}

/** Gaussian noise for `count` samples: as given, or drawn so that sample i does not depend on how many are drawn. */
export function resolveNoise(
  noise: Float32Array | undefined,
  count: number,
  size: number,
  random: Random,
): Float32Array {
  if (!noise) {
    const drawn = new Float32Array(count * size);
    random.fillNormal(drawn);
    return drawn;
  }
  if (noise.length !== count * size) throw new Error(`noise takes ${count} × ${size} numbers, got ${noise.length}.`);
  for (const value of noise) if (!Number.isFinite(value)) throw new Error(`noise must be finite, got ${value}.`);
  return noise;
}
