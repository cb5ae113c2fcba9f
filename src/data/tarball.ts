import { list } from "tar";

/**
 * Reads members of a .tgz into memory, streaming past the others. Names are without the first folder (`package/`).
 * Throws if a required one is missing.
 */
export async function readTarball(
  path: string,
  wanted: (name: string) => boolean,
  required: readonly string[] = [],
): Promise<Map<string, Buffer>> {
  const members = new Map<string, Promise<Buffer>>();
  await list({
    file: path,
    strict: true,
    onReadEntry: (entry) => {
      const name = entry.path.replace(/^[^/]*\//, "");
      if (entry.type === "File" && wanted(name)) members.set(name, entry.concat());
      else entry.resume();
    },
  });
  const missing = required.filter((name) => !members.has(name));
  if (missing.length > 0) throw new Error(`${path} lacks ${missing.join(", ")}.`);
  return new Map(await Promise.all([...members].map(async ([name, content]) => [name, await content] as const)));
}
