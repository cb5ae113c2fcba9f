import { readFile } from "node:fs/promises";
import { basename, dirname, extname, join, relative, sep } from "node:path";
import { z } from "zod";
import { faults } from "../../io/faults.js";
import { reading } from "../../io/reading.js";
import { ownCaptions, readSidecar, type Sidecar } from "./captions.js";
import type { OwnMap } from "./skeletons.js";

const SIDECARS = ["captions.csv", "captions.json", "captions.txt"];

/** Captions of a file by what stands beside it or at the folder's top; null where nothing does. */
export async function captionReader(others: ReadonlySet<string>, used: Set<string>, paths: readonly string[]) {
  const sidecars: Sidecar[] = [];
  for (const path of [...others].filter((path) => SIDECARS.includes(basename(path)))) {
    const sidecar = await readSidecar(path);
    const names = new Set(paths.flatMap((one) => namesOf(relative(dirname(path), one))));
    const stray = [...sidecar.captions.keys()].find((name) => !names.has(name));
    if (stray !== undefined)
      throw new Error(
        `${path} has a caption for "${stray}", and there is no such motion. Mend the name, or take the line away.`,
      );
    sidecars.push(sidecar);
    used.add(path);
  }
  return async (path: string): Promise<readonly string[] | null> => {
    const own = await ownCaptions(path, others);
    if (own) used.add(own.path);
    const listed = sidecars.flatMap((one) =>
      namesOf(relative(dirname(one.path), path)).flatMap((name) => one.captions.get(name) ?? []),
    );
    const captions = [...new Set([...(own?.captions ?? []), ...listed])];
    return captions.length > 0 ? captions : null;
  };
}

/** What a sidecar may call a file: its path below, its name, either without the ending. */
function namesOf(path: string): string[] {
  const full = path.split(sep).join("/");
  const stem = full.slice(0, full.length - extname(full).length);
  return [...new Set([full, stem, basename(full), basename(stem)])];
}

const ownMap = z.strictObject({
  joints: z.record(z.string(), z.string()).optional(),
  restFrame: z.int().min(0).optional(),
});

/** How a file's joints are to be taken, by the nearest skeleton.json in its folder or above it. */
export function mapReader(folder: string, others: ReadonlySet<string>, used: Set<string>) {
  const maps = new Map<string, OwnMap>();
  return async (path: string): Promise<OwnMap | undefined> => {
    for (let at = dirname(path); ; at = dirname(at)) {
      const file = join(at, "skeleton.json");
      if (others.has(file)) {
        if (!maps.has(file)) maps.set(file, await readMap(file));
        used.add(file);
        return maps.get(file);
      }
      if (at === folder || at === dirname(at)) return undefined;
    }
  };
}

async function readMap(file: string): Promise<OwnMap> {
  const text = await reading(file, () => readFile(file, "utf8"));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is no JSON: ${(error as Error).message}.`);
  }
  const map = ownMap.safeParse(value);
  if (!map.success) throw new Error(`${file}: ${faults(map.error, value, "it")}.`);
  return map.data;
}
