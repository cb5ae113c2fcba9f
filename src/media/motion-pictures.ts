import type { Clip } from "../motion/clip.js";
import { FigureScene } from "./figure-scene.js";

/** Pixels of a moving picture's side, and of one pose on a strip. */
const SIDE = 320;
const POSE = { width: 150, height: 220 };
const POSES = 10;
/** Frames a second of moving pictures at most: what viewers of GIFs show. */
const FASTEST = 25;

/** Poses at even times of each clip, a row for each, as PNG. Node only. */
export async function posesPng(clips: readonly Clip[]): Promise<Uint8Array> {
  const { default: sharp } = await import("sharp");
  const { width, height } = POSE;
  const panels = clips.flatMap((clip, row) => {
    const scene = new FigureScene(clip, width, height);
    const count = Math.min(POSES, clip.frames);
    return Array.from({ length: count }, (_, i) => {
      const frame = count === 1 ? 0 : Math.round((i * (clip.frames - 1)) / (count - 1));
      return `<svg x="${i * width}" y="${row * height}" width="${width}" height="${height}">${scene.content(frame)}</svg>`;
    });
  });
  const columns = Math.max(...clips.map(({ frames }) => Math.min(POSES, frames)));
  const [wide, high] = [columns * width, clips.length * height];
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${wide}" height="${high}"><rect width="${wide}" height="${high}" fill="#f4f5f7"/>${panels.join("")}</svg>`;
  return sharp(Buffer.from(svg), { limitInputPixels: false }).flatten({ background: "white" }).png().toBuffer();
}

/** A clip as a moving picture that repeats, at its own rate or, of faster ones, a part of it up to 25 frames a second. Node only. */
export async function movingPicture(clip: Clip, format: "gif" | "webp"): Promise<Uint8Array> {
  const { default: sharp } = await import("sharp");
  const scene = new FigureScene(clip, SIDE, SIDE);
  const step = Math.ceil(clip.fps / FASTEST - 1e-6);
  const shown = Array.from({ length: Math.ceil(clip.frames / step) }, (_, i) => i * step);
  const pixels = new Uint8Array(shown.length * SIDE * SIDE * 3);
  for (const [i, frame] of shown.entries()) {
    const drawn = await sharp(Buffer.from(scene.frame(frame)))
      .flatten({ background: "white" })
      .raw()
      .toBuffer();
    pixels.set(drawn, i * SIDE * SIDE * 3);
  }
  const raw = { width: SIDE, height: SIDE * shown.length, channels: 3, pageHeight: SIDE } as const;
  const picture = sharp(pixels, { raw, limitInputPixels: false });
  const options = { delay: shown.map(() => Math.round((1000 * step) / clip.fps)), loop: 0 };
  return format === "gif"
    ? picture.gif({ ...options, colours: 32, effort: 3, interFrameMaxError: 3 }).toBuffer()
    : picture.webp({ ...options, quality: 80 }).toBuffer();
}
