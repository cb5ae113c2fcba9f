import type { Images } from "../media/images.js";

/** Pictures as web pages want them. */
export class Pictures implements Iterable<ImageData> {
  constructor(readonly images: Images) {}

  get count(): number {
    return this.images.count;
  }
  get width(): number {
    return this.images.width;
  }
  get height(): number {
    return this.images.height;
  }
  get labels(): Int32Array | null {
    return this.images.labels;
  }

  *[Symbol.iterator](): Iterator<ImageData> {
    for (let i = 0; i < this.count; i++) yield this.imageData(i);
  }

  /** Picture i. @throws RangeError */
  imageData(i = 0): ImageData {
    return this.images.toImageData(i);
  }

  imageBitmap(i = 0): Promise<ImageBitmap> {
    return createImageBitmap(this.imageData(i));
  }

  /** All pictures as one file, side by side. */
  blob(type: "image/png" | "image/webp" | "image/jpeg" = "image/png"): Promise<Blob> {
    return this.images.toBlob(type);
  }
}
