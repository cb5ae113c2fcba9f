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

/** Runs random command lines; a failure is one that ends in an error of the program's inside, hangs, or writes elsewhere. */
export function fuzzCommands(options: CampaignOptions & { count: number }) {
  return inFolder("fuzz", options.log, async (folder) => {
    const { count, seed, log } = options;
    const box = join(folder, "box");
    const before = readdirSync(repository).sort().join();
    const lines = commandLines(program, await prepare(box, log), new Random(seed, "command lines"));
    const failures: string[] = [];const hist:any={};const okd:string[]=[];
    const codes: Record<number, number> = {};
    let tried = 0;
    const work = async () => {
      const runner = new Runner(box);
      while (tried < count && timeLeft(options)) {
        tried++;
        const args: string[] = lines.next().value;
        const { code, said } = await runner.run(args);
        codes[code] = (codes[code] ?? 0) + 1;
        const wrong = judge(code, said);if(code){const k=(said.match(/(error|fewstep): .*/)??[said])[0].slice(0,60)+" | "+args.slice(0,2).join(" ").slice(0,20);hist[k]=(hist[k]??0)+1}else okd.push(args.join(" ").slice(0,100));
        if (wrong) failures.push(`fewstep ${args.map(quoted).join(" ")}\n  ${wrong}`);
        if (wrong) log(failures.at(-1)!);
        if (tried % 200 === 0) log(`${tried} command lines, exit codes ${JSON.stringify(codes)}`);
      }
      runner.stop();
    };
    await Promise.all(Array.from({ length: availableParallelism() }, work));
    log(Object.entries(hist).sort((a:any,b:any)=>b[1]-a[1]).slice(0,60).map(String).join('\n'));log('OK '+okd.join('\nOK '));
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

const names = Object.keys(microRuns);
/** Trains a tiny model of every kind, and lays out good and bad places beside them. */
async function prepare(box: string, log: CampaignOptions["log"]): Promise<Places> {
  if (process.env.DEVBOX) cpSync(process.env.DEVBOX, box, { recursive: true });
  else {
    mkdirSync(box);
    await writeMicroData(box);
    for (const name of names) {
      const outcome = await fewstep(trainArgs(microRuns[name], box, name), box).ended;
      if (outcome.code !== 0) throw new Error(`${name} does not train: ${told(outcome)}`);
      log(`trained ${name} in ${outcome.seconds.toFixed(1)} s`);
    }
  }
  cpSync(join(box, "drifting", "model"), join(box, "broken"), { recursive: true });
  writeFileSync(join(box, "broken", "model.safetensors"), "no weights");
  cpSync(join(box, "drifting", "model"), join(box, "headless"), { recursive: true });
  writeFileSync(join(box, "headless", "config.json"), "{");
  mkdirSync(join(box, "empty"), { recursive: true });
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
        child.removeAllListeners();
        done(answer);
      };
      const lost = (code: number, said: string) => {
        this.child = null;
        child.kill("SIGKILL");
        finish({ code, said });
      };
      const watchdog = setTimeout(() => lost(-1, `It hung for ${HANG / 1000} s.`), HANG);
      child.once("message", (answer) => finish(answer as Answer));
      child.once("exit", (code, signal) => lost(-1, `The process ended: ${signal ?? `exit code ${code}`}`));
      child.send(args);
    });
  }

  stop(): void {
    this.child?.removeAllListeners();
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
      child.once("message", () => done(child));
      child.once("exit", (code) => failed(new Error(`The process that runs command lines ended: exit code ${code}.`)));
    });
  }
}
