// npm run torture -- kill | fuzz | race: tries to break the command line with real processes. Not part of the tests.
import { parseArgs } from "node:util";

const usage = `npm run torture -- <campaign> [--seconds N] [--count N] [--seed S]
  kill   trainings of every method, killed at random moments and resumed, against undisturbed ones (200 kills)
         [--threads N] [names of runs, such as drifting or discrete-text]
  fuzz   configurations and command lines that nobody would write (10000 of each) [configs | commands]
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

type Found = { tried: string; failures: string[] };
const chosen = (known: readonly string[]) => {
  const wrong = names.find((name) => !known.includes(name));
  if (wrong !== undefined) fail(`There is no "${wrong}"; choose of ${known.join(", ")}.`);
  return names.length > 0 ? names : known;
};

const campaigns: Record<string, () => AsyncGenerator<Found>> = {
  async *kill() {
    const [{ kill }, { microRuns }] = [await import("./kill.js"), await import("./micro.js")];
    const runs = chosen(Object.keys(microRuns));
    const { tried, failures } = await kill({ ...options, count: count ?? 200, threads: whole("threads"), runs });
    yield { tried: `${tried} kills`, failures };
  },
  async *fuzz() {
    const parts = chosen(["configs", "commands"]);
    if (parts.includes("configs")) {
      const { fuzzConfigs } = await import("./fuzz-configs.js");
      const { tried, failures } = await fuzzConfigs({ ...options, count: count ?? 10_000 });
      yield { tried: `${tried} configurations`, failures };
    }
    if (parts.includes("commands")) {
      const { fuzzCommands } = await import("./fuzz-commands.js");
      const { tried, failures } = await fuzzCommands({ ...options, count: count ?? 10_000 });
      yield { tried: `${tried} command lines`, failures };
    }
  },
  async *race() {
    const parts = chosen(["runs", "data"]);
    if (parts.includes("runs")) {
      const { raceRuns } = await import("./race-runs.js");
      const { rounds, failures } = await raceRuns({ ...options, rounds: count ?? 50 });
      yield { tried: `${rounds} races for a run's folder`, failures };
    }
    if (parts.includes("data")) {
      const { raceData } = await import("./race-data.js");
      const { rounds, failures } = await raceData({ ...options, rounds: count ?? 50 });
      yield { tried: `${rounds} races for a data set`, failures };
    }
  },
};

if (values.help) console.log(usage);
else {
  if (!campaign || !Object.hasOwn(campaigns, campaign))
    fail(campaign ? `There is no campaign "${campaign}".` : "Which campaign?");
  console.log(`seed ${options.seed}`);
  for await (const { tried, failures } of campaigns[campaign]()) {
    for (const failure of failures) console.log(`FAILED: ${failure}`);
    console.log(`${tried}, ${failures.length} failures`);
    if (failures.length > 0) process.exitCode = 1;
  }
}
