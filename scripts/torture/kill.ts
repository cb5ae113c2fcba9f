import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, watch } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Random } from "../../src/random/index.js";
import { type CampaignOptions, inFolder, timeLeft } from "./campaign.js";
import { fewstep, type Outcome, type Running, told } from "./fewstep.js";
import { type MicroRun, microRuns, trainArgs, writeMicroData } from "./micro.js";

export interface KillOptions extends CampaignOptions {
  /** Kills in total. */
  count: number;
  /** Threads of the runtime; default the machine's. */
  threads?: number;
  /** Names of `microRuns`; default all. */
  runs?: readonly string[];
}

/** How a process is ended: the signals, and the milliseconds at most between them. */
const ways: [name: string, signals: NodeJS.Signals[], within: number][] = [
  ["SIGKILL", ["SIGKILL"], 0],
  ["SIGKILL while it writes", ["SIGKILL"], 0],
  ["SIGINT", ["SIGINT"], 0],
  ["SIGTERM", ["SIGTERM"], 0],
  ["SIGHUP", ["SIGHUP"], 0],
  ["SIGTERM, then SIGKILL while it saves", ["SIGTERM", "SIGKILL"], 60],
  ["SIGINT twice", ["SIGINT", "SIGINT"], 60],
];

/** A run is left in peace after so many kills, so that it comes to its end. */
const KILLS_PER_RUN = 8;

/**
 * Trains every method in processes of its own, kills each at random moments, resumes it until it has finished and
 * compares weights and metrics, bit for bit, with those of a run that nobody disturbed.
 */
export function kill(options: KillOptions): Promise<{ tried: number; failures: string[] }> {
  return inFolder("kill", options.log, async (folder) => {
    const { count, seed, log, threads, runs = Object.keys(microRuns) } = options;
    const random = new Random(seed, "kill");
    await writeMicroData(folder);
    const common = ["--json", ...(threads === undefined ? [] : ["--threads", String(threads)])];
    const references = new Map<string, Reference>();
    const failures: string[] = [];
    let kills = 0;
    for (let round = 0; kills < count && timeLeft(options); round++) {
      const name = runs[round % runs.length];
      const run = microRuns[name];
      let reference = references.get(name);
      if (!reference) {
        const out = join(folder, `${name}-undisturbed`);
        const outcome = await fewstep([...trainArgs(run, folder, out), ...common], folder).ended;
        if (outcome.code !== 0) throw new Error(`${name} does not train even undisturbed: ${told(outcome)}`);
        reference = { ...endOf(out), seconds: outcome.seconds, training: JSON.parse(outcome.stdout).seconds };
        references.set(name, reference);
        log(`${name}: ${reference.rows.length} steps in ${outcome.seconds.toFixed(1)} s undisturbed`);
      }
      const out = join(folder, `${name}-${round}`);
      const most = Math.min(KILLS_PER_RUN, count - kills);
      const result = await underFire({ run, out, folder, common, random, most, reference });
      kills += result.kills.length;
      const wrong = result.wrong ?? difference(reference, endOf(out));
      log(`${name}: ${result.kills.length} kills (${result.kills.join(", ")}): ${wrong ?? "the same end"}`);
      if (wrong === null) rmSync(out, { recursive: true });
      else failures.push(`${name}, round ${round}: ${wrong}`);
    }
    return { tried: kills, failures };
  });
}

interface Fire {
  run: MicroRun;
  out: string;
  folder: string;
  common: string[];
  random: Random;
  most: number;
  reference: Reference;
}

/** Trains to the end with up to `most` kills; `wrong` says what went wrong on the way. */
async function underFire({ run, out, folder, common, random, most, reference }: Fire) {
  const kills: string[] = [];
  for (let quiet = 0; quiet < 2; ) {
    const begun = existsSync(join(out, "config.json"));
    const args = begun ? ["train", run.method, "--resume", out] : trainArgs(run, folder, out);
    const running = fewstep([...args, ...common], folder);
    const way = ways[random.integer(ways.length)];
    const shot = kills.length < most ? shoot(running, way, out, reference, random) : null;
    const outcome = await running.ended;
    const fired = await shot;
    if (fired) kills.push(way[0]);
    else quiet++;
    const wrong = judge(outcome, fired, out);
    if (wrong) return { kills, wrong: `after ${kills.join(", ")}: ${wrong}` };
    if (outcome.code === 0 && JSON.parse(outcome.stdout).status === "finished") return { kills, wrong: null };
  }
  return { kills, wrong: "it did not finish, although nobody disturbed it" };
}

