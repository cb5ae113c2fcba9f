import { type ChildProcess, fork } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { imageShelf } from "../../src/data/cached-images.js";
import { getPinned } from "../../src/data/get.js";
import { Random } from "../../src/random/index.js";
import { type RaceOutcome, type RaceTask, raceBytes, raceDataset } from "./race-data-child.js";

export interface RaceOptions {
  rounds: number;
  seed: number;
  log(line: string): void;
}

/** What a round is like. */
interface Round {
  /** Whether the data set is in the cache already; then both fetch it again, by force. */
  cached: boolean;
  /** Whether the first process is killed this many milliseconds after its start. */
  killAfter: number | null;
  etag: boolean;
  ranges: boolean;
  /** Bytes after which a connection breaks. */
  breakAfter: number;
}

/**
 * Two processes fetch one data set into one cache, over and over: for the first time or again by force, from a server
 * that breaks connections, knows ranges or not, and with one of them killed at any moment. Both must deliver the right
 * content, a set that is cached must be whole and readable at every moment, and nothing may be left behind.
 */
export async function raceData({ rounds, seed, log }: RaceOptions): Promise<{ rounds: number; failures: string[] }> {
  const random = new Random(seed, "race-data");
  const body = Uint8Array.from({ length: raceBytes }, (_, i) => (i * 7919) % 251);
  const home = await mkdtemp(join(tmpdir(), "race-data-"));
  const file = join(home, "body.bin");
  await writeFile(file, body);
  const failures: string[] = [];
  const server = await serve(body);
  const racers = [new Racer(), new Racer()];
  try {
    for (let index = 0; index < rounds; index++) {
      const round: Round = {
        cached: random.uniform() < 0.5,
        killAfter: random.uniform() < 0.2 ? random.uniform() * 120 : null,
        etag: random.uniform() < 0.5,
        ranges: random.uniform() < 0.7,
        breakAfter: random.uniform() < 0.3 ? 500_000 : Number.POSITIVE_INFINITY,
      };
      if (!round.ranges) round.breakAfter = Number.POSITIVE_INFINITY;
      server.round = round;
      const cache = join(home, String(index));
      const found = await play(round, { url: server.url, body: file, cache, force: round.cached }, body, racers);
      await rm(cache, { recursive: true, force: true });
      if (found.length > 0) failures.push(...found.map((what) => `round ${index} ${JSON.stringify(round)}: ${what}`));
      if ((index + 1) % 50 === 0) log(`race data: ${index + 1} of ${rounds} rounds, ${failures.length} failures`);
    }
  } finally {
    for (const racer of racers) racer.stop();
    server.close();
    await rm(home, { recursive: true, force: true });
  }
  return { rounds, failures };
}

/** One round; returns what went wrong. */
async function play(round: Round, task: RaceTask, body: Uint8Array, racers: Racer[]): Promise<string[]> {
  const pinned = raceDataset(task.url, body);
  const wrong: string[] = [];
  if (round.cached) await getPinned("race", pinned, { cache: task.cache });
  let cached = round.cached;
  const read = async () => {
    try {
      const found = await imageShelf.read(task.cache, "race", pinned);
      if (cached && !found) wrong.push("the cached set is away");
      cached ||= found !== undefined;
    } catch (error) {
      wrong.push(`the cached set could not be read: ${(error as Error).message}`);
    }
  };

  let running = true;
  const ends = Promise.all(racers.map((racer) => racer.get(task))).finally(() => {
    running = false;
  });
  const killing = round.killAfter === null ? undefined : sleep(round.killAfter).then(() => racers[0].kill());
  while (running) await read().then(() => sleep(2));
  await killing;
  (await ends).forEach((outcome, i) => {
    if (outcome !== null && outcome !== KILLED) wrong.push(`process ${i}: ${outcome}`);
  });
  cached = true;
  await read();
  if (round.killAfter !== null) {
    const outcome = await racers[0].get({ ...task, force: true });
    if (outcome !== null) wrong.push(`after a kill: ${outcome}`);
  }
  const left = await readdir(join(task.cache, "downloads", "race")).catch(() => []);
  if (left.length > 0) wrong.push(`left behind: ${left.join(", ")}`);
  const others = (await readdir(task.cache)).filter((name) => name !== "race" && name !== "downloads");
  if (others.length > 0) wrong.push(`left behind: ${others.join(", ")}`);
  return wrong;
}

const KILLED = "killed";

/** A process that fetches. One that was killed is started anew when it is needed. */
class Racer {
  private child: ChildProcess | undefined;

  get(task: RaceTask): Promise<RaceOutcome> {
    const child = (this.child ??= fork(resolve(import.meta.dirname, "race-data-child.ts"), {
      execArgv: ["--import", "tsx"],
      cwd: resolve(import.meta.dirname, "../.."),
    }));
    return new Promise((done) => {
      const settle = (outcome: RaceOutcome) => {
        child.off("message", settle).off("exit", killed);
        done(outcome);
      };
      const killed = () => settle(KILLED);
      child.on("message", settle).on("exit", killed);
      child.send(task);
    });
  }

  kill(): void {
    this.child?.kill("SIGKILL");
    this.child = undefined;
  }

  stop(): void {
    this.child?.disconnect();
  }
}

/** A server on this machine that sends `body` in small pieces, as `round` says. */
async function serve(body: Uint8Array) {
  const state = { round: undefined as Round | undefined, url: "", close: () => {} };
  const server = createServer(async (request, response) => {
    const { etag, ranges, breakAfter } = state.round!;
    const asked = ranges ? Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0) : 0;
    if (asked >= body.length) return response.writeHead(416, { "content-range": `bytes */${body.length}` }).end();
    const headers: Record<string, string | number> = { "content-length": body.length - asked };
    if (etag) headers.etag = '"race"';
    if (asked > 0) headers["content-range"] = `bytes ${asked}-${body.length - 1}/${body.length}`;
    response.writeHead(asked > 0 ? 206 : 200, headers);
    const end = Math.min(body.length, asked + breakAfter);
    for (let at = asked; at < end && !response.destroyed; at += 65_536) {
      response.write(body.subarray(at, Math.min(at + 65_536, end)));
      await sleep(1);
    }
    if (end < body.length) response.destroy();
    else response.end();
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  state.close = () => server.close().closeAllConnections();
  return state;
}
