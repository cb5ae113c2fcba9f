import { resolve } from "node:path";
import { vi } from "vitest";
import type { Outcome } from "./command.js";

const root = resolve(import.meta.dirname, "../..");

/**
 * Runs a command line in this process, by the program that the built one runs: what is refused costs no start of
 * Node. For commands that end by themselves, one after the other.
 */
export const inProcess =
  (cache: string) =>
  async (args: readonly string[]): Promise<Outcome> => {
    vi.stubEnv("FEWSTEP_CACHE", cache);
    const said = { stdout: "", stderr: "" };
    const spies = (["stdout", "stderr"] as const).map((name) =>
      vi.spyOn(process[name], "write").mockImplementation((text) => {
        said[name] += text;
        return true;
      }),
    );
    const [folder, exitCode] = [process.cwd(), process.exitCode];
    try {
      process.chdir(root);
      const { run } = await import("../../src/cli/program.js");
      const code = await run(args);
      return { code: code || Number(process.exitCode ?? 0), signal: null, ...said };
    } finally {
      process.exitCode = exitCode;
      process.chdir(folder);
      for (const spy of spies) spy.mockRestore();
      vi.unstubAllEnvs();
    }
  };
