import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { microRuns, trainArgs, writeMicroData } from "../../scripts/torture/micro.js";
import { root } from "./packed.js";

const folder = mkdtempSync(join(tmpdir(), "fewstep-network-"));
beforeAll(async () => {
  await writeMicroData(folder);
  writeFileSync(join(folder, "library.mjs"), LIBRARY);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A program that samples in a worker thread. */
const LIBRARY = `
import { loadModel } from ${JSON.stringify(pathToFileURL(join(root, "dist/index.js")).href)};
const model = await loadModel("drifting-fashion", { worker: true });
await model.sample({ count: 1 });
await model.release();
`;

interface Noted {
  threadId: number;
  asked?: string;
  started?: boolean;
  ended?: boolean;
  telemetry?: string | null;
}

/** Internet sockets of a process, native code's too, where Linux shows them. */
function sockets(pid: number): string[] {
  try {
    const inodes = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`).match(/^socket:\[(\d+)\]$/)?.[1] ?? [];
      } catch {
        return [];
      }
    });
    const lines = ["tcp", "tcp6", "udp", "udp6"].flatMap((table) =>
      readFileSync(`/proc/${pid}/net/${table}`, "utf8").split("\n").slice(1),
    );
    return lines.filter((line) => inodes.includes(line.trim().split(/\s+/)[9]));
  } catch {
    return []; // it has ended, or this is not Linux
  }
}

/** Runs Node with every connection noted; the environment says nothing of telemetry. */
async function watched(args: readonly string[]) {
  const file = join(folder, `${args.length}-${Math.random()}.jsonl`);
  writeFileSync(file, "");
  const { ORT_DISABLE_TELEMETRY: _, ...env } = process.env;
  const preload = JSON.stringify(join(import.meta.dirname, "fixtures/watch.cjs"));
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { ...env, WATCH_FILE: file, NODE_OPTIONS: `--require ${preload}` },
  });
  let stderr = "";
  child.stderr.on("data", (text) => (stderr += text));
  child.stdout.resume();
  const native = new Set<string>();
  const timer = setInterval(() => sockets(child.pid!).forEach((line) => void native.add(line)), 10);
  const code = await new Promise((done) => child.on("close", done));
  clearInterval(timer);
  const lines = readFileSync(file, "utf8").trim().split("\n");
  const noted = lines.map((line) => JSON.parse(line) as Noted);
  return { code, stderr, noted, native: [...native], asked: noted.flatMap(({ asked }) => asked ?? []) };
}

const main = join(root, "dist/cli/main.js");

test.each([
  ["sample", [main, "sample", "drifting-fashion", "--count", "1", "--out", "one.png"], 1],
  ["a short training", [main, ...trainArgs(microRuns.drifting, folder, join(folder, "run"))], 2],
  ["sampling in a worker", [join(folder, "library.mjs")], 2],
])("%s connects to nothing, and the native runtime is told to report nothing", async (_, args, threads) => {
  const { code, stderr, noted, native, asked } = await watched(args);
  expect(code, stderr).toBe(0);
  expect(asked).toEqual([]);
  expect(native).toEqual([]);
  // Each thread was watched. The runtime reads the process's environment, which the first thread sets.
  expect(new Set(noted.map(({ threadId }) => threadId)).size).toBeGreaterThanOrEqual(threads);
  expect(noted.filter(({ ended }) => ended).map(({ telemetry }) => telemetry)).toEqual(["1"]);
  const workers = noted.filter(({ threadId, started }) => started && threadId > 0);
  expect(workers.every(({ telemetry }) => telemetry === "1")).toBe(true);
});

test("a connection would be noticed", async () => {
  const server = createServer((socket) => socket.pipe(socket));
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as { port: number };
  const script = `
    const socket = require("node:net").connect(${port}, "127.0.0.1");
    setTimeout(() => socket.destroy(), 1000);
    fetch("http://127.0.0.1:${port}").catch(() => {});
    setTimeout(() => process.exit(), 1200);
  `;
  const { asked, native } = await watched(["-e", script]);
  server.close();
  expect(asked).toContain("net.connect");
  expect(asked).toContain("fetch");
  if (process.platform === "linux") expect(native.length).toBeGreaterThan(0);
});
