import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { arch, availableParallelism, cpus, freemem, homedir, platform, release, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { type Browser, findBrowser } from "./browser.js";
import { resolveRuntime, start } from "./device.js";
import { type GpuAdapter, gpuAdapters, isUsable } from "./gpu.js";
import { nativeOrt } from "./native.js";
import { type DeviceName, deviceNames } from "./runtime.js";

export interface MachineFacts {
  node: string;
  /** Operating system and processor architecture. */
  platform: string;
  cpu: string;
  /** Cores this process may use. */
  cores: number;
  /** Gibibytes. */
  memory: { total: number; free: number };
  /** Versions of the runtimes, or why one is missing. */
  runtimes: Record<"onnxruntime-node" | "onnxruntime-web", string>;
  /** "ok" where a tiny session ran, else what is missing. */
  devices: Record<DeviceName, string>;
  /** What `device: "auto"` takes. */
  auto: DeviceName;
  gpus: GpuAdapter[];
  browser: Browser | string;
  cache: string;
}

/** Finds out what this machine has to compute with (Node only). Devices are tried with a tiny session. */
export async function inspectMachine(): Promise<MachineFacts> {
  const gpus = await gpuAdapters();
  const devices = {} as MachineFacts["devices"];
  for (const device of deviceNames) devices[device] = await tryDevice(device, gpus);
  return {
    node: process.version,
    platform: `${platform()} ${release()} ${arch()}`,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memory: { total: gibibytes(totalmem()), free: gibibytes(freemem()) },
    runtimes: {
      "onnxruntime-node": await nativeOrt().then(() => packageVersion("onnxruntime-node"), messageOf),
      "onnxruntime-web": await packageVersion("onnxruntime-web"),
    },
    devices,
    auto: (await resolveRuntime("auto")).device,
    gpus,
    browser: await findBrowser({ unpack: false }).then(
      (browser) => browser ?? "none found; set CHROME_PATH",
      messageOf,
    ),
    cache: process.env.FEWSTEP_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "fewstep"),
  };
}

/** GPU providers are only started where there is something to start them on. */
async function tryDevice(device: DeviceName, gpus: readonly GpuAdapter[]): Promise<string> {
  if (device === "webgpu" && gpus.every(({ problem }) => problem !== undefined))
    return `not tried: ${gpus.map(({ name, problem }) => `${name}: ${problem}`).join("; ") || "no GPU and no Vulkan driver found"}`;
  try {
    await start(device);
    return device === "webgpu" && !gpus.some(isUsable) ? "ok, on a software adapter: for tests only" : "ok";
  } catch (error) {
    return messageOf(error);
  }
}

async function packageVersion(name: string): Promise<string> {
  let folder = dirname(createRequire(import.meta.url).resolve(name));
  for (; ; folder = dirname(folder)) {
    const text = await readFile(join(folder, "package.json"), "utf8").catch(() => null);
    const found = text && (JSON.parse(text) as { name?: string; version?: string });
    if (found && found.name === name) return found.version ?? "unknown";
    if (folder === dirname(folder)) return "unknown";
  }
}

const gibibytes = (bytes: number): number => Math.round(bytes / 2 ** 28) / 4;
const messageOf = (error: unknown): string => String((error as Error)?.message ?? error).split("\n")[0];
