import { z } from "zod";
import { longLineWays } from "./text.js";

/** How pictures of a folder are read: the options of `FolderOptions` that a run keeps. */
export const readingOptions = {
  size: z.number().int().positive().optional(),
  channels: z.literal([1, 3, 4]).optional(),
  background: z.string().optional(),
  frames: z.enum(["all", "first"]).optional(),
  skipBroken: z.boolean().optional(),
};

/** How a text is read: the options of `TextOptions` that a run keeps. */
export const textOptions = {
  lines: z.boolean().optional(),
  encoding: z.string().optional(),
  longLines: z.enum(longLineWays).optional(),
};

/** How a run's data are found and read again. */
export const originSchema = z.object({
  /** A data set's name, or an absolute path. */
  data: z.string(),
  ...readingOptions,
  ...textOptions,
});
export type Origin = z.infer<typeof originSchema>;

/** Without what was not asked for. */
export const given = <T extends object>(options: T): T =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
