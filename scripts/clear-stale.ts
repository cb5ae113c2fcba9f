import { existsSync, readdirSync, rmSync } from "node:fs";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** Folders that their own builds empty. */
const OWN = ["browser", "studio"];

/**
 * Removes what was compiled from sources that have gone: modules and declarations in `built` whose file in `sources`
 * is no more. Nothing else is touched, so that what runs from there goes on. Gives their paths.
 */
export function clearStale(sources: string, built: string): string[] {
  if (!existsSync(built)) return [];
  const modules = readdirSync(built, { recursive: true, encoding: "utf8" }).filter(
    (path) => /\.(d\.ts|js)$/.test(path) && !OWN.includes(path.split(sep)[0]),
  );
  const stale = modules.filter((path) => !existsSync(join(sources, path.replace(/\.(d\.ts|js)$/, ".ts"))));
  for (const path of stale) rmSync(join(built, path));
  return stale;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL("..", import.meta.url));
  clearStale(join(root, "src"), join(root, "dist"));
}
