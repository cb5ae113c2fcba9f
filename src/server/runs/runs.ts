import { mkdir, readdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "../../io/atomic.js";
import { show } from "../../io/show.js";
import { isWrongUse, WrongUse } from "../../io/wrong-use.js";
import { lockFolder } from "../../train/index.js";
import { HttpError } from "../errors.js";
import type { RunDetail, RunSummary } from "./api.js";
import { CurveReader } from "./curves.js";
import { folderOf, isPlain, requireName } from "./names.js";
import { askToEnd, endAtOnce, type Program, startTraining } from "./process.js";
import { type Job, readJobs, writeJobs } from "./queue-file.js";
import {
  type ImproveRequest,
  improveArguments,
  overridesOf,
  resumeArguments,
  type TrainRequest,
  trainArguments,
} from "./request.js";
import { detailOf, type Holder, holderOf, IMPROVES, summaryOf } from "./status.js";

/** A training as the command line has it: a new one into `out`, or a run to resume. */
export type Asked =
  | (Omit<TrainRequest, "method" | "set"> & { out: string; set: string[] })
  | { resume: string; set: string[] };

export interface RunsOptions {
  /** Folder of the run folders; it is made where there is none. */
  root: string;
  /** What Node is called with to run the command line, such as ["dist/cli/main.js"]. */
  program: Program;
  /** Checks what is asked for, as the command line does. @throws WrongUse, and Error where it cannot be now */
  check(method: string, asked: Asked): Promise<void>;
  /** The same of an improvement of the run in a folder. */
  checkImprovement(folder: string, asked: Omit<ImproveRequest, "name" | "run">): Promise<void>;
  /** Trainings at a time. */
  atOnce: number;
  warn(message: string): void;
}

const conflict = (message: string): HttpError => new HttpError(409, message);

/**
 * The runs of a folder, and a queue of those to come. What there is stands in the folders, so that runs of the command
 * line are among them; the queue is a file. One process at a time keeps the queue of a folder. Trainings are processes
 * of their own, which neither need this one nor end with it.
 */
export class Runs {
  private jobs: Job[] = [];
  private readonly readers = new Map<string, CurveReader>();
  private readonly ending = new Set<string>();
  private working: Promise<unknown> = Promise.resolve();
  private unlock: () => Promise<void> = async () => {};
  private closed = false;

  private constructor(
    private readonly options: RunsOptions,
    /** Without symbolic links. */
    readonly root: string,
  ) {}

  /** @throws RunError where another process keeps this folder's queue */
  static async open(options: RunsOptions): Promise<Runs> {
    await makeFolder(options.root);
    const runs = new Runs(options, await realpath(options.root));
    await mkdir(runs.own(), { recursive: true });
    runs.unlock = await lockFolder(runs.own(), "keeps the queue of trainings");
    runs.jobs = await readJobs(runs.own("queue.json"), options.warn);
    return runs;
  }

  /** Stops starting trainings; those that run go on. */
  async close(): Promise<void> {
    this.closed = true;
    await this.working.catch(() => {});
    await this.unlock();
  }

  /** A file of the studio's own, beside the runs. */
  private own(...parts: string[]): string {
    return join(this.root, ".studio", ...parts);
  }

  /** Runs first, then what waits in its order, then the others, the newest first. */
  async list(): Promise<RunSummary[]> {
    const entries = await readdir(this.root, { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory() && isPlain(entry.name)).map(({ name }) => name);
    const names = [...new Set([...folders, ...this.jobs.map(({ name }) => name)])];
    const details = await Promise.all(names.map((name) => this.look(name)));
    const rank = ({ state }: RunSummary) => (state === "running" ? 0 : state === "queued" ? 1 : 2);
    return details
      .flatMap((detail) => (detail ? [summaryOf(detail)] : []))
      .sort(
        (a, b) =>
          rank(a) - rank(b) || (a.place ?? 0) - (b.place ?? 0) || (b.changed ?? "").localeCompare(a.changed ?? ""),
      );
  }

  /** @throws HttpError 404 */
  async find(name: string): Promise<RunDetail> {
    const detail = await this.look(name);
    if (detail) return detail;
    throw new HttpError(404, `There is no run ${show(name)} here.`);
  }

  /** The folder of a run. @throws HttpError 404 */
  async folder(name: string): Promise<string> {
    const folder = await folderOf(this.root, name);
    if (folder) return folder;
    throw new HttpError(404, `There is no run ${show(name)} here.`);
  }

  /** Null for a folder that holds no run. */
  private async look(name: string): Promise<RunDetail | null> {
    const folder = await folderOf(this.root, name);
    const job = this.job(name);
    if (!folder && !job) return null;
    if (folder && !this.readers.has(name)) this.readers.set(name, new CurveReader(join(folder, "metrics.jsonl")));
    const waiting = this.jobs.filter(({ state }) => state === "queued");
    const at = job ? waiting.indexOf(job) : -1;
    const found = {
      ...{ name, folder, job, place: at < 0 ? null : at + 1 },
      ...{ ending: this.ending.has(name), reader: this.readers.get(name) ?? null, log: this.logOf(name) },
    };
    const detail = await detailOf(found);
    if (detail.state !== "running") this.ending.delete(name);
    return detail.begun || job || detail.state === "running" ? detail : null;
  }

  /** Puts a new run into the queue. @throws WrongUse, HttpError 409 where there is one of that name */
  add(request: TrainRequest): Promise<void> {
    const { name, method } = request;
    return this.alone(async () => {
      await this.requireNew(name);
      const { method: _, set, ...asked } = request;
      await this.check(method, { ...asked, out: join(this.root, name), set: overridesOf(set) });
      await this.save([...this.jobs, { ...newJob(name, method), request }]);
    });
  }

  /** Puts an improvement of a finished run into the queue. @throws WrongUse, HttpError 404, 409 */
  improve(request: ImproveRequest): Promise<void> {
    const { name, run, ...asked } = request;
    return this.alone(async () => {
      await this.requireNew(name);
      await this.checked(this.options.checkImprovement(await this.folder(run), asked));
      await this.save([...this.jobs, { ...newJob(name, IMPROVES), improve: request, request: null }]);
    });
  }

  private async requireNew(name: string): Promise<void> {
    requireName(name);
    const same = (other: string) => other.toLowerCase() === name.toLowerCase();
    if ((await readdir(this.root)).some(same) || this.jobs.some((job) => same(job.name)))
      throw conflict(`There is a run ${show(name)} already. Resume it, or choose another name.`);
  }

  /** Puts a run that was stopped back into the queue. @throws WrongUse, HttpError 404, 409 */
  resume(name: string, set: TrainRequest["set"] = {}): Promise<void> {
    return this.alone(async () => {
      const { state, method, improves, begun, resumable } = await this.find(name);
      if (state !== "interrupted" && state !== "failed") throw conflict(`The run ${show(name)} is ${state} already.`);
      if (!resumable || !method)
        throw conflict(`The run ${show(name)} cannot be resumed: its config.json names no method.`);
      if (improves && Object.keys(set).length > 0)
        throw new WrongUse(`The improvement ${show(name)} goes on as it was begun; its settings cannot be changed.`);
      const job = this.job(name);
      const [request, improve] = begun ? [null, null] : [job?.request ?? null, job?.improve ?? null];
      if (begun && !improves) await this.check(method, { resume: join(this.root, name), set: overridesOf(set) });
      await this.save([...this.jobs.filter((one) => one !== job), { ...newJob(name, method), request, improve, set }]);
    });
  }

  /** Lets a training finish its step, save and end. @throws HttpError 404, 409 */
  pause(name: string): Promise<void> {
    return this.alone(async () => {
      askToEnd((await this.holder(name)).pid);
      this.ending.add(name);
    });
  }

  /** Ends a training at once; its last checkpoint stays. @throws HttpError 404, 409 */
  stop(name: string): Promise<void> {
    return this.alone(async () => {
      const { pid } = await this.holder(name);
      const asked = this.ending.has(name);
      this.ending.add(name);
      await endAtOnce(pid, asked);
    });
  }

  /** Takes out of the queue what waits there, or what ended before there was a run. @throws HttpError 404, 409 */
  remove(name: string): Promise<void> {
    return this.alone(async () => {
      const { state } = await this.find(name);
      const job = this.job(name);
      if (!job || state === "running" || job.state === "started")
        throw conflict(
          `The run ${show(name)} does not wait in the queue, and runs are never deleted here: ` +
            "pause it, or delete its folder yourself.",
        );
      await this.save(this.jobs.filter((one) => one !== job));
    });
  }

  /** Gives a waiting run another place in the queue, from 1. @throws HttpError 404, 409 */
  move(name: string, place: number): Promise<void> {
    return this.alone(async () => {
      if ((await this.find(name)).state !== "queued")
        throw conflict(`The run ${show(name)} does not wait in the queue.`);
      const job = this.job(name)!;
      const waiting = this.jobs.filter((one) => one.state === "queued" && one !== job);
      waiting.splice(Math.min(place, waiting.length + 1) - 1, 0, job);
      await this.save([...this.jobs.filter(({ state }) => state !== "queued"), ...waiting]);
    });
  }

  /** Lets go of jobs that have ended, and starts what waits where there is room. To be called again and again. */
  tend(): Promise<void> {
    return this.alone(async () => {
      if (this.closed || this.jobs.length === 0) return;
      await this.tidy();
      const waits = this.jobs.some(({ state }) => state === "queued");
      if (!waits) return;
      const running = (await this.list()).filter(({ state }) => state === "running").length;
      for (let free = this.options.atOnce - running; free > 0; free--) {
        const next = this.jobs.find(({ state }) => state === "queued");
        if (next) await this.start(next);
      }
    });
  }

  private async tidy(): Promise<void> {
    const kept: Job[] = [];
    for (const job of this.jobs) {
      const folder = await folderOf(this.root, job.name);
      if (job.state !== "started" || (await holderOf(folder, job))) kept.push(job);
      else if (!(await this.look(job.name))?.begun) kept.push({ ...job, state: "ended", process: null });
    }
    if (JSON.stringify(kept) !== JSON.stringify(this.jobs)) await this.save(kept);
  }

  private async start(job: Job): Promise<void> {
    const out = join(this.root, job.name);
    // One that was started by a process that could not note it any more
    if (await holderOf(await folderOf(this.root, job.name), undefined))
      return this.save(this.jobs.filter((one) => one !== job));
    const args = this.argumentsOf(job, out);
    const { identity, child } = await startTraining(this.options.program, args, this.logOf(job.name));
    child.once("exit", () => void this.tend().catch((error: Error) => this.options.warn(error.message)));
    const started: Job = { ...job, state: "started", process: identity };
    await this.save(this.jobs.map((one) => (one === job ? started : one)));
  }

  private argumentsOf({ request, improve, method, set }: Job, out: string): string[] {
    if (request) return trainArguments(request, out);
    if (improve) return improveArguments(improve, join(this.root, improve.run), out);
    return method === IMPROVES ? ["improve", `--resume=${out}`] : resumeArguments(method, set, out);
  }

  private check(method: string, asked: Asked): Promise<void> {
    return this.checked(this.options.check(method, asked));
  }

  private async checked(work: Promise<void>): Promise<void> {
    await work.catch((error: Error) => {
      throw isWrongUse(error) ? error : conflict(error.message);
    });
  }

  private job(name: string): Job | undefined {
    return this.jobs.find((job) => job.name === name);
  }

  private logOf(name: string): string {
    return this.own(`${name}.log`);
  }

  private async save(jobs: Job[]): Promise<void> {
    await writeJobs(this.own("queue.json"), jobs);
    this.jobs = jobs;
  }

  private async holder(name: string): Promise<Holder> {
    const { state } = await this.find(name);
    const holder = await holderOf(await folderOf(this.root, name), this.job(name));
    if (!holder) throw conflict(`The run ${show(name)} does not run; it is ${state}.`);
    if (!holder.known)
      throw conflict(`The run ${show(name)} trains on another machine or in another container; stop it there.`);
    return holder;
  }

  /** One change after the other. */
  private alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.working.catch(() => {}).then(work);
    this.working = result;
    return result;
  }
}

const newJob = (name: string, method: string): Omit<Job, "request"> => ({
  ...{ name, method, improve: null, since: new Date().toISOString(), set: {}, state: "queued", process: null },
});
