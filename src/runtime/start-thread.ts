import type { Worker } from "node:worker_threads";
import { disableTelemetry } from "./telemetry.js";

/** Starts a Node worker thread on a module; TypeScript sources are loaded by `tsx`, which only development has. */
export async function startThread(module: URL, workerData?: unknown): Promise<Worker> {
  const { Worker } = await import("node:worker_threads");
  disableTelemetry();
  if (!module.pathname.endsWith(".ts")) return new Worker(module, { workerData });
  const source = `import("tsx/esm/api").then(({ register }) => { register(); return import(${JSON.stringify(module.href)}); });`;
  return new Worker(source, { eval: true, workerData, execArgv: [] });
}
