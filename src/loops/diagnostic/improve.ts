import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { makeFolder, writeFileAtomic } from "../../io/atomic.js";
import { htmlPage } from "../../io/html.js";
import { WrongUse } from "../../io/wrong-use.js";
import { methodOf, methods } from "../../methods/registry.js";
import type { Method } from "../../models/method.js";
import type { RunConfig } from "../../recipes/recipe.js";
import { lockFolder, readConfig } from "../../train/index.js";
import { TABLE_STYLE } from "./report.js";
import { type ImproveContext, Rounds } from "./rounds.js";
import { improvementHtml } from "./rounds-report.js";
import type { Improvement, ImprovePlan } from "./state.js";

const STATE = "improve.json";

/** The method and settings of a run that can be gone on from. @throws WrongUse where it cannot be, with what can */
export async function improvable(run: string): Promise<{ method: Method; config: RunConfig; lastSteps: string }> {
  if (existsSync(join(run, STATE)))
    throw new WrongUse(
      `${run} is an improvement, no run. Its rounds are runs: go on from the one that it ended with, ${(await readImprovement(run)).best}.`,
    );
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
 * Diagnoses a model, weights its training mixture by what was found, trains on from it, and keeps the
 * round only where held-out probes say that it is better; and again. Every round is a folder, and a stopped improvement
 * goes on where it was. Null where `signal` stopped it.
 */
export async function improve<D>(plan: ImprovePlan, context: ImproveContext<D>): Promise<Improvement | null> {
  const { out, resume = false, signal } = context;
  if (!resume && existsSync(join(out, STATE)))
    throw new WrongUse(`${out} already holds an improvement. Resume it, or choose another folder.`);
  const { method, config } = await improvable(plan.run);
  if (existsSync(join(out, "checkpoints")) || existsSync(join(out, "config.json")))
    throw new WrongUse(`${out} already holds a run or a model, which would be written over; choose another folder.`);
  await makeFolder(out);
  const unlock = await lockFolder(out, "improves");
  let state: Improvement = { format: 1, plan, rounds: [], best: resolve(plan.run), final: null, ended: null };
  try {
    if (resume) state = await readImprovement(out);
    await save(out, state);
    const rounds = new Rounds(state, method, config, context);
    while (state.ended === null) {
      if (signal?.aborted) return null;
      const done = await rounds.next();
      await save(out, state);
      if (!done) return null;
    }
    await rounds.finish();
    await save(out, state);
    return state;
  } catch (error) {
    if (!signal?.aborted || (error as Error).name !== "AbortError") throw error;
    await save(out, state); // it was stopped while it looked at a model
    return null;
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
