import { fetchNpmPackage, type NpmPackage } from "../packages.js";
import type { DatasetParts } from "../parts.js";
import { readTarball } from "../tarball.js";
import { CATEGORIES, groupClass, inOrder } from "./emoji-groups.js";
import { type Drawing, splitByFamily } from "./families.js";
import { npmSourceName, type PinnedDataset } from "./source.js";

/** What `emoji.json` says of one picture; it stands at column `sheet_x`, row `sheet_y` of each vendor's sheet. */
export interface EmojiPicture {
  unified: string;
  sheet_x: number;
  sheet_y: number;
  has_img_google: boolean;
  has_img_twitter: boolean;
}

export interface Emoji extends EmojiPicture {
  category: string;
  /** Its group within the category: "food-fruit". */
  subcategory: string;
  /** The code of the same emoji in a later version of Unicode. */
  obsoleted_by?: string;
  skin_variations?: Record<string, EmojiPicture>;
}

/** A decoded sheet: RGBA bytes of square cells with a border of one pixel. */
export interface Sheet {
  vendor: "google" | "twitter";
  rgba: Uint8Array;
  width: number;
}

/** What a picture's class is: its category, or its group within that. */
type ClassOf = (emoji: Emoji) => string;
const byCategory: ClassOf = ({ category }) => category;
const byGroup: ClassOf = ({ category, subcategory }) => groupClass(category, subcategory);

/**
 * Cuts all pictures of `size` pixels out of the sheets, on white, labelled by category (default) or group. About a tenth
 * of the emoji are the test split: an emoji with all its skin tones, both vendors' drawings, its older code and any other
 * emoji that looks exactly the same is on one side.
 */
export function cutEmoji(emoji: Emoji[], sheets: Sheet[], size: number, classOf = byCategory): DatasetParts {
  const entries = emoji.filter(({ category }) => CATEGORIES.includes(category));
  const drawings: Drawing[] = [];
  for (const entry of entries)
    for (const sheet of sheets)
      for (const picture of [entry, ...Object.values(entry.skin_variations ?? {})])
        if (picture[`has_img_${sheet.vendor}`])
          drawings.push({
            pixels: cutOnWhite(sheet, picture, size),
            className: classOf(entry),
            family: entry.obsoleted_by ?? entry.unified,
          });
  const classNames = classOf === byCategory ? CATEGORIES : inOrder(entries.map(classOf));
  return splitByFamily(drawings, { size, channels: 3, classNames, name: "emoji" });
}

/** Cell (x, y) with alpha composited on white, rounded to nearest. */
function cutOnWhite({ rgba, width }: Sheet, { sheet_x, sheet_y }: EmojiPicture, size: number): Uint8Array {
  const pixels = new Uint8Array(size * size * 3);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const from = ((sheet_y * (size + 2) + 1 + y) * width + sheet_x * (size + 2) + 1 + x) * 4;
      const alpha = rgba[from + 3];
      for (let c = 0; c < 3; c++)
        pixels[(y * size + x) * 3 + c] = Math.round((rgba[from + c] * alpha + 255 * (255 - alpha)) / 255);
    }
  return pixels;
}

async function decodeSheet(vendor: Sheet["vendor"], png: Buffer): Promise<Sheet> {
  const { default: sharp } = await import("sharp");
  const { data, info } = await sharp(png)
    .toColourspace("srgb")
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { vendor, rgba: data, width: info.width };
}

const BOTH: NpmPackage = {
  name: "emoji-datasource",
  version: "16.0.0",
  bytes: 25_187_342,
  integrity: "sha512-/qHKqK5Nr3+8zhgO6kHmF43Fm5C8HNn0AaFRIpgw8HF3+uF0Vfc8jgLI1ZQS5ba1vBzksS8NBCjHejwLb2D/Sg==",
};
const GOOGLE: NpmPackage = {
  name: "emoji-datasource-google",
  version: "16.0.0",
  bytes: 74_344_091,
  integrity: "sha512-ZRexfzs7MVoLnmzZmNsO4TKhnAJp5D++Vm6PpUpH/jEQQlemp3l88CjZ+DoZ2faM9R4QxZkOPJCoT8DlPhfQ3A==",
};
const TWITTER: NpmPackage = {
  name: "emoji-datasource-twitter",
  version: "16.0.0",
  bytes: 61_683_754,
  integrity: "sha512-7F+uCuHH+7Qnrc15P5tnbvKkg9E6tlzi4MnT2uW1RlN4pLYTza6cP/dstIfSDMtpjFLWuZewWg8jBbuL2eyELQ==",
};

/** `packages[v]` holds vendor v's sheet; the first also the list of emoji. */
function emojiDataset(
  size: 32 | 64,
  packages: [google: NpmPackage, twitter: NpmPackage],
  classOf: ClassOf,
  counts: { classes: number; train: number; test: number },
  sha256: string,
): PinnedDataset {
  const unique = [...new Set(packages)];
  return {
    title: `Emoji of Google (Noto) and Twitter (Twemoji) with all skin tones, ${size} × ${size}${classOf === byGroup ? ", by category and group" : ""}`,
    height: size,
    width: size,
    channels: 3,
    ...counts,
    bytes: unique.reduce((sum, { bytes }) => sum + bytes, 0),
    licence: "Noto Emoji: Apache-2.0; Twemoji: CC BY 4.0",
    attribution:
      "Noto Emoji © Google; Twemoji © Twitter, Inc. and jdecked; sheets by emoji-datasource (MIT, Cal Henderson)",
    sha256,
    sources: [
      {
        name: unique.map(npmSourceName).join(" and "),
        async load({ folder, ...options }) {
          const sheets: Sheet[] = [];
          let emoji: Emoji[] = [];
          for (const [i, vendor] of (["google", "twitter"] as const).entries()) {
            const names = ["emoji.json", `img/${vendor}/sheets/${size}.png`];
            const file = await fetchNpmPackage(packages[i], folder, options);
            const members = await readTarball(file, (name) => names.includes(name), names);
            if (i === 0) emoji = JSON.parse(members.get(names[0])!.toString());
            sheets.push(await decodeSheet(vendor, members.get(names[1])!));
          }
          return cutEmoji(emoji, sheets, size, classOf);
        },
      },
    ],
  };
}

export const emoji32 = emojiDataset(
  32,
  [BOTH, BOTH],
  byCategory,
  { classes: CATEGORIES.length, train: 6730, test: 832 },
  "c19db3a4f46d9b7e5c7ea9e32c610d5e5641e375ef7ced41963df4d880cfc86b",
);
export const emoji64 = emojiDataset(
  64,
  [GOOGLE, TWITTER],
  byGroup,
  { classes: 90, train: 6730, test: 832 },
  "7ebc0b578c6c364639dfc5782ccd95838a6e75ccf9faae8ea086c563ccf8a09f",
);
