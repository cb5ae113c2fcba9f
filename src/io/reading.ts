import { type Stats, statSync } from "node:fs";

const reasons: Record<string, string> = {
  ENOENT: "it does not exist",
  ENOTDIR: "a part of its path is no folder",
  EISDIR: "it is a folder",
  EACCES: "its permissions forbid it",
  EPERM: "its permissions forbid it",
  ELOOP: "its links go round in a circle",
  ENAMETOOLONG: "its name is too long",
};

/** The system's refusal as a sentence that names the file and says why, with its `code`; other errors as they are. */
function refusal(path: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined || !Object.hasOwn(reasons, code)) return error;
  return Object.assign(new Error(`${path} cannot be read: ${reasons[code]}.`, { cause: error }), { code });
}

/** Runs `read`; where the system refuses, the error names the file, says why, and keeps the system's `code`. */
export async function reading<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw refusal(path, error);
  }
}

/** What stands at a path; null where nothing does. @throws as `reading` where the system does not say */
export function entryAt(path: string): Stats | null {
  try {
    return statSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw refusal(path, error);
  }
}
