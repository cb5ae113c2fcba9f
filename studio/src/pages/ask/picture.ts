import { bitmapOf } from "../../lib/given-picture.js";

/** A picture of somebody's own, in the model's size. */
export interface OwnPicture {
  readonly image: ImageData;
  readonly name: string;
  /** Its size before. */
  readonly from: string;
}

/**
 * A file in a model's size: all of it, with dark bars where its shape is another, as `fewstep ask` shows it. The browser
 * scales it outside the page's thread. @throws with a sentence where it is no picture
 */
export async function shownWhole(
  file: Blob,
  { width, height }: { width: number; height: number },
): Promise<OwnPicture> {
  const bitmap = await bitmapOf(file);
  const scale = Math.min(width / bitmap.width, height / bitmap.height);
  const size = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
  const from = `${bitmap.width} × ${bitmap.height}`;
  const [resizeWidth, resizeHeight] = size;
  const scaled = await createImageBitmap(bitmap, { resizeWidth, resizeHeight, resizeQuality: "high" });
  bitmap.close();
  const context = new OffscreenCanvas(width, height).getContext("2d")!;
  context.fillRect(0, 0, width, height);
  context.drawImage(scaled, Math.floor((width - resizeWidth) / 2), Math.floor((height - resizeHeight) / 2));
  scaled.close();
  const name = file instanceof File && file.name ? file.name : "Your picture";
  return { image: context.getImageData(0, 0, width, height), name, from };
}
