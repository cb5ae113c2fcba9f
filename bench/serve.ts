import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { resolve } from "node:path";
import { type BenchOptions, load, machine, round, table } from "./report.js";

const main = resolve(import.meta.dirname, "../dist/cli/main.js");
const MODEL = "drifting-fashion";
const CLIENTS = [1, 16, 64, 256];

interface Answer {
  status: number;
  ms: number;
}

interface Meters {
  memory(): number;
  cpu(): number;
}

/** Starts `fewstep serve`; `memory` is what the process holds, in MB. Linux only. */
async function start(args: string[], threads: number) {
  const all = [main, "serve", MODEL, "--port", "0", "--threads", String(threads), "--max-queue", "512", ...args];
  const child = spawn(process.execPath, all, { stdio: ["ignore", "pipe", "ignore"], env: { ...process.env } });
  const address = await new Promise<string>((done) => child.stdout.once("data", (chunk) => done(String(chunk).trim())));
  const read = (file: string) => readFileSync(`/proc/${child.pid}/${file}`, "utf8");
  return {
    port: Number(new URL(address).port),
    memory: () => Number(/VmRSS:\s+(\d+)/.exec(read("status"))?.[1]) / 1024,
    /** Processor time so far, all threads, ms. */
    cpu: () => {
      const [user, system] = read("stat")
        .replace(/^.*\) /, "")
        .split(" ")
        .slice(11, 13)
        .map(Number);
      return 10 * (user + system);
    },
    stop: () => {
      const ended = new Promise((done) => child.once("exit", done));
      child.kill("SIGTERM");
      return ended;
    },
  };
}

function ask(port: number, agent: Agent, path: string, body?: string): Promise<Answer> {
  const began = performance.now();
  const headers = { "content-type": "application/json", accept: "image/png" };
  return new Promise((done, failed) => {
    const asked = request({ port, path, agent, headers, method: body ? "POST" : "GET" }, (answer) => {
      answer.on("data", () => {}).on("error", failed);
      answer.on("end", () => done({ status: answer.statusCode!, ms: performance.now() - began }));
    });
    asked.on("error", failed).end(body);
  });
}

const quantile = (sorted: readonly number[], q: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];

/** So many clients that ask again as soon as they have their answer. Whether a picture is the seed's is tested elsewhere. */
async function measure(port: number, clients: number, seconds: number, { memory, cpu }: Meters) {
  const agent = new Agent({ keepAlive: true, maxSockets: clients + 1 });
  const answers: Answer[] = [];
  const health: number[] = [];
  const watched: Promise<unknown>[] = [];
  const held: number[] = [];
  let [asked, lost] = [0, 0];
  const until = performance.now() + 1e3 * seconds;
  const watch = setInterval(() => {
    held.push(memory());
    watched.push(ask(port, agent, "/healthz").then(({ ms }) => health.push(ms)));
  }, 250);
  const work = async () => {
    while (performance.now() < until) {
      const seed = asked++;
      const body = JSON.stringify({ model: MODEL, seed, label: seed % 10, guidance: 1 + (seed % 30) / 10 });
      await ask(port, agent, "/v1/sample", body).then(
        (answer) => answers.push(answer),
        () => lost++,
      );
    }
  };
  const [began, used] = [performance.now(), cpu()];
  await Promise.all(Array.from({ length: clients }, work));
  const spent = cpu() - used;
  const took = (performance.now() - began) / 1e3;
  clearInterval(watch);
  await Promise.all(watched);
  agent.destroy();
  const good = answers
    .filter(({ status }) => status === 200)
    .map(({ ms }) => ms)
    .sort((a, b) => a - b);
  const later = held.slice(held.length >> 1);
  return {
    clients,
    perSecond: round(good.length / took),
    /** Processor time of the server for each answer: comparable where other programs hold the cores. */
    cpuMs: round(spent / good.length),
    ms50: round(quantile(good, 0.5)),
    ms99: round(quantile(good, 0.99)),
    answered: good.length,
    refused: answers.filter(({ status }) => status === 429).length,
    otherErrors: answers.filter(({ status }) => status !== 200 && status !== 429).length,
    lost,
    healthMs99: round(
      quantile(
        health.sort((a, b) => a - b),
        0.99,
      ),
    ),
    memoryMB: round(later.reduce((sum, mb) => sum + mb, 0) / later.length, 4),
    /** Largest deviation from the mean over the last half. */
    memorySpread: round(
      Math.max(...later.map((mb) => Math.abs(mb / (later.reduce((a, b) => a + b, 0) / later.length) - 1))),
      2,
    ),
  };
}

/** `fewstep serve` on loopback: one picture for each request, other seeds, classes and strengths each time. */
export async function run({ note, quick, threads }: BenchOptions) {
  const seconds = quick ? 5 : 30;
  const rows = [];
  for (const [batching, args] of [
    ["shared", []],
    ["one at a time", ["--max-batch", "1"]],
  ] as const) {
    const { port, stop, ...meters } = await start([...args], threads);
    await measure(port, 64, 3, meters); // compiles
    for (const clients of batching === "shared" ? CLIENTS : [64]) {
      note(`${batching}, ${clients} clients`);
      rows.push({ batching, ...(await measure(port, clients, seconds, meters)) });
    }
    await stop();
  }
  const alone = rows.find(({ batching }) => batching === "one at a time")!;
  const shared = rows.find(({ batching, clients }) => batching === "shared" && clients === 64)!;
  return {
    machine: machine(),
    load: load(),
    model: MODEL,
    seconds,
    threads,
    gain: round(shared.perSecond / alone.perSecond),
    cpuGain: round(alone.cpuMs / shared.cpuMs),
    rows,
  };
}

export const show = ({ rows, gain, cpuGain }: Awaited<ReturnType<typeof run>>): string =>
  `${table(
    [
      "batches",
      "clients",
      "per s",
      "CPU ms",
      "ms, median",
      "ms, 99 %",
      "answered",
      "429",
      "errors",
      "lost",
      "health ms, 99 %",
      "MB",
      "± MB",
    ],
    rows.map((row) => Object.values(row)),
  )}\nShared batches of 64 clients against one at a time: ${gain} times the throughput, 1/${cpuGain} of the processor time.`;
