import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { setTimeout } from "node:timers/promises";

const root = resolve(import.meta.dirname, "../..");

function missing(): string | null {
  if (process.platform !== "linux") return "Ranks are found in /proc, which only Linux has.";
  if (spawnSync("mpirun", ["--version"]).status !== 0) return "There is no mpirun; install openmpi-bin or mpich.";
  try {
    createRequire(import.meta.url).resolve("koffi");
    return null;
  } catch {
    return "The optional package koffi is not installed.";
  }
}

/** Why training in several processes cannot be tested here; null where it can. */
export const noMpi: string | null = missing();

/** As root and on fewer cores than ranks, Open MPI wants to be asked for it. */
const ALLOWED = {
  ...{ OMPI_ALLOW_RUN_AS_ROOT: "1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1" },
  ...{ OMPI_MCA_rmaps_base_oversubscribe: "1", OMPI_MCA_hwloc_base_binding_policy: "none" },
};

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs `mpirun` with these arguments; `watch` is given its process. */
export function mpirun(args: readonly string[], watch?: (child: ChildProcess) => unknown): Promise<Ended> {
  const child = spawn("mpirun", args, { cwd: root, env: { ...process.env, ...ALLOWED } });
  return new Promise((done) => {
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (chunk) => (stdout += chunk));
    child.stderr.on("data", (chunk) => (stderr += chunk));
    child.on("close", (code) => done({ code, stdout, stderr }));
    watch?.(child);
  });
}

/** The process of a rank among those that a launcher started. */
export function processOf(launcher: number, rank: number): number {
  const below = (pid: number): number[] => {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
    return [...children, ...children.flatMap(below)];
  };
  const found = below(launcher).find((pid) =>
    readFileSync(`/proc/${pid}/environ`, "utf8")
      .split("\0")
      .some((one) => one === `OMPI_COMM_WORLD_RANK=${rank}` || one === `PMI_RANK=${rank}`),
  );
  if (found === undefined) throw new Error(`Rank ${rank} is not among the processes of ${launcher}.`);
  return found;
}

/** Waits until a file has so many lines. */
export async function lines(path: string, count: number): Promise<void> {
  while (!existsSync(path) || readFileSync(path, "utf8").split("\n").length <= count) await setTimeout(20);
}
