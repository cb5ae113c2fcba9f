import { z } from "zod";
import { flatten, valueAt } from "../io/faults.js";
import { WrongUse } from "../io/wrong-use.js";

/** Sizes, batches and the like. */
export const size = z.number().int().positive();
/** Numbers of steps or blocks, of which there may be none. */
export const count = z.number().int().nonnegative();
export const positive = z.number().positive();
/** Probabilities and shares of a whole. */
export const share = z.number().min(0).max(1);
/** Decay of a weight average. */
export const decay = z.number().min(0).lt(1);

/** Settings that cannot be: what is wrong with which of them. */
export class SettingsError extends WrongUse {
  override name = "SettingsError";
}

/**
 * The settings that the schema describes, with its defaults. Throws `SettingsError`, which names each wrong one and its
 * value.
 */
export function parseSettings<S extends z.ZodType>(schema: S, settings: unknown): z.output<S> {
  const result = schema.safeParse(settings);
  if (result.success) return result.data;
  const wrong = result.error.issues.flatMap(flatten).map(({ path, message }) => {
    const value = JSON.stringify(valueAt(settings, path)) ?? "missing";
    return `${path.join(".") || "all of them"} is ${value} (${message})`;
  });
  throw new SettingsError(`These settings cannot be: ${wrong.join("; ")}.`);
}
