/** The first picture of what was dropped or pasted. */
export const pictureIn = (data: DataTransfer | null): File | undefined =>
  [...(data?.files ?? [])].find(({ type }) => type.startsWith("image/")) ?? data?.files[0];

/** The picture of the clipboard, by a press of a button. @throws with a sentence where there is none */
export async function clipboardPicture(): Promise<Blob> {
  const key = navigator.platform.startsWith("Mac") ? "⌘V" : "Ctrl-V";
  let items: ClipboardItems;
  try {
    items = await navigator.clipboard.read();
  } catch {
    throw new Error(`The browser does not let this button read the clipboard. Press ${key} instead.`);
  }
  for (const item of items) {
    const type = item.types.find((one) => one.startsWith("image/"));
    if (type) return item.getType(type);
  }
  throw new Error("There is no picture in the clipboard. Copy one, then paste again.");
}

/** A file as a bitmap. @throws with a sentence where it is no picture */
export async function bitmapOf(file: Blob): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file);
  } catch {
    const name = file instanceof File && file.name ? file.name : "What was given";
    throw new Error(`${name} could not be read as a picture. PNG, JPEG, WebP, GIF, AVIF and BMP can be.`);
  }
}
