import { resolveText } from "../src/data/index.js";
import { judgeTokens, measureTextReference } from "../src/judges/text.js";
import type { PsiSampler } from "../src/methods/discrete/rules.js";
import { loadTextModel } from "../src/methods/load.js";
import { type BenchOptions, load, machine, round, table } from "./report.js";

const MODELS = ["duo-text", "mdlm-text"];
const SAMPLERS: PsiSampler[] = ["ancestral", "cap", "rescale", "loop"];
const EVALUATIONS = [8, 16, 32, 64, 128, 256];
const NUCLEI = [0.9, 1];
/** Samples a point: with 16 the intervals are wider than the differences between samplers. */
const COUNT = 64;
const RESAMPLES = 1000;

/** A point of the curves; intervals are 95 %, over the samples. */
export interface PsiRow {
  model: string;
  nucleus: number;
  sampler: string;
  nfe: number;
  perplexity: number;
  interval: [low: number, high: number];
  entropy: number;
}

/**
 * Judge's perplexity and unigram entropy against network evaluations, for ancestral sampling and three Ψ-samplers, all
 * of one seed.
 */
export async function run(options: BenchOptions) {
  const { note, quick, threads, names } = options;
  const { evaluations = quick ? EVALUATIONS.slice(0, 3) : EVALUATIONS, nuclei = NUCLEI } = options;
  const rows: PsiRow[] = [];
  const real: Record<string, { perplexity: number; entropy: number }> = {};
  for (const name of names.length > 0 ? names : MODELS) {
    const model = await loadTextModel(name, { threads });
    const reference = await measureTextReference(model, await resolveText(String(model.config.training.data)));
    for (const nucleus of nuclei)
      for (const nfe of evaluations)
        for (const sampler of SAMPLERS) {
          const { tokens } = await model.sample({ count: COUNT, steps: nfe - 1, sampler, nucleus, seed: 1 });
          const [perplexity, entropy] = await judgeTokens(model, reference, tokens!, { resamples: RESAMPLES });
          real[name] = { perplexity: perplexity.floor!, entropy: entropy.floor! };
          const [low, high] = perplexity.interval!.map((v) => round(v, 3));
          const row = { model: name, nucleus, sampler, nfe, perplexity: round(perplexity.value, 3) };
          rows.push({ ...row, interval: [low, high], entropy: round(entropy.value, 3) });
          note(JSON.stringify(rows.at(-1)));
        }
    await model.release();
  }
  return { machine: machine(), load: load(), count: COUNT, real, rows, gains: gains(rows) };
}

/**
 * For each Ψ-sampler: evaluations at which it is as good as ancestral sampling ever is, and how much lower it gets at
 * the same ones.
 */
export function gains(rows: readonly PsiRow[]) {
  const curves = [...new Set(rows.map(({ model, nucleus }) => `${model} ${nucleus}`))].map((key) =>
    rows.filter(({ model, nucleus }) => `${model} ${nucleus}` === key),
  );
  return curves.flatMap((curve) => {
    const of = (sampler: string) => curve.filter((row) => row.sampler === sampler);
    const ancestral = of("ancestral");
    const best = ancestral.reduce((a, b) => (b.perplexity < a.perplexity ? b : a));
    return SAMPLERS.slice(1).map((sampler) => {
      const matched = of(sampler).find((row) => row.perplexity <= best.perplexity);
      const lower = of(sampler).map((row, i) => 1 - row.perplexity / ancestral[i].perplexity);
      return {
        model: best.model,
        nucleus: best.nucleus,
        sampler,
        ancestralBest: best.perplexity,
        ancestralAt: best.nfe,
        matchedAt: matched?.nfe ?? null,
        fewer: matched ? round(best.nfe / matched.nfe) : null,
        lowerAtSameEvaluations: round(Math.max(...lower), 2),
      };
    });
  });
}

export const show = ({ rows, gains, real }: Awaited<ReturnType<typeof run>>): string =>
  [
    table(
      ["model", "nucleus", "sampler", "evaluations", "perplexity", "95 %", "entropy"],
      rows.map(({ interval, model, nucleus, sampler, nfe, perplexity, entropy }) => [
        model,
        nucleus,
        sampler,
        nfe,
        perplexity,
        interval.join(" … "),
        entropy,
      ]),
    ),
    `real text: ${Object.entries(real)
      .map(([name, { perplexity, entropy }]) => `${name} ${round(perplexity)}, ${round(entropy)} nats`)
      .join("; ")}`,
    table(
      ["model", "nucleus", "sampler", "ancestral's best", "at", "matched at", "fewer", "lower at the same"],
      gains.map((row) => Object.values(row).map((v) => v ?? "never")),
    ),
  ].join("\n");
