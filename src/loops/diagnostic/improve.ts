import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { ImageDataset } from "../../data/index.js";
import { reweighted } from "../../data/mixture.js";
import type { Origin } from "../../data/origin.js";
import { makeFolder, writeFileAtomic } from "../../io/atomic.js";
import { htmlPage } from "../../io/html.js";
import { WrongUse } from "../../io/wrong-use.js";
import type { Extractor } from "../../judges/extractors/index.js";
import { loadModel } from "../../methods/load.js";
import { methodOf, methods } from "../../methods/registry.js";
import { readModel, writeModel } from "../../models/files.js";
import type { Method } from "../../models/method.js";
import { Random } from "../../random/index.js";
import type { RunConfig } from "../../recipes/recipe.js";
import type { DeviceName } from "../../runtime/index.js";
import { lockFolder, type ProgressEvent, readConfig } from "../../train/index.js";
import { SMALLEST } from "./diagnose.js";
import { compareDiagnoses, verdict } from "./gate.js";
import { diagnoseImages, drawRows, type ImageDiagnosis, type RealRows } from "./images.js";
import { diagnosisHtml, TABLE_STYLE, told } from "./report.js";
import { improvementHtml } from "./rounds-report.js";
import type { Improvement, ImprovePlan, Round } from "./state.js";
import { imageWeights, sharesOf } from "./weights.js";

export interface ImproveContext {
  out: string;
  dataset: ImageDataset;
  judge: Extractor;
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

const STATE = "improve.json";

/** The method and settings of a run that can be gone on from. @throws WrongUse where it cannot be, with what can */
export async function improvable(run: string): Promise<{ method: Method; config: RunConfig; lastSteps: string }> {
  if (!existsSync(join(run, "checkpoints")) || !existsSync(join(run, "model/config.json")))
    throw new WrongUse(
      `${run} is no folder of a finished run. Training goes on from one: a model by itself keeps only what draws, without the ` +
        "networks that its training looked through. Train one with: fewstep train … --out <folder>.",
    );
  const config = (await readConfig(run)) as RunConfig;
  const method = methodOf(config.method);
  const lastSteps = method?.lastSteps(config.settings) ?? null;
  if (!method || lastSteps === null) {
    const others = Object.keys(methods).filter((name) =>
      Object.values(methods[name].presets).some((preset) => methods[name].lastSteps(preset) !== null),
    );
    throw new WrongUse(`"${config.method}" models cannot be trained on yet; those of ${others.join(", ")} can.`);
  }
  return { method, config, lastSteps };
}

/** What stands in the folder of an improvement. @throws WrongUse where there is none */
export async function readImprovement(out: string): Promise<Improvement> {
  const text = await readFile(join(out, STATE), "utf8").catch(() => null);
  if (text === null) throw new WrongUse(`There is no improvement in ${out}: it has no ${STATE}.`);
  const state = JSON.parse(text) as Improvement;
  if (state.format !== 1) throw new Error(`${join(out, STATE)} has format ${state.format}; this version reads 1.`);
  return state;
}

/**
 * Diagnoses a model on training images, weights its training mixture by what was found, trains on from it, and keeps the
 * round only where held-out images say that it is better; and again. Every round is a folder, and a stopped improvement
 * goes on where it was. Null where `signal` stopped it.
 */
export async function improve(plan: ImprovePlan, context: ImproveContext): Promise<Improvement | null> {
  const { out, resume = false, signal } = context;
  if (!resume && existsSync(join(out, STATE)))
    throw new WrongUse(`${out} already holds an improvement. Resume it, or choose another folder.`);
  const { method, config } = await improvable(plan.run);
  await makeFolder(out);
  const unlock = await lockFolder(out, "improves");
  try {
    const state: Improvement = resume
      ? await readImprovement(out)
      : { format: 1, plan, rounds: [], best: resolve(plan.run), final: null, ended: null };
    await save(out, state);
    const rounds = new Rounds(state, method, config, context);
    while (state.ended === null) {
      if (signal?.aborted) return null;
      const done = await rounds.next();
      if (!done) return null;
      await save(out, state);
    }
    await rounds.finish();
    await save(out, state);
    return state;
  } finally {
    await unlock();
  }
}

async function save(out: string, state: Improvement): Promise<void> {
  await writeFileAtomic(join(out, STATE), `${JSON.stringify(state, null, 2)}\n`);
  await writeFileAtomic(
    join(out, "report.html"),
    htmlPage("Improvement", { style: TABLE_STYLE, body: improvementHtml(state) }),
  );
}

class Rounds {
  /** Held-out images that decide on rounds, and those that are looked at once, at the end. */
  private readonly deciding: RealRows;
  private readonly last: RealRows;

