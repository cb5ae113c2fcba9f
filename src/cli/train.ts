import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { resolveDataset } from "../data/index.js";
import { methods } from "../methods/index.js";
import { printJson, say, UsageError } from "./output.js";

export interface TrainCommand {
  data?: string;
  preset: string;
  out?: string;
  resume?: string;
  set?: string[];
  size?: number;
  maxSeconds?: number;
  threads?: number;
  json?: boolean;
}

/** What a run's folder records of the command, so that it can be resumed from its name alone. */
export interface RunRequest {
  method: string;
  data: string;
  size?: number;
  threads?: number;
  maxSeconds?: number;
  config: Record<string, unknown>;
}

/** Applies `path.to.key=value` overrides to a copy of the preset. Values are JSON where they parse as such. */
export function applyOverrides(config: object, overrides: readonly string[]): Record<string, unknown> {
  const copy = structuredClone(config) as Record<string, unknown>;
  for (const item of overrides) {
    const [path, ...rest] = item.split("=");
    if (rest.length === 0) throw new UsageError(`--set takes key=value, got "${item}".`);
    const text = rest.join("=");
    const keys = path.split(".");
    let at = copy;
    keys.forEach((key, i) => {
      if (!(key in at)) throw new UsageError(`--set: the preset has no setting "${path}"; "${keys.slice(0, i).join(".") || "it"}" has ${Object.keys(at).join(", ")}.`);
      if (i < keys.length - 1) at = at[key] as Record<string, unknown>;
    });
    let value: unknown = text;
    try {
      value = JSON.parse(text);
    } catch {
      // not JSON: a plain string
    }
    at[keys[keys.length - 1]] = value;
  }
  return copy;
}
