const reasons: Record<string, string> = {
  ENOENT: "it does not exist",
  ENOTDIR: "a part of its path is no folder",
  EISDIR: "it is a folder",
  EACCES: "its permissions forbid it",
  EPERM: "its permissions forbid it",
  ELOOP: "its links go round in a circle",
  ENAMETOOLONG: "its name is too long",
};

/** Runs `read`; where the system refuses, the error names the file, says why, and keeps the system's `code`. */
export async function reading<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || !Object.hasOwn(reasons, code)) throw error;
    throw Object.assign(new Error(`${path} cannot be read: ${reasons[code]}.`, { cause: error }), { code });
  }
}
