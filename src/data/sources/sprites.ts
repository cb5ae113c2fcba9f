import { fetchNpmPackage, type NpmPackage } from "../packages.js";
import type { DatasetParts } from "../parts.js";
import { readTarball } from "../tarball.js";
import { groupClass, inOrder } from "./emoji-groups.js";
import { type Drawing, splitByFamily } from "./families.js";
import { npmSourceName, type PinnedDataset, type SourceContext } from "./source.js";

/** An entry of the list of emoji: hexadecimal code points apart by spaces, its category and group. */
export interface ListedEmoji {
  codes: string;
  group: string;
  subgroup: string;
}

const SIDE = 32;
/** Sides of the squares that become a pixel. */
const CELL = 8;

/** Codes without the mark that asks for a coloured picture, which names of files and lists have or have not. */
const plain = (codes: string): string =>
  codes
    .toLowerCase()
    .replace(/[ -]fe0f/g, "")
    .replaceAll(" ", "-");
const withoutTones = (codes: string): string => codes.replace(/-1f3f[b-f]/g, "");

/**
 * Icons of the list of emoji, drawn on nothing, with their colours premultiplied; `files` holds pictures by their code
 * points. Skin tones of one icon are of one class and on one side of the split. Skin tones alone are left out, and so are
 * icons that are not listed.
 */
export async function drawSprites(
  files: ReadonlyMap<string, Uint8Array>,
  list: readonly ListedEmoji[],
  { onProgress, signal }: Pick<SourceContext, "onProgress" | "signal"> = {},
): Promise<DatasetParts> {
  const listed = list.filter(({ group }) => group !== "Component");
  const classes = new Map(listed.map((one) => [plain(one.codes), groupClass(one.group, one.subgroup)]));
  const drawings: Drawing[] = [];
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [done, [name, file]] of sorted.entries()) {
    signal?.throwIfAborted();
    const family = withoutTones(plain(name));
    const className = classes.get(plain(name)) ?? classes.get(family);
    if (className) drawings.push({ pixels: await reduced(file), className, family });
    onProgress?.({ task: "reading sprites", done: done + 1, total: files.size, unit: "images" });
  }
  const classNames = inOrder(drawings.map(({ className }) => className));
  return splitByFamily(drawings, { size: SIDE, channels: 4, classNames, name: "sprites" });
}

/**
 * The middle of a picture, its colours premultiplied, each pixel the mean of a square: whole numbers all the way, so that
 * every machine has the same bytes.
 */
async function reduced(file: Uint8Array): Promise<Uint8Array> {
  const { default: sharp } = await import("sharp");
  const { data, info } = await sharp(file).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const [left, top] = [info.width, info.height].map((side) => (side - SIDE * CELL) >> 1);
  if (left < 0 || top < 0) throw new Error(`An icon has ${info.width}×${info.height} pixels, fewer than its place.`);
  const pixels = new Uint8Array(SIDE * SIDE * 4);
  for (let y = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++) {
      const sums = [0, 0, 0, 0];
      for (let v = 0; v < CELL; v++)
        for (let u = 0; u < CELL; u++) {
          const at = ((top + y * CELL + v) * info.width + left + x * CELL + u) * 4;
          for (let c = 0; c < 3; c++) sums[c] += data[at + c] * data[at + 3];
          sums[3] += 255 * data[at + 3];
        }
      pixels.set(
        sums.map((sum) => Math.round(sum / (255 * CELL * CELL))),
        (y * SIDE + x) * 4,
      );
    }
  return pixels;
}

const ICONS: NpmPackage = {
  name: "@lobehub/fluent-emoji-3d",
  version: "1.1.0",
  bytes: 15_792_027,
  integrity: "sha512-Wlq2lVStTnr8BDpIJ0pEnTKO4LuDxxqTEhTvRtD1DLRF0me7ogeRQjKoehDHXuVJ2Qaecgl5wRBv60lUAG3h7g==",
};
const LIST: NpmPackage = {
  name: "emoji.json",
  version: "16.0.0",
  bytes: 71_699,
  integrity: "sha512-OWFSIAA5ZY2D7KTPxnS/oZTk5cs4ZE4+w/bHkpS+t6hj4AUwDH0okBGuffvsli6WMIimfgxb8ofadPC+UR+glw==",
};
const PLACE = "assets/";

export const sprites: PinnedDataset = {
  title: `Icons on nothing (Fluent Emoji, 3D) with all skin tones, ${SIDE} × ${SIDE}, by category and group`,
  height: SIDE,
  width: SIDE,
  channels: 4,
  classes: 90,
  train: 3014,
  test: 360,
  bytes: ICONS.bytes + LIST.bytes,
  licence: "MIT",
  attribution: "Fluent Emoji © Microsoft; packaged by LobeHub; groups by emoji.json (MIT, Amio)",
  sha256: "caf6b884600ba65e423521a059163d5c00ec823abaacad2593f7f5c87c92413f",
  sources: [
    {
      name: [ICONS, LIST].map(npmSourceName).join(" and "),
      async load({ folder, ...options }) {
        const icons = await readTarball(await fetchNpmPackage(ICONS, folder, options), (name) =>
          name.startsWith(PLACE),
        );
        const list = await readTarball(await fetchNpmPackage(LIST, folder, options), (name) => name === "emoji.json");
        const codes = (name: string) => name.slice(PLACE.length).replace(/\.webp$/, "");
        const files = new Map([...icons].map(([name, file]) => [codes(name), file]));
        return drawSprites(files, JSON.parse(list.get("emoji.json")!.toString()), options);
      },
    },
  ],
};