  constructor(
    private readonly state: Improvement,
    private readonly method: Method,
    private readonly config: RunConfig,
    private readonly context: ImproveContext,
  ) {
    const { test } = context.dataset;
    const { labels } = test;
    const drawn = new Random(state.plan.seed, "held out").permutation(test.count);
    const order = labels ? Array.from(drawn).sort((a, b) => labels[a] - labels[b]) : drawn; // every class is halved
    this.deciding = { split: "test", rows: order.filter((_, i) => i % 2 === 0) };
    this.last = { split: "test", rows: order.filter((_, i) => i % 2 === 1) };
  }

  private say(message: string): void {
    this.context.say?.(message);
  }

  /** One round; false where it was stopped. */
  async next(): Promise<boolean> {
    const { state, context } = this;
    const { plan, best } = state;
    const round = state.rounds.length + 1;
    const folder = join(context.out, `round-${round}`);
    const began = performance.now();
    this.say(`Round ${round} of ${plan.rounds}: diagnosis of ${best} on training images …`);
    const found = await this.onTraining(best, round, folder);
    const shares = sharesOf(found.groups, plan.mixture, (name) => isStuck(state.rounds, name));
    const targets = this.targetsOf(found);
    this.say(
      `Worst: ${shares
        .slice(0, 3)
        .map(({ name, times }) => `${name} (now ${times.toFixed(2)} times its share)`)
        .join(", ")}.`,
    );
    const weights = await imageWeights(found, shares, context.dataset, context.judge, context.signal);
    const candidate = join(folder, "training");
    const control = plan.control ? join(folder, "control") : null;
    const steps = await this.train(candidate, reweighted(context.dataset, weights), round);
    if (steps === null) return false;
    if (control !== null && (await this.train(control, context.dataset, round)) === null) return false;

    const held = (run: string) => this.onHeldOut(run, this.deciding, 1000 * round + 1, found);
    const before = await held(best);
    const comparison = compareDiagnoses(before, await held(candidate), targets, plan.seed);
    const beside = control === null ? null : compareDiagnoses(before, await held(control), targets, plan.seed);
    const { kept, why } = verdict(comparison);
    this.say(`Round ${round} is ${kept ? "kept" : "not kept"}: ${why}.`);
    const seconds = Math.round((performance.now() - began) / 1000);
    const groups = shares.map((share, i) => ({ ...share, score: found.groups[i].score.value }));
    state.rounds.push({ round, from: best, targets, groups, steps, seconds, comparison, control: beside, kept, why });
    if (kept) state.best = candidate;
    state.ended = endOf(state);
    return true;
  }

  /** Writes the result's model, and looks at it beside the beginning on images that no round has seen. */
  async finish(): Promise<void> {
    const { state, context, method } = this;
    const kept = state.rounds.find((round) => round.kept);
    const beginning = resolve(state.plan.run);
    await writeModel(join(context.out, "model"), await readModel(state.best, () => method.architecture));
    if (!kept || state.final) return;
    const found = await this.onTraining(beginning, 0, null);
    const held = (run: string) => this.onHeldOut(run, this.last, 999, found);
    state.final = compareDiagnoses(
      await held(beginning),
      await held(state.best),
      state.rounds[0].targets,
      state.plan.seed,
    );
  }

