import { inNode } from "./environment.js";

export interface GpuAdapter {
  readonly name: string;
  /** Computes on a CPU (SwiftShader, llvmpipe …): right for tests, useless for work. */
  readonly software: boolean;
  /** Why it cannot be used by this process, if it cannot. */
  readonly problem?: string;
}

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|\blvp\b|softpipe|basic render|warp|software/i;
/** PCI vendors of GPUs that compute; others (virtual displays, server management chips) do not. */
const VENDORS: Record<string, { name: string; driver: RegExp }> = {
  "0x10de": { name: "NVIDIA", driver: /nvidia|nouveau/i },
  "0x1002": { name: "AMD", driver: /radeon|amd/i },
  "0x8086": { name: "Intel", driver: /intel/i },
};

/** Real hardware that this process may use. */
export const isUsable = ({ software, problem }: GpuAdapter): boolean => !software && !problem;

/**
 * GPUs that this process can see. A browser is asked; in Node the operating system is, without loading a driver: on
 * Linux device nodes, their PCI vendors and the Vulkan drivers installed; macOS and Windows have Metal and Direct3D.
 */
export async function gpuAdapters(): Promise<GpuAdapter[]> {
  if (!inNode) return browserAdapters();
  if (process.platform === "linux") return linuxAdapters();
  if (process.platform === "darwin") return [{ name: "Metal", software: false }];
  return process.platform === "win32" ? [{ name: "Direct3D 12", software: false }] : [];
}

interface BrowserAdapter {
  isFallbackAdapter?: boolean;
  info?: { vendor?: string; architecture?: string; device?: string; description?: string; isFallbackAdapter?: boolean };
}

async function browserAdapters(): Promise<GpuAdapter[]> {
  const { gpu } = navigator as { gpu?: { requestAdapter(options: object): Promise<BrowserAdapter | null> } };
  const adapter = await gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) return [];
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info ?? {};
  const name = [vendor, architecture, device, description].filter(Boolean).join(" ") || "WebGPU adapter";
  return [{ name, software: Boolean(adapter.isFallbackAdapter || isFallbackAdapter || SOFTWARE.test(name)) }];
}

async function linuxAdapters(): Promise<GpuAdapter[]> {
  const fs = await import("node:fs/promises");
  const list = (folder: string) => fs.readdir(folder).catch(() => [] as string[]);
  const usable = (path: string) =>
    fs.access(path, fs.constants.R_OK | fs.constants.W_OK).then(
      () => true,
      () => false,
    );
  const drivers = await vulkanDrivers(list);
  const problemOf = (wanted: RegExp) =>
    drivers.some((driver) => wanted.test(driver)) ? {} : { problem: "no Vulkan driver for it is installed" };
  const adapters: GpuAdapter[] = [];
  for (const node of (await list("/dev/dri")).filter((name) => name.startsWith("renderD"))) {
    const id = (await fs.readFile(`/sys/class/drm/${node}/device/vendor`, "utf8").catch(() => "")).trim();
    const vendor = VENDORS[id];
    if (!vendor) continue;
    const problem = (await usable(`/dev/dri/${node}`))
      ? problemOf(vendor.driver)
      : { problem: `no permission for /dev/dri/${node} (join the group "render")` };
    adapters.push({ name: `${vendor.name} (${node})`, software: false, ...problem });
  }
  // Containers have /dev/nvidia0 without /dev/dri
  const nodes = (await list("/dev")).filter((name) => /^nvidia\d+$/.test(name));
  if (nodes.length > 0 && !adapters.some(({ name }) => name.startsWith("NVIDIA")))
    adapters.push({ name: `NVIDIA (${nodes[0]})`, software: false, ...problemOf(VENDORS["0x10de"].driver) });
  for (const driver of drivers.filter((path) => SOFTWARE.test(path) || /lvp/.test(path)))
    adapters.push({
      name: driver
        .split("/")
        .at(-1)!
        .replace(/_?icd.*$/, ""),
      software: true,
    });
  return adapters;
}

/** Manifests of Vulkan drivers where its loader looks for them. */
async function vulkanDrivers(list: (folder: string) => Promise<string[]>): Promise<string[]> {
  const chosen = process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES;
  if (chosen) return chosen.split(":").filter(Boolean);
  const home = process.env.XDG_DATA_HOME ?? `${process.env.HOME}/.local/share`;
  const roots = ["/etc", "/usr/share", "/usr/local/share", "/usr/local/etc", home];
  const found = await Promise.all(
    roots.map(async (root) => {
      const folder = `${root}/vulkan/icd.d`;
      return (await list(folder)).filter((name) => name.endsWith(".json")).map((name) => `${folder}/${name}`);
    }),
  );
  return found.flat();
}
