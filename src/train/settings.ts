import { z } from "zod";

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
export class SettingsError extends Error {
  override name = "SettingsError";
}

/**
 * The settings that the schema describes, with its defaults. Throws `SettingsError`, which names each wrong one and its
 * value.
 */
export function parseSettings<S extends z.ZodType>(schema: S, settings: unknown): z.output<S> {
  const result = schema.safeParse(settings);
  if (result.success) return result.data;
  const wrong = result.error.issues.flatMap(detailed).map(({ path, message }) => {
    const value = path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], settings);
    return `${path.join(".") || "all of them"} is ${JSON.stringify(value) ?? "missing"} (${message})`;
  });
  throw new SettingsError(`These settings cannot be: ${wrong.join("; ")}.`);
}

/** An issue of a union is told as those of the alternative that fits best. */
function detailed(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return [issue];
  const best = issue.errors.reduce((a, b) => (b.length < a.length ? b : a));
  return best.flatMap(detailed).map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
}
