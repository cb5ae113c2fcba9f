// npm run torture -- kill | fuzz | race: tries to break the command line with real processes. Not part of the tests.
import { parseArgs } from "node:util";
import { microRuns } from "./micro.js";

const usage = `npm run torture -- <campaign> [--seconds N] [--count N] [--seed S]
  kill   trainings of every method, killed at random moments and resumed, against undisturbed ones (200 kills)
         [--threads N] [names of runs, such as drifting or discrete-text]
  fuzz   configurations, command lines and requests that nobody would write (10000 of each) [configs | commands | server]
  race   two processes in one run's folder, two first fetches of one data set (50 rounds of each) [runs | data]
--seconds: begin nothing new after so long (default 3600). --seed: the choices; printed, so that a failure can be had again.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "3600" },
    count: { type: "string" },
    seed: { type: "string" },
    threads: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});

function fail(message: string): never {
  console.error(`${message}\n${usage}`);
  process.exit(2);
}

function whole(option: "seconds" | "count" | "seed" | "threads"): number | undefined {
  if (values[option] === undefined) return undefined;
  const value = Number(values[option]);
  if (!Number.isSafeInteger(value) || value < (option === "seed" ? 0 : 1))
    fail(`--${option} must be a whole number, got "${values[option]}".`);
  return value;
}

const [campaign, ...names] = positionals;
const count = whole("count");
const options = {
  seed: whole("seed") ?? Math.floor(Math.random() * 2 ** 32),
  until: Date.now() + 1000 * whole("seconds")!,
  log: (line: string) => console.log(line),
};

/** A part of a campaign: the file and the function that run it, how often by default, and what it counts. */
type Part = [name: string, file: string, run: string, count: number, what: string];
const campaigns: Record<string, Part[]> = {
  kill: [["kill", "kill", "kill", 200, "kills"]],
  fuzz: [
    ["configs", "fuzz-configs", "fuzzConfigs", 10_000, "configurations"],
    ["commands", "fuzz-commands", "fuzzCommands", 10_000, "command lines"],
    ["server", "server", "fuzzServer", 10_000, "requests"],
  ],
  race: [
    ["runs", "race-runs", "raceRuns", 50, "races for a run's folder"],
    ["data", "race-data", "raceData", 50, "races for a data set"],
  ],
};

async function runPart([, file, run, often, what]: Part, runs?: readonly string[]): Promise<void> {
  const module = await import(new URL(`./${file}.ts`, import.meta.url).href);
  const times = count ?? often;
  const found: { tried?: number; rounds?: number; failures: string[] } = await module[run]({
    ...options,
    count: times,
    rounds: times,
    threads: whole("threads"),
    runs,
  });
  for (const failure of found.failures) console.log(`FAILED: ${failure}`);
  console.log(`${found.tried ?? found.rounds} ${what}, ${found.failures.length} failures`);
  if (found.failures.length > 0) process.exitCode = 1;
}

if (values.help) console.log(usage);
else {
  if (!campaign || !Object.hasOwn(campaigns, campaign))
    fail(campaign ? `There is no campaign "${campaign}".` : "Which campaign?");
  const parts = campaigns[campaign];
  const known = campaign === "kill" ? Object.keys(microRuns) : parts.map(([name]) => name);
  const wrong = names.find((name) => !known.includes(name));
  if (wrong !== undefined) fail(`There is no "${wrong}"; choose of ${known.join(", ")}.`);
  console.log(`seed ${options.seed}`);
  if (campaign === "kill") await runPart(parts[0], names.length > 0 ? names : undefined);
  else for (const part of parts) if (names.length === 0 || names.includes(part[0])) await runPart(part);
}
