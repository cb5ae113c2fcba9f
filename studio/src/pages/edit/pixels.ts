/** A picture as a canvas has it: RGBA, row by row. An `ImageData` is one. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}
export interface Point {
  readonly x: number;
  readonly y: number;
}
/** Red, green and blue, 0 … 255. */
export type Colour = readonly [number, number, number];

/** How much a stroke covers of each pixel [height·width], 0 … 1. */
export type Coverage = Float32Array;

/** Adds a line of a round brush to a stroke. Points and radius are in pixels; the middle of the first is (0.5, 0.5). */
export function coverLine(coverage: Coverage, width: number, from: Point, to: Point, radius: number): void {
  const height = coverage.length / width;
  const reach = radius + 1;
  const [left, right] = [Math.min(from.x, to.x) - reach, Math.max(from.x, to.x) + reach];
  const [top, bottom] = [Math.min(from.y, to.y) - reach, Math.max(from.y, to.y) + reach];
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const long = dx * dx + dy * dy;
  for (let y = Math.max(0, Math.floor(top)); y < Math.min(height, bottom); y++)
    for (let x = Math.max(0, Math.floor(left)); x < Math.min(width, right); x++) {
      const [px, py] = [x + 0.5 - from.x, y + 0.5 - from.y];
      const t = long > 0 ? Math.min(1, Math.max(0, (px * dx + py * dy) / long)) : 0;
      const distance = Math.hypot(px - t * dx, py - t * dy);
      const covered = Math.min(1, Math.max(0, radius + 0.5 - distance));
      const i = y * width + x;
      if (covered > coverage[i]) coverage[i] = covered;
    }
}

/** Covers a rectangle between two points, whole pixels, those of the corners included. */
export function coverRectangle(coverage: Coverage, width: number, a: Point, b: Point): void {
  const height = coverage.length / width;
  const ends = (p: number, q: number, most: number) =>
    [Math.floor(Math.min(p, q)), Math.floor(Math.max(p, q))].map((v) => Math.min(most - 1, Math.max(0, v)));
  const [left, right] = ends(a.x, b.x, width);
  const [top, bottom] = ends(a.y, b.y, height);
  for (let y = top; y <= bottom; y++) coverage.fill(1, y * width + left, y * width + right + 1);
}

/** A picture with a stroke of a colour over it. */
export function painted({ data }: Pixels, coverage: Coverage, colour: Colour): Uint8ClampedArray<ArrayBuffer> {
  const out = new Uint8ClampedArray(data);
  for (let i = 0; i < coverage.length; i++) {
    const share = coverage[i];
    if (share === 0) continue;
    const alpha = share + (1 - share) * (data[4 * i + 3] / 255);
    for (let c = 0; c < 3; c++) out[4 * i + c] = data[4 * i + c] + (share / alpha) * (colour[c] - data[4 * i + c]);
    out[4 * i + 3] = 255 * alpha;
  }
  return out;
}

/** Pixels that are chosen, 1, and not, 0 [height·width]; null: no choice was made, and all belongs to it. */
export type Selection = Uint8Array | null;

/** A selection with a stroke added, or taken away; null where nothing is left. */
export function selected(selection: Selection, coverage: Coverage, add: boolean): Selection {
  const out = Uint8Array.from(coverage, (share, i) => (share >= 0.5 ? Number(add) : (selection?.[i] ?? 0)));
  return out.includes(1) ? out : null;
}

/** All that is not chosen; null where everything was. */
export function inverted(selection: Selection): Selection {
  if (!selection) return null;
  const out = selection.map((one) => 1 - one);
  return out.includes(1) ? out : null;
}

/** `over` where it is selected, `base` elsewhere, to the byte. */
export function composed(base: Pixels, over: Pixels, selection: Selection): Uint8ClampedArray<ArrayBuffer> {
  if (base.width !== over.width || base.height !== over.height)
    throw new Error(
      `Pictures of one size are put together, got ${base.width}×${base.height} and ${over.width}×${over.height}.`,
    );
  if (!selection) return new Uint8ClampedArray(over.data);
  const out = new Uint8ClampedArray(base.data);
  for (let i = 0; i < selection.length; i++) if (selection[i]) out.set(over.data.subarray(4 * i, 4 * i + 4), 4 * i);
  return out;
}

/** Grey of the eye's weights (Rec. 601), in place. */
export function toGrey(data: Uint8ClampedArray): void {
  for (let i = 0; i < data.length; i += 4) {
    const grey = Math.round(0.299 * data[i] + 0.587 * data[i + 1] + 0.114 * data[i + 2]);
    data[i] = data[i + 1] = data[i + 2] = grey;
  }
}

/** What pictures have behind their subject: the median of their corners, each channel by itself. */
export function backgroundOf(pictures: readonly Pixels[]): Colour {
  const corners = pictures.flatMap(({ data, width, height }) =>
    [0, width - 1, (height - 1) * width, height * width - 1].map((i) => data.subarray(4 * i, 4 * i + 3)),
  );
  if (corners.length === 0) return [0, 0, 0];
  const median = (c: number) => corners.map((corner) => corner[c]).sort((a, b) => a - b)[corners.length >> 1];
  return [median(0), median(1), median(2)];
}

/** The middle of a picture in another's proportions: what is cut out of it before it is scaled. */
export function middleOf(width: number, height: number, aspect: number) {
  const [w, h] = width / height > aspect ? [height * aspect, height] : [width, width / aspect];
  return { x: (width - w) / 2, y: (height - h) / 2, width: w, height: h };
}

export const toHex = (colour: Colour): string =>
  `#${colour.map((value) => Math.round(value).toString(16).padStart(2, "0")).join("")}`;
export function fromHex(text: string): Colour | null {
  const digits = /^#?([0-9a-f]{6})$/i.exec(text)?.[1];
  if (!digits) return null;
  const value = Number.parseInt(digits, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** The edge of a selection, as an SVG path in pixels. */
export function outline(selection: Selection, width: number): string {
  if (!selection) return "";
  const height = selection.length / width;
  const chosen = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < width && y < height && selection[y * width + x] === 1;
  let path = "";
  for (let y = 0; y <= height; y++)
    for (let x = 0; x <= width; x++) {
      if (chosen(x, y) !== chosen(x, y - 1)) path += `M${x},${y}h1`;
      if (chosen(x, y) !== chosen(x - 1, y)) path += `M${x},${y}v1`;
    }
  return path;
}
