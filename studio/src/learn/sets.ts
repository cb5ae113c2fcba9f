import type { PicturesData } from "./engine/pictures-data.js";

/** How pictures are brought to one form. */
export interface Form {
  /** Side in pixels. */
  size: number;
  channels: 1 | 3;
}

/** Pictures at most that a page takes: they have to fit its memory and its storage. */
export const MOST = 20_000;
/** With more folders than these, folders are no classes. */
const CLASSES = 64;

/** Collects pictures of one form from what is drawn on a canvas. */
class Collector {
  private readonly canvas: OffscreenCanvas;
  readonly context: OffscreenCanvasRenderingContext2D;
  private readonly rows: Float32Array[] = [];

  constructor(private readonly form: Form) {
    this.canvas = new OffscreenCanvas(form.size, form.size);
    this.context = this.canvas.getContext("2d", { willReadFrequently: true })!;
  }

  get count(): number {
    return this.rows.length;
  }

  /** Draws on a cleared canvas and takes the picture; false where it is all of one colour. */
  take(background: string, draw: (context: OffscreenCanvasRenderingContext2D, size: number) => void): boolean {
    const { context } = this;
    const { size, channels } = this.form;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = background;
    context.fillRect(0, 0, size, size);
    draw(context, size);
    const { data } = context.getImageData(0, 0, size, size);
    const area = size * size;
    const row = new Float32Array(channels * area);
    for (let p = 0; p < area; p++) {
      const [r, g, b] = data.subarray(4 * p, 4 * p + 3);
      if (channels === 1) row[p] = (0.299 * r + 0.587 * g + 0.114 * b) / 127.5 - 1;
      else for (let c = 0; c < 3; c++) row[c * area + p] = [r, g, b][c] / 127.5 - 1;
    }
    const plain = row.every((value, i) => Math.abs(value - row[i - (i % area)]) < 1 / 64);
    if (!plain) this.rows.push(row.map((value) => Math.min(1, Math.max(-1, value))));
    return !plain;
  }

  data(rest: Pick<PicturesData, "name" | "labels" | "classNames" | "licence" | "attribution">): PicturesData {
    const { size, channels } = this.form;
    const pixels = new Float32Array(this.rows.length * channels * size * size);
    this.rows.forEach((row, i) => void pixels.set(row, i * row.length));
    return { pixels, count: this.rows.length, channels, size, ...rest };
  }
}

const FONTS = ["sans-serif", "serif", "monospace", "cursive", "system-ui"];
const STYLES = ["", "bold ", "italic ", "italic bold "];

/** Digits in the fonts of this device, each a little moved, turned and scaled: 2,000 pictures of ten classes. */
export function digits(form: Form): PicturesData {
  const collector = new Collector(form);
  const labels: number[] = [];
  const between = (low: number, high: number) => low + (high - low) * Math.random();
  for (let i = 0; i < 2000; i++) {
    const digit = i % 10;
    const taken = collector.take("#000", (context, size) => {
      context.translate(size * between(0.45, 0.55), size * between(0.45, 0.55));
      context.rotate(between(-0.2, 0.2));
      context.scale(between(0.85, 1.1), between(0.85, 1.1));
      const style = STYLES[Math.floor(Math.random() * STYLES.length)];
      const font = FONTS[Math.floor(Math.random() * FONTS.length)];
      context.font = `${style}${Math.round(size * 0.85)}px ${font}`;
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.fillStyle = "#fff";
      context.fillText(String(digit), 0, size * 0.04);
    });
    if (taken) labels.push(digit);
  }
  const classNames = Array.from({ length: 10 }, (_, digit) => String(digit));
  return collector.data({ name: "my-digits", labels, classNames, attribution: "Digits in the fonts of a device" });
}

