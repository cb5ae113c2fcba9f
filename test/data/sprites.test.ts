import sharp from "sharp";
import { expect, test } from "vitest";
import { drawSprites } from "../../src/data/sources/sprites.js";

/** A picture of 256×256 of one colour, whose right half is of another. */
async function picture(left: number[], right = left): Promise<Uint8Array> {
  const pixels = Uint8Array.from({ length: 256 * 256 * 4 }, (_, i) => (i % 1024 < 512 ? left : right)[i % 4]);
  return sharp(pixels, { raw: { width: 256, height: 256, channels: 4 } })
    .png()
    .toBuffer();
}
const listed = (codes: string, group: string, subgroup: string) => ({ codes, group, subgroup });

test("sprites are means of squares with premultiplied colours; tones share a class, and what is not listed is left out", async () => {
  const files = new Map<string, Uint8Array>(
    await Promise.all(
      Array.from(
        { length: 20 },
        async (_, i) => [`1f${(600 + i).toString()}`, await picture([i, 9, 200, 51])] as const,
      ),
    ),
  );
  files.set("1f44d", await picture([255, 0, 0, 255]));
  files.set("1f44d-1f3fd", await picture([0, 255, 0, 255], [77, 77, 77, 0]));
  files.set("1f3fd", await picture([1, 2, 3, 255]));
  files.set("1f999", await picture([4, 5, 6, 255]));
  files.set("2764-fe0f", await picture([0, 0, 255, 255]));
  const parts = await drawSprites(files, [
    ...Array.from({ length: 20 }, (_, i) => listed(`1F${600 + i}`, "Food & Drink", i % 2 ? "drink" : "dishware")),
    listed("1F44D", "People & Body", "hand-prop"),
    listed("1F3FD", "Component", "skin-tone"),
    listed("2764", "Smileys & Emotion", "heart"),
  ]);
  const { classNames, train, test: held, channels, height } = parts;
  expect([channels, height, train.count + held.count]).toEqual([4, 32, 23]);
  expect(classNames).toEqual([
    "Smileys & Emotion / heart",
    "People & Body / hands",
    "Food & Drink / dishware",
    "Food & Drink / drink",
  ]);
  const all = [train, held].flatMap(({ count, pixels, labels }, side) =>
    Array.from({ length: count }, (_, n) => {
      const at = n * 32 * 32 * 4;
      return {
        side,
        left: [...pixels.subarray(at, at + 4)],
        right: [...pixels.subarray(at + 124, at + 128)],
        label: labels![n],
      };
    }),
  );
  const find = (left: number[]) => all.filter((one) => String(one.left) === String(left));
  expect(find([1, 2, 40, 51])).toHaveLength(5); // of 3 … 7
  const [thumb] = find([255, 0, 0, 255]);
  const [tone] = find([0, 255, 0, 255]);
  expect([thumb.label, tone.label]).toEqual([1, 1]);
  expect(tone.side).toBe(thumb.side);
  expect(tone.right).toEqual([0, 0, 0, 0]);
});