  /** The worst third of what can be judged on held-out images. @throws WrongUse where nothing can */
  private targetsOf({ by, groups }: ImageDiagnosis): string[] {
    const { id, test } = this.context.dataset;
    const halves = [this.deciding, this.last];
    const enough = (index: number) =>
      by === "cluster" ||
      halves.every(({ rows }) => Array.from(rows).filter((row) => test.labels![row] === index).length >= SMALLEST);
    const judged = groups.filter(({ index }) => enough(index));
    if (judged.length === 0)
      throw new WrongUse(
        `${id} has too few test images to decide on rounds: ${2 * SMALLEST} of a class at least are needed, half for the rounds and half for the end.`,
      );
    return judged.slice(0, Math.ceil(judged.length / 3)).map(({ name }) => name);
  }

  /** Where the mixture comes from: half of the rows are looked for, the other half are the floor. */
  private async onTraining(run: string, round: number, folder: string | null): Promise<ImageDiagnosis> {
    const { dataset, judge } = this.context;
    const { seed, perClass, data } = this.state.plan;
    const order = new Random(seed + round, "training images").permutation(dataset.train.count);
    const halves = [0, 1].map((half) => order.filter((_, i) => i % 2 === half));
    const found = await this.diagnosed(run, { rows: halves[0], split: "train" }, halves[1], 1000 * round);
    if (folder === null) return found;
    const about = told(found, { model: run, data, judge: judge.name, seed });
    await makeFolder(folder);
    await writeFileAtomic(join(folder, "diagnosis.json"), `${JSON.stringify(about, null, 2)}\n`);
    const body = await diagnosisHtml(found, dataset, about);
    await writeFileAtomic(
      join(folder, "diagnosis.html"),
      htmlPage(`Round ${round}: what was found`, { style: TABLE_STYLE, body }),
    );
    this.say(`Diagnosis of ${perClass} images a class at most: ${join(folder, "diagnosis.html")}`);
    return found;
  }

  private onHeldOut(run: string, real: RealRows, offset: number, steered: ImageDiagnosis): Promise<ImageDiagnosis> {
    return this.diagnosed(run, real, undefined, offset, steered);
  }

  private async diagnosed(
    run: string,
    among: RealRows,
    floorAmong: ArrayLike<number> | undefined,
    offset: number,
    steered?: ImageDiagnosis,
  ): Promise<ImageDiagnosis> {
    const { dataset, judge, device, signal } = this.context;
    const { seed, perClass } = this.state.plan;
    const model = await loadModel(run, { kind: "image", device });
    try {
      const labelled = model.classNames !== null && dataset.train.labels !== null;
      const rows = (split: "train" | "test", from?: ArrayLike<number>): RealRows => {
        const own = labelled ? dataset[split] : { ...dataset[split], labels: null };
        return {
          split,
          rows: drawRows(own, labelled ? perClass : 10 * perClass, new Random(seed + offset, split), from),
        };
      };
      return await diagnoseImages(model, dataset, judge, {
        perClass,
        seed: seed + offset,
        real: rows(among.split, among.rows),
        floor: rows("train", floorAmong),
        centres: steered?.centres,
        kinds: steered ? 0 : undefined,
        signal,
      });
    } finally {
      await model.release();
    }
  }

  /** Trains on from the best run, or goes on with that; the steps, or null where it was stopped. */
  private async train(out: string, dataset: ImageDataset, round: number): Promise<number | null> {
    const { state, context, method, config } = this;
    const run = state.best;
    if (existsSync(join(out, "model/config.json")))
      return (await readModel(out, () => method.architecture)).config.training.steps as number;
    const { weights } = await readModel(run, () => method.architecture);
    const { settings } = state.plan;
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
    return result.status === "finished" ? result.step : null;
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
