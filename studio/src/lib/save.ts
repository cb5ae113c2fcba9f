/** Hands a file to the person. */
export function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A picture as PNG, its pixels enlarged by a whole number. */
export async function toPng(image: ImageData, scale = 1): Promise<Blob> {
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext("2d")!.putImageData(image, 0, 0);
  if (scale === 1) return canvas.convertToBlob({ type: "image/png" });
  const large = new OffscreenCanvas(image.width * scale, image.height * scale);
  const context = large.getContext("2d")!;
  context.imageSmoothingEnabled = false;
  context.drawImage(canvas, 0, 0, large.width, large.height);
  return large.convertToBlob({ type: "image/png" });
}
