import { requireKnown } from "../io/known.js";
import { show } from "../io/show.js";
import { OptionError } from "../io/wrong-use.js";
import type { FolderOptions } from "./folder.js";
import type { GetOptions } from "./get.js";
import type { TextFileOptions } from "./text-file.js";

/** Options of reading pictures and texts. */
type Reading = FolderOptions & GetOptions & TextFileOptions & { longLines?: unknown };

const KNOWN: Record<keyof Reading, true> = {
  ...{ size: true, channels: true, crop: true, background: true, frames: true, skipBroken: true, onSkip: true },
  ...{ lines: true, encoding: true, longLines: true },
  ...{ cache: true, force: true, onProgress: true, signal: true },
};
const CHOICES = { crop: ["cover", "fill", "contain"], frames: ["all", "first"] } as const;

/** How data are read: none but known options, with values that can be. @throws OptionError */
export function requireReading(of: string, options: Reading): void {
  requireKnown(`reading ${of}`, options, Object.keys(KNOWN));
  const { skipBroken, lines, force } = options;
  for (const [name, value] of Object.entries({ skipBroken, lines, force }))
    if (value !== undefined && typeof value !== "boolean")
      throw new OptionError(`${name} must be true or false, got ${show(value)}.`);
  for (const [name, choices] of Object.entries(CHOICES)) {
    const value = options[name as keyof typeof CHOICES];
    if (value !== undefined && !(choices as readonly unknown[]).includes(value))
      throw new OptionError(`${name} must be one of ${choices.join(", ")}, got ${show(value)}.`);
  }
}
