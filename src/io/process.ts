import { execFile } from "node:child_process";
import { readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";
import { promisify } from "node:util";
import { z } from "zod";

/** A process, told apart from a later one that has its number. */
export const processIdentity = z.object({
  pid: z.number().int().positive(),
  host: z.string(),
  /** The system's boot and the namespace of the pid (each container has its own), of Linux. */
  boot: z.string().nullable(),
  space: z.string().nullable(),
  /** When the process started, in the system's words; null where it does not say. */
  started: z.string().nullable(),
});
export type ProcessIdentity = z.infer<typeof processIdentity>;

/** Of a process that does not run any more. */
export const gone = Symbol("gone");
const linux = process.platform === "linux";

/** This process. */
export const ownIdentity = (): Promise<ProcessIdentity> => identityOf(process.pid);

/** A process that runs in this one's system, such as a child. */
export async function identityOf(pid: number): Promise<ProcessIdentity> {
  const started = await startOf(pid);
  return {
    pid,
    host: hostname(),
    boot: linux ? await readFile("/proc/sys/kernel/random/boot_id", "utf8").then(trim, nothing) : null,
    space: linux ? await readlink("/proc/self/ns/pid").catch(nothing) : null,
    started: started === gone ? null : started,
  };
}

/** Whether a process still runs; "unknown" where it belongs to another machine or container. */
export async function fate(other: ProcessIdentity): Promise<"runs" | "gone" | "unknown"> {
  const own = await ownIdentity();
  if (other.host !== own.host) return "unknown";
  if (other.boot !== own.boot) return "gone";
  if (other.space !== own.space) return "unknown";
  const started = await startOf(other.pid);
  if (started === gone) return "gone";
  return started === null || other.started === null || started === other.started ? "runs" : "gone";
}

/** When a process started, in the system's words; null where it does not say. */
export async function startOf(pid: number): Promise<string | null | typeof gone> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return gone; // EPERM: it is somebody else's
  }
  if (linux) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(nothing);
    // After the name in parentheses, which may hold anything: the state, …, the start in ticks since the boot.
    const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields === undefined ? null : /[ZX]/.test(fields[0]) ? gone : fields[19];
  }
  if (process.platform === "win32") return null;
  const env = { ...process.env, LC_ALL: "C", TZ: "UTC" };
  return await promisify(execFile)("ps", ["-o", "lstart=", "-p", String(pid)], { env }).then(
    ({ stdout }) => trim(stdout) || null,
    nothing,
  );
}

const trim = (text: string) => text.trim();
const nothing = () => null;
