import { UsageError } from "./output.js";

/** Applies `path.to.key=value` overrides to a copy of the preset. Values are JSON where they parse as such. */
export function applyOverrides(config: object, overrides: readonly string[]): Record<string, unknown> {
  const copy = structuredClone(config) as Record<string, unknown>;
  for (const item of overrides) {
    const [path, ...rest] = item.split("=");
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

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // a plain string
  }
}
