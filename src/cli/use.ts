import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { UsageError } from "./output.js";

/** The modules that have been loaded, for threads to load as well. */
export const used: string[] = [];

/** Loads modules that register methods of one's own. Their code is run: only what is trusted belongs here. */
export async function use(modules: readonly string[]): Promise<void> {
  for (const module of modules) {
    await import(pathToFileURL(resolve(module)).href).catch((error: Error) => {
      throw new UsageError(`--use ${module}: ${error.message}`, { cause: error });
    });
    used.push(module);
  }
}

/** Takes `--use <module>` out of a command line, wherever it stands before the command. */
export function takeUse(args: readonly string[]): { modules: string[]; rest: string[] } {
  const modules: string[] = [];
  const rest = [...args];
  while (rest[0] === "--use") {
    if (rest[1] === undefined) throw new UsageError("--use takes a module that registers a method.");
    modules.push(rest[1]);
    rest.splice(0, 2);
  }
  return { modules, rest };
}
