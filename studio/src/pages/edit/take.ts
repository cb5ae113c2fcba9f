import type { Channels } from "fewstep/browser";
import { bitmapOf } from "../../lib/given-picture.js";
import { type Colour, middleOf, toGrey, toHex } from "./pixels.js";

/** What a model's pictures are. */
export interface Size {
  readonly height: number;
  readonly width: number;
  readonly channels: Channels;
}

/**
 * Any picture in a model's size: its middle, scaled; grey for models of one channel; what is clear shows `behind`, but for
 * models that draw transparency.
 */
export function fitted(source: ImageBitmap | HTMLVideoElement, size: Size, behind: Colour): ImageData {
  const [w, h] = "videoWidth" in source ? [source.videoWidth, source.videoHeight] : [source.width, source.height];
  const cut = middleOf(w, h, size.width / size.height);
  // Halves first: browsers' smoothing looks at four neighbours only.
  let [width, height] = [Math.round(cut.width), Math.round(cut.height)];
  let canvas = canvasOf(width, height);
  let context = canvas.getContext("2d")!;
  if (size.channels < 4) {
    context.fillStyle = toHex(behind);
    context.fillRect(0, 0, width, height);
  }
  context.drawImage(source, cut.x, cut.y, cut.width, cut.height, 0, 0, width, height);
  while (width > size.width || height > size.height) {
    width = Math.max(size.width, Math.ceil(width / 2));
    height = Math.max(size.height, Math.ceil(height / 2));
    const smaller = canvasOf(width, height);
    context = smaller.getContext("2d")!;
    context.imageSmoothingQuality = "high";
    context.drawImage(canvas, 0, 0, width, height);
    canvas = smaller;
  }
  if (width < size.width || height < size.height) {
    const larger = canvasOf(size.width, size.height);
    context = larger.getContext("2d")!;
    context.drawImage(canvas, 0, 0, size.width, size.height);
  }
  const image = context.getImageData(0, 0, size.width, size.height);
  if (size.channels === 1) toGrey(image.data);
  return image;
}

const canvasOf = (width: number, height: number) => new OffscreenCanvas(Math.max(1, width), Math.max(1, height));

/** A file as a picture. @throws with a sentence where it is none */
export async function readPicture(file: Blob, size: Size, behind: Colour): Promise<ImageData> {
  const bitmap = await bitmapOf(file);
  try {
    return fitted(bitmap, size, behind);
  } finally {
    bitmap.close();
  }
}

/** Why there is no camera, as a sentence that says what to do. */
export function cameraProblem(error: unknown): string {
  if (!("mediaDevices" in navigator)) return "Cameras need a secure address: open the page by https or localhost.";
  const { name, message } = error as DOMException;
  if (name === "NotAllowedError" || name === "SecurityError")
    return "The camera was refused. Allow it for this page in the browser's site settings, or open a file instead.";
  if (name === "NotFoundError" || name === "OverconstrainedError")
    return "No camera was found. Connect one and try again, or open a file instead.";
  if (name === "NotReadableError") return "The camera is in use by another program. Close that one and try again.";
  return `The camera could not be started (${message}). Open a file instead.`;
}