interface Fired {
  signals: NodeJS.Signals[];
  /** Whether training was under way, so that a polite signal must save. */
  trained: boolean;
  /** Steps in metrics.jsonl when the first signal was sent. */
  rows: number;
}

/** Ends the process at a random moment; null where it had ended by itself. */
async function shoot(
  { child, training, ended }: Running,
  [name, signals, within]: (typeof ways)[number],
  out: string,
  reference: Reference,
  random: Random,
): Promise<Fired | null> {
  const [anywhere, moment, between] = [random.uniform() < 0.3, random.uniform(), random.uniform()];
  let trained = false;
  const started = training.then(() => {
    trained = true;
  });
  if (anywhere) await Promise.race([setTimeout(1000 * reference.seconds * moment), ended]);
  else {
    await Promise.race([started, ended]);
    const wait = name.endsWith("writes") ? writes(out, moment) : setTimeout(300 * reference.training * moment);
    await Promise.race([wait, ended]);
  }
  if (child.exitCode !== null || child.signalCode !== null) return null;
  const fired = { signals, trained, rows: rowsOf(out).length };
  for (const [i, signal] of signals.entries()) {
    if (i > 0) await setTimeout(within * between);
    child.kill(signal);
  }
  return fired;
}

/** Resolves in the middle of a write of a checkpoint or the model: of the next one, or of a later one. */
function writes(out: string, moment: number): Promise<void> {
  let skip = Math.floor(3 * moment);
  return new Promise((done) => {
    for (const folder of ["checkpoints", "model"]) {
      mkdirSync(join(out, folder), { recursive: true });
      const watcher = watch(join(out, folder), { persistent: false }, (event, file) => {
        // A temporary file is renamed twice: when it appears and when it gets its name
        if (event !== "rename" || !file?.endsWith(".tmp") || skip-- > 0) return;
        watcher.close();
        done();
      });
    }
  });
}

/** What is wrong with how a process ended; null where nothing is. */
function judge(outcome: Outcome, fired: Fired | null, out: string): string | null {
  const { code, signal } = outcome;
  if (!fired) return code === 0 ? null : told(outcome);
  const { signals, trained, rows } = fired;
  if (signal === "SIGKILL" && signals.includes("SIGKILL")) return null;
  if (signals.length === 2 && (code === 130 || signal === "SIGINT")) return null; // the second one, at once or too late
  if (signal !== null && signals.includes(signal) && !trained) return null; // before the process listens
  // After its work is done a process no longer listens; that nothing is missing is seen when the run is resumed
  if (signal !== null && signals.includes(signal) && existsSync(join(out, "model", "config.json"))) return null;
  if (code !== 0) return told(outcome);
  const kept = rowsOf(out).length;
  return kept < rows ? `${signals[0]} lost ${rows - kept} of ${rows} steps` : null;
}

interface End {
  weights: string;
  rows: string[];
}

/** An undisturbed run: how it ends, how long the process takes, and its training alone. */
interface Reference extends End {
  seconds: number;
  training: number;
}

const endOf = (out: string): End => ({
  weights: createHash("sha256")
    .update(readFileSync(join(out, "model", "model.safetensors")))
    .digest("hex"),
  rows: rowsOf(out),
});

/** The rows of metrics.jsonl without the times, in which runs may differ. */
function rowsOf(out: string): string[] {
  const path = join(out, "metrics.jsonl");
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => {
    const { seconds: _, imagesPerSecond: __, ...row } = JSON.parse(line);
    return JSON.stringify(row);
  });
}

function difference(expected: End, found: End): string | null {
  const at = expected.rows.findIndex((row, i) => row !== found.rows[i]);
  if (at >= 0) return `metrics.jsonl differs at row ${at + 1}: ${found.rows[at]} instead of ${expected.rows[at]}`;
  if (found.rows.length > expected.rows.length) return `metrics.jsonl has ${found.rows.length} rows, too many`;
  return found.weights === expected.weights ? null : "the weights differ, the metrics do not";
}
