import { type ChildProcess, fork } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { program } from "../../src/cli/program.js";
import { Random } from "../../src/random/index.js";
import { type CampaignOptions, inFolder, timeLeft } from "./campaign.js";
import { commandLines, type Places } from "./command-lines.js";
import type { Answer } from "./commands-child.js";
import { fewstep, told } from "./fewstep.js";
import { microRuns, trainArgs, writeMicroData } from "./micro.js";

const repository = resolve(import.meta.dirname, "../..");
const HANG = 120_000;
/** A process is renewed after so many lines, so that nothing piles up. */
const LINES_PER_PROCESS = 250;

/**
 * Runs random command lines; a failure is one that ends in an error of the program's inside, hangs, or writes
 * elsewhere.
 */
export function fuzzCommands(options: CampaignOptions & { count: number }) {
  return inFolder("fuzz", options.log, async (folder) => {
    const { count, seed, log } = options;
    const box = join(folder, "box");
    const before = readdirSync(repository).sort().join();
    const lines = commandLines(program, await prepare(box, log), new Random(seed, "command lines"));
    const failures: string[] = [];
    const codes: Record<number, number> = {};
    let tried = 0;
    const work = async () => {
      const runner = new Runner(box);
      while (tried < count && timeLeft(options)) {
        tried++;
        const args: string[] = lines.next().value;
        const { code, said } = await runner.run(args);
        codes[code] = (codes[code] ?? 0) + 1;
        const wrong = judge(code, said);
        if (wrong) failures.push(`fewstep ${args.map(quoted).join(" ")}\n  ${wrong}`);
        if (wrong) log(failures.at(-1)!);
        if (tried % 200 === 0) log(`${tried} command lines, exit codes ${JSON.stringify(codes)}`);
      }
      runner.stop();
    };
    await Promise.all(Array.from({ length: availableParallelism() }, work));
    const after = readdirSync(repository).sort().join();
    const stray = readdirSync(folder).filter((name) => name !== "box");
    if (after !== before || stray.length > 0) failures.push(`Files outside the folder: ${after}, ${stray}`);
    return { tried, failures };
  });
}

const quoted = (text: string) => (/^[\w./=,-]+$/.test(text) ? text : JSON.stringify(text.slice(0, 200)));

const inner = new RegExp(
  [
    /\b(TypeError|RangeError|ReferenceError|AssertionError|ZodError|CommanderError)\b(?!: fetch failed)/,
    /Cannot (read|set|destructure|convert) |is not (a function|iterable|defined|a constructor)|Invalid (typed )?array length/,
    /Array buffer allocation|"code": "\w+"|Non-zero status code|Napi|OrtException|ONNXRuntimeError|uncaughtException|unhandledRejection|Thrown:/,
    /\[object \w+\](?!"| )|^fewstep: E[A-Z]+: /,
  ]
    .map(({ source }) => source)
    .join("|"),
);

/** Why an outcome is a failure; null where it is none. */
function judge(code: number, said: string): string | null {
  const found = inner.exec(said);
  if (found) return `an inner error: ${said.slice(Math.max(0, found.index - 300), found.index + 700)}`;
  if (![0, 1, 2].includes(code)) return `exit code ${code}: ${said.slice(-500)}`;
  return code !== 0 && said.trim() === "" ? `exit code ${code}, and not a word` : null;
}

/** Trains a tiny model of every kind, and lays out good and bad places beside them. */
async function prepare(box: string, log: CampaignOptions["log"]): Promise<Places> {
  mkdirSync(box);
  await writeMicroData(box);
  const names = Object.keys(microRuns);
  for (const name of names) {
    const outcome = await fewstep(trainArgs(microRuns[name], box, name), box).ended;
    if (outcome.code !== 0) throw new Error(`${name} does not train: ${told(outcome)}`);
    log(`trained ${name} in ${outcome.seconds.toFixed(1)} s`);
  }
  cpSync(join(box, "drifting", "model"), join(box, "broken"), { recursive: true });
  writeFileSync(join(box, "broken", "model.safetensors"), "no weights");
  cpSync(join(box, "drifting", "model"), join(box, "headless"), { recursive: true });
  writeFileSync(join(box, "headless", "config.json"), "{");
  mkdirSync(join(box, "empty"));
  writeFileSync(join(box, "short.txt"), "ab");
  writeFileSync(join(box, "latin1.txt"), Buffer.from("caf\xe9 ".repeat(1000), "latin1"));
  writeFileSync(join(box, "nothing.png"), "");
  writeFileSync(join(box, "sealed"), "", { mode: 0 });
  const picture = (i: number) => `pictures/${i % 2 ? "below" : "above"}/${i}.png`;
  return {
    models: [...names, ...names, "broken", "headless", "nobody", "classifier-mnist", "http://127.0.0.1:9/model"],
    data: ["pictures", "pictures", "text.txt", "text.txt", "fashion-mnist", "kjv", "short.txt", "latin1.txt", "empty"],
    pictures: [...[0, 1, 2, 3, 4, 5].map(picture), "nothing.png", "pictures/test/0", "fashion-mnist/test/3"],
    bad: ["nowhere", "nowhere/x", "empty", "text.txt", "text.txt/x", "sealed", "/proc/nothing/x", "pictures"],
  };
}

/** A process that runs command lines one after the other. */
class Runner {
  private child: ChildProcess | null = null;
  private lines = 0;

  constructor(private readonly box: string) {}

  async run(args: string[]): Promise<Answer> {
    if (this.lines++ % LINES_PER_PROCESS === 0) this.stop();
    const child = (this.child ??= await this.start());
    return new Promise((done) => {
      const finish = (answer: Answer) => {
        clearTimeout(watchdog);
        child.off("message", finish).off("exit", ended);
        done(answer);
      };
      const lost = (said: string) => {
        this.stop();
        finish({ code: -1, said });
      };
      const ended = (code: number | null, signal: string | null) =>
        lost(`The process ended: ${signal ?? `exit code ${code}`}`);
      const watchdog = setTimeout(() => lost(`It hung for ${HANG / 1000} s.`), HANG);
      child.once("message", finish).once("exit", ended);
      child.send(args);
    });
  }

  stop(): void {
    this.child?.kill("SIGKILL");
    this.child = null;
  }

  private start(): Promise<ChildProcess> {
    const child = fork(join(import.meta.dirname, "commands-child.ts"), [join(repository, "dist/cli/program.js")], {
      cwd: this.box,
      execArgv: ["--import", import.meta.resolve("tsx")],
      // Without PATH no other program is started (npm would fetch)
      env: { FEWSTEP_CACHE: join(this.box, "cache"), FEWSTEP_DEBUG: "1", HOME: this.box, PATH: "" },
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    return new Promise((done, failed) => {
      const ended = () => failed(new Error("The process that runs command lines does not start."));
      child.once("exit", ended).once("message", () => {
        child.off("exit", ended);
        done(child);
      });
    });
  }
}
