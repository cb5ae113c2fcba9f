import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Origin } from "../../data/origin.js";
import { makeFolder, writeFileAtomic } from "../../io/atomic.js";
import { valueAt } from "../../io/faults.js";
import { htmlPage } from "../../io/html.js";
import { many } from "../../io/show.js";
import type { Reinforced } from "../../methods/vision-language/index.js";
import { readModel, writeModel } from "../../models/files.js";
import type { Method } from "../../models/method.js";
import type { RunConfig } from "../../recipes/recipe.js";
import type { DeviceName } from "../../runtime/index.js";
import type { ProgressEvent } from "../../train/index.js";
import { verdict } from "./gate.js";
import { TABLE_STYLE } from "./report.js";
import type { Improvement, Learnt, Round } from "./state.js";
import type { Lessons, Target } from "./target.js";

export interface ImproveContext<D = unknown> {
  out: string;
  /** What is improved: `imageTarget`, `motionTarget` or `answerTarget`. */
  target: Target<D>;
  /** How the data are found and read again. */
  source: Origin;
  resume?: boolean;
  threads?: number;
  device?: DeviceName | "auto";
  signal?: AbortSignal;
  /** Told of the training. */
  onProgress?(event: ProgressEvent): void;
  /** Told what is done and found, in sentences. */
  say?(message: string): void;
}

/** The rounds of an improvement: each diagnoses, mixes, trains on and decides. */
export class Rounds<D> {
  constructor(
    private readonly state: Improvement,
    private readonly method: Method,
    private readonly config: RunConfig,
    private readonly context: ImproveContext<D>,
  ) {}

  private say(message: string): void {
    this.context.say?.(message);
  }

  private sayEnded(whose: string, { reinforced }: Learnt): void {
    if (!reinforced?.ended) return;
    this.say(`Learning by reward ${whose}ended after ${many(reinforced.steps, "step")}: ${reinforced.ended}.`);
  }

  /** One round; false where it was stopped. */
  async next(): Promise<boolean> {
    const { state, context } = this;
    const round = state.rounds.length + 1;
    const folder = join(resolve(context.out), `round-${round}`);
    const began = performance.now() - 1000 * (state.elapsed ?? 0);
    const elapsed = () => Math.round((performance.now() - began) / 1000);
    try {
      return await this.through(round, folder, elapsed);
    } finally {
      if (state.rounds.length < round) state.elapsed = elapsed();
      else delete state.elapsed;
    }
  }

  private async through(round: number, folder: string, elapsed: () => number): Promise<boolean> {
    const { state } = this;
    const { target } = this.context;
    const { plan, best } = state;
    this.say(`Round ${round} of ${plan.rounds}: diagnosis of ${best} …`);
    const found = await target.steer(best, round);
    await this.tell(found, folder, round);
    const shares = target.shares(found, (name) => isStuck(state.rounds, name));
    const targets = target.targets(found);
    const worst = shares.slice(0, 3).map(({ name, times }) => `${name} (now ${times.toFixed(2)} times its share)`);
    this.say(`Worst: ${worst.join(", ")}.`);
    const candidate = join(folder, "training");
    const lessons = await target.lessons({ found, shares });
    if (!(await this.train(candidate, lessons, round))) return false;
    const plain = plan.control ? { run: join(folder, "control"), lessons: await target.lessons() } : null;
    if (plain && !(await this.train(plain.run, plain.lessons, round))) return false;

    const held = (run: string) => target.hold(run, { round }, found);
    const before = await held(best);
    const comparison = target.compare(before, await held(candidate), targets);
    const learnt = await this.learnt(candidate, lessons);
    const control = plain && {
      ...target.compare(before, await held(plain.run), targets),
      ...(await this.learnt(plain.run, plain.lessons)),
    };
    const { kept, why } = verdict(comparison);
    this.say(`Round ${round} is ${kept ? "kept" : "not kept"}: ${why}.`);
    const seconds = elapsed();
    const scores = target.groups(found);
    const groups = shares.map((share, i) => ({ ...share, score: scores[i].score.value }));
    this.sayEnded("", learnt);
    if (control) this.sayEnded("of the control ", control);
    state.rounds.push({
      ...{ round, from: best, targets, groups, ...learnt, seconds },
      ...{ comparison, control, kept, why },
    });
    if (kept) state.best = candidate;
    state.ended = endOf(state);
    return true;
  }

