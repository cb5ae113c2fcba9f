/** An error's first line, without the runtime's source location. */
export const firstLine = (error: unknown): string =>
  String((error as Error)?.message ?? error)
    .split("\n")[0]
    .replace(/^.* was false\. /, "")
    .slice(0, 300);
