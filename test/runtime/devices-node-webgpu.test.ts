import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect } from "vitest";
import { agreesWithTheCpu } from "./devices/agree.js";
import { swiftshaderFolder } from "./devices/browser.js";
import type { Result } from "./devices/cases.js";

/** Every case in Node on a device, in a process of its own with SwiftShader as the only Vulkan driver. */
async function inNode(device: string): Promise<{ results: Record<string, Result>; auto: string }> {
  const folder = mkdtempSync(join(tmpdir(), "fewstep-devices-"));
  const drivers = await swiftshaderFolder();
  const out = join(folder, "results.json");
  try {
    await promisify(execFile)(
      process.execPath,
      ["--import", "tsx", join(import.meta.dirname, "devices/node.ts"), "--device", device, "--out", out],
      {
        maxBuffer: 1 << 28,
        env: {
          ...process.env,
          VK_ICD_FILENAMES: join(drivers, "vk_swiftshader_icd.json"),
          LD_LIBRARY_PATH: [process.env.LD_LIBRARY_PATH, drivers].filter(Boolean).join(":"), // its Vulkan loader, where none is installed
          XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? folder,
        },
      },
    );
    return JSON.parse(readFileSync(out, "utf8"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe("WebGPU in Node agrees with the native CPU", () =>
  agreesWithTheCpu(async () => {
    const { results, auto } = await inNode("webgpu");
    expect(auto).toBe("cpu"); // never a software adapter
    return results;
  }));