  /** Writes the result's model, and looks at it beside the beginning by probes that no round has seen. */
  async finish(): Promise<void> {
    const { state, method } = this;
    const { out, target } = this.context;
    const kept = state.rounds.find((round) => round.kept);
    const beginning = resolve(state.plan.run);
    await writeModel(join(out, "model"), await readModel(state.best, () => method.architecture));
    if (!kept || state.final) return;
    const found = await target.steer(beginning, 0);
    const held = (run: string) => target.hold(run, "last", found);
    state.final = target.compare(await held(beginning), await held(state.best), state.rounds[0].targets);
  }

  /** Writes what was found into the round's folder. */
  private async tell(found: D, folder: string, round: number): Promise<void> {
    const { json, html } = await this.context.target.told(found, this.state.best);
    await makeFolder(folder);
    const page = join(folder, "diagnosis.html");
    await writeFileAtomic(join(folder, "diagnosis.json"), `${JSON.stringify(json, null, 2)}\n`);
    await writeFileAtomic(page, htmlPage(`Round ${round}: what was found`, { style: TABLE_STYLE, body: html }));
    this.say(`Diagnosis: ${page}`);
  }

  /** Trains on from the best run, or goes on with that; false where it was stopped. */
  private async train(out: string, lessons: readonly Lessons[], round: number): Promise<boolean> {
    let from = this.state.best;
    for (const [i, lesson] of lessons.entries()) {
      const folder = i === lessons.length - 1 ? out : `${out}-${i + 1}`; // the last one is what the round has made
      if (!(await this.trainOnce(folder, { from, ...lesson }, round))) return false;
      from = folder;
    }
    return true;
  }

  private async trainOnce(
    out: string,
    { from: run, dataset, settings }: Lessons & { from: string },
    round: number,
  ): Promise<boolean> {
    const { context, method, config } = this;
    if (existsSync(join(out, "model/config.json"))) return true;
    const { weights } = await readModel(run, () => method.architecture);
    const seeded = typeof settings.seed === "number" ? { ...settings, seed: settings.seed + round } : settings;
    const result = await method.train(dataset, seeded, {
      out,
      name: config.name,
      source: context.source,
      from: { run, weights },
      resume: existsSync(join(out, "config.json")),
      threads: context.threads,
      device: context.device,
      signal: context.signal,
      onProgress: context.onProgress,
    });
    return result.status === "finished";
  }

  /** Steps that settings ask the last stage for. */
  private stepsOf(settings: Record<string, unknown>): number {
    return Number(valueAt(settings, this.method.lastSteps(settings)!.split(".")));
  }

  /** What the trainings that end with a run have made; learning by reward is the last of them, and may end early. */
  private async learnt(run: string, lessons: readonly Lessons[]): Promise<Learnt> {
    const { training } = (await readModel(run, () => this.method.architecture)).config;
    const reinforced = training.reinforcement as Reinforced | undefined;
    const planned = lessons.map(({ settings }) => this.stepsOf(settings));
    const made = reinforced ? [...planned.slice(0, -1), reinforced.steps] : planned;
    return { steps: made.reduce((a, b) => a + b, 0), ...(reinforced && { reinforced }) };
  }
}

/** More than its share in the last two rounds, and no better for it. */
function isStuck(rounds: readonly Round[], name: string): boolean {
  const last = rounds.slice(-2).map(({ groups }) => groups.find((group) => group.name === name));
  return last.length === 2 && last.every((group) => group && group.times > 1) && last[1]!.score - last[0]!.score < 0.01;
}

function endOf({ rounds, plan }: Improvement): string | null {
  if (rounds.length >= plan.rounds) return `all ${plan.rounds} rounds are done`;
  const [one, other] = rounds.slice(-2);
  return other && !one.kept && !other.kept ? "two rounds in succession were not kept" : null;
}
