import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { commonMeta, damaged, otherContent, readMeta, type Shelf, writeFiles } from "./cache.js";
import { Text } from "./characters.js";
import type { PinnedText } from "./sources/texts.js";
import type { TextDataset, TextParts } from "./text.js";

const PARTS = ["train", "judge", "test"] as const;
const textMeta = commonMeta.extend({ lines: z.boolean() });

/** SHA-256 of a text's three parts, each ended by a zero byte. */
export function textHash(parts: TextParts): string {
  const hash = createHash("sha256");
  for (const part of PARTS) {
    for (const piece of parts[part].pieces()) hash.update(piece);
    hash.update("\0");
  }
  return hash.digest("hex");
}

/** A text is kept as train.txt, judge.txt, test.txt and meta.json. */
export const textShelf: Shelf<TextParts, TextDataset, PinnedText> = {
  misfit: (parts, pin) => otherContent(textHash(parts), pin.sha256),
  describe: (parts, about) => ({ kind: "text", ...about, ...parts }),
  write(cache, dataset, workspace) {
    const { id, lines, licence, attribution } = dataset;
    const meta = { format: 1 as const, id, lines, licence, attribution, sha256: textHash(dataset) };
    const files = Object.fromEntries(PARTS.map((part) => [`${part}.txt`, dataset[part].toString()]));
    return writeFiles(cache, meta, files, workspace);
  },
  async read(cache, id, pin) {
    const meta = await readMeta(cache, id, textMeta, pin.sha256);
    if (!meta) return undefined;
    const folder = join(cache, id);
    if (meta.lines !== pin.lines)
      throw damaged(join(folder, "meta.json"), `lines is ${meta.lines} instead of ${pin.lines}`);
    const read = (part: string) => {
      const file = join(folder, `${part}.txt`);
      return readFile(file, "utf8").catch((error: Error) => Promise.reject(damaged(file, error.message)));
    };
    const [train, judge, test] = await Promise.all(PARTS.map(read));
    const parts: TextParts = { lines: meta.lines, train: Text.of(train), judge: Text.of(judge), test: Text.of(test) };
    const changed = otherContent(textHash(parts), meta.sha256);
    if (changed) throw damaged(folder, changed);
    return this.describe(parts, { id, licence: pin.licence, attribution: pin.attribution });
  },
};
