import type { Method } from "../models/method.js";
import { UsageError } from "./output.js";

/** Applies `path.to.key=value` overrides to a copy of the preset. Values are JSON where they parse as such. */
export function applyOverrides(config: object, overrides: readonly string[]): Record<string, unknown> {
  const copy = structuredClone(config) as Record<string, unknown>;
  const paths = overrides.map(settingOf);
  for (const [index, item] of overrides.entries()) {
    const path = paths[index];
    if (paths.indexOf(path) < index) throw new UsageError(`--set ${path} is given twice; give it once.`);
    const rest = item.split("=").slice(1);
    if (rest.length === 0) throw new UsageError(`--set takes key=value, got "${item}".`);
    const keys = path.split(".");
    let at = copy;
    keys.forEach((key, i) => {
      if (at === null || typeof at !== "object" || !(key in at))
        throw new UsageError(
          `--set: there is no setting "${path}"; ${i === 0 ? "the preset" : `"${keys.slice(0, i).join(".")}"`} has ${Object.keys(at ?? {}).join(", ") || "none"}.`,
        );
      if (i < keys.length - 1) at = at[key] as Record<string, unknown>;
    });
    at[keys[keys.length - 1]] = parseValue(rest.join("="));
  }
  return copy;
}

/** The setting that an override is of. */
export const settingOf = (override: string): string => override.split("=", 1)[0];

/** Whether a setting is another one, or a part of it. */
export const isWithin = (path: string, group: string): boolean => `${path}.`.startsWith(`${group}.`);

/**
 * Refuses overrides that have no effect beside the other settings. `run`: the finished run that is trained on, whose
 * stages but the last are taken as they are.
 */
export function requireEffect(method: Method, settings: object, overrides: readonly string[], run?: string): void {
  const idle = method.idle(settings, run !== undefined);
  const path = overrides.map(settingOf).find((one) => idle.some((group) => isWithin(one, group)));
  if (path === undefined) return;
  const why =
    run === undefined
      ? "with these settings what it is for is left out"
      : `what it is for is taken from ${run} as it is`;
  throw new UsageError(`--set ${path} has no effect: ${why}. Leave it out.`);
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // a plain string
  }
}
