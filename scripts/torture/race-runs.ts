import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Random } from "../../src/random/index.js";
import { type CampaignOptions, inFolder, timeLeft } from "./campaign.js";
import { fewstep, type Outcome, told } from "./fewstep.js";
import { microRuns, trainArgs, writeMicroData } from "./micro.js";

/**
 * Two processes start, or resume, in one run's folder at about the same moment: one of them trains, the other one is
 * refused, and the run comes to its end with every step in its log once.
 */
export function raceRuns(
  options: CampaignOptions & { rounds: number },
): Promise<{ rounds: number; failures: string[] }> {
  return inFolder("race", options.log, async (folder) => {
    const { seed, log } = options;
    const random = new Random(seed, "race");
    await writeMicroData(folder);
    const run = microRuns.classifier;
    const failures: string[] = [];
    let rounds = 0;
    for (; rounds < options.rounds && timeLeft(options); rounds++) {
      const out = join(folder, `run-${rounds}`);
      const resume = random.uniform() < 0.5;
      if (resume) await beginning(trainArgs(run, folder, out), folder);
      const args = resume ? ["train", run.method, "--resume", out] : trainArgs(run, folder, out);
      const first = fewstep([...args, "--json"], folder);
      await setTimeout(random.uniform() < 0.5 ? 0 : 1000 * random.uniform());
      const second = fewstep([...args, "--json"], folder);
      const outcomes = [await first.ended, await second.ended];
      const wrong = judge(outcomes, resume) ?? (await ending(run.method, out, folder));
      log(`round ${rounds + 1}, two ${resume ? "resumes" : "starts"}: ${wrong ?? "one trained, one was refused"}`);
      if (wrong === null) rmSync(out, { recursive: true });
      else failures.push(`round ${rounds + 1}, two ${resume ? "resumes" : "starts"}: ${wrong}`);
    }
    return { rounds, failures };
  });
}

/** The beginning of a run: interrupted as soon as it trains. */
async function beginning(args: string[], folder: string): Promise<void> {
  const { child, training, ended } = fewstep(args, folder);
  await Promise.race([training, ended]);
  child.kill("SIGINT");
  const outcome = await ended;
  if (outcome.code !== 0) throw new Error(`A run could not be interrupted: ${told(outcome)}`);
}

/**
 * One is refused, with the other one's process or with the run that is there already; or it came when the other had
 * finished.
 */
function judge(outcomes: readonly Outcome[], resume: boolean): string | null {
  const trained = outcomes.filter(({ code }) => code === 0);
  const refused = outcomes.filter(({ code }) => code !== 0);
  if (trained.length === 2) return resume && late(trained) ? null : "both trained";
  if (trained.length === 0) return `neither trained: ${refused.map(told).join(" / ")}`;
  const said = refused[0].stderr;
  return /process \d+|pid \d+|already holds a run/.test(said) ? null : `refused, but not clearly: ${told(refused[0])}`;
}

/** Whether one of two resumes found the run finished, and had nothing left to train. */
const late = (outcomes: readonly Outcome[]) => outcomes.some(({ stderr }) => !stderr.includes("Resuming at step"));

/** Finishes the run, if it is not, and looks at what the two have left of it. */
async function ending(method: string, out: string, folder: string): Promise<string | null> {
  const outcome = await fewstep(["train", method, "--resume", out, "--json"], folder).ended;
  if (outcome.code !== 0) return `it cannot be resumed afterwards: ${told(outcome)}`;
  const rows = readFileSync(join(out, "metrics.jsonl"), "utf8").trimEnd().split("\n");
  const wrong = rows.findIndex((row, i) => JSON.parse(row).step !== i + 1);
  if (wrong >= 0 || rows.length !== JSON.parse(outcome.stdout).step)
    return `metrics.jsonl has ${rows.length} rows, the run ${JSON.parse(outcome.stdout).step} steps; first wrong row: ${wrong + 1}`;
  const left = readdirSync(out, { recursive: true }).filter((name) => String(name).endsWith(".tmp"));
  return left.length > 0 ? `it left ${left.join(", ")}` : null;
}