/** Blocks of Unicode with pictures of one kind. */
const EMOJI: Record<string, readonly (readonly [number, number])[]> = {
  faces: [
    [0x1f600, 0x1f644],
    [0x1f910, 0x1f92f],
    [0x1f970, 0x1f97a],
  ],
  animals: [
    [0x1f400, 0x1f43e],
    [0x1f980, 0x1f9a2],
  ],
  food: [
    [0x1f345, 0x1f37f],
    [0x1f950, 0x1f96f],
  ],
  things: [
    [0x1f4a0, 0x1f4ff],
    [0x1f380, 0x1f3b4],
  ],
};

/** Emoji as this device draws them, by kind, upright and mirrored. @throws where it has none */
export function emoji(form: Form): PicturesData {
  const collector = new Collector(form);
  const labels: number[] = [];
  const classNames = Object.keys(EMOJI);
  const seen = new Set<string>();
  classNames.forEach((name, label) => {
    for (const [first, last] of EMOJI[name])
      for (let code = first; code <= last; code++)
        for (const mirror of [1, -1]) {
          const taken = collector.take("#fff", (context, size) => {
            context.translate(size / 2, size / 2);
            context.scale(mirror, 1);
            context.font = `${Math.round(size * 0.8)}px "Noto Color Emoji", "Apple Color Emoji", "Segoe UI Emoji", sans-serif`;
            context.textAlign = "center";
            context.textBaseline = "middle";
            context.fillStyle = "#000";
            context.fillText(String.fromCodePoint(code), 0, size * 0.05);
          });
          if (taken) labels.push(label);
        }
  });
  const data = collector.data({ name: "my-emoji", labels, classNames, attribution: "Emoji in the font of a device" });
  const per = data.pixels.length / Math.max(1, data.count);
  for (let i = 0; i < data.count; i += 2) seen.add(data.pixels.slice(i * per, (i + 1) * per).join());
  if (seen.size < data.count / 8)
    throw new Error("This device has no font with emoji; choose another set, or pictures of your own.");
  return data;
}

/** What was read of a person's pictures. */
export interface ReadPictures {
  data: PicturesData;
  /** Files that are no pictures that the browser reads, or that were too many, and why. */
  leftOut: readonly { name: string; why: string }[];
}

/**
 * Pictures of files, cut to their middle square; the folder of each is its class where there are at least two.
 * @throws where none can be read
 */
export async function picturesOf(
  files: readonly File[],
  form: Form,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<ReadPictures> {
  const collector = new Collector(form);
  const folders: string[] = [];
  const leftOut: { name: string; why: string }[] = [];
  const sorted = [...files].sort((a, b) => pathOf(a).localeCompare(pathOf(b)));
  for (const [i, file] of sorted.entries()) {
    if (i % 50 === 0) onProgress(i, sorted.length);
    const name = pathOf(file);
    if (collector.count === MOST) {
      leftOut.push({ name, why: `a page takes ${MOST} pictures at most` });
      continue;
    }
    const bitmap = await createImageBitmap(file).catch(() => null);
    if (!bitmap) {
      leftOut.push({ name, why: "the browser cannot read it as a picture" });
      continue;
    }
    const side = Math.min(bitmap.width, bitmap.height);
    const taken = collector.take("#fff", (context, size) => {
      context.imageSmoothingQuality = "high";
      context.drawImage(bitmap, (bitmap.width - side) / 2, (bitmap.height - side) / 2, side, side, 0, 0, size, size);
    });
    bitmap.close();
    if (taken) folders.push(name.split("/").at(-2) ?? "");
    else leftOut.push({ name, why: "it is all of one colour" });
  }
  if (collector.count === 0)
    throw new Error(`None of these ${files.length} files is a picture that the browser reads.`);
  const classNames = [...new Set(folders)].sort();
  const classes = classNames.length >= 2 && classNames.length <= CLASSES;
  const data = collector.data({
    name:
      pathOf(sorted[0])
        .split("/")[0]
        .replace(/\.\w+$/, "") || "my-pictures",
    ...(classes && { labels: folders.map((folder) => classNames.indexOf(folder)), classNames }),
  });
  return { data, leftOut };
}

const pathOf = (file: File): string => file.webkitRelativePath || file.name;
