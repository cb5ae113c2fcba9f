import { resolveText } from "../src/data/index.js";
import type { PsiSampler } from "../src/methods/discrete/model.js";
import { judgeTokens, measureTextReference } from "../src/methods/evaluate-text.js";
import { loadTextModel } from "../src/methods/index.js";
import { type BenchOptions, load, machine, round, table } from "./report.js";

const MODELS = ["duo-text", "mdlm-text"];
const SAMPLERS: PsiSampler[] = ["ancestral", "cap", "rescale", "loop"];
const EVALUATIONS = [8, 16, 32, 64, 128, 256, 512, 1024];
const COUNT = 16;
const NUCLEUS = 0.9;

/**
 * Judge's perplexity and unigram entropy against network evaluations, for ancestral sampling and three Ψ-samplers on both models; every
 * number is of the same seed.
 */
export async function run({ note, quick, threads, names }: BenchOptions) {
  const rows = [];
  const real: Record<string, { perplexity: number; entropy: number }> = {};
  const models = names.length > 0 ? names : MODELS;
  for (const name of models) {
    const model = await loadTextModel(name, { threads });
    const reference = await measureTextReference(model, await resolveText(String(model.config.training.data)));
    for (const nfe of quick ? EVALUATIONS.slice(0, 4) : EVALUATIONS)
      for (const sampler of SAMPLERS) {
        const start = performance.now();
        const tokens = await model.sampleTokens({ count: COUNT, steps: nfe - 1, sampler, nucleus: NUCLEUS, seed: 1 });
        const [perplexity, entropy] = await judgeTokens(model, reference, tokens);
        real[name] = { perplexity: perplexity.floor!, entropy: entropy.floor! };
        rows.push({
          model: name,
          sampler,
          nfe,
          perplexity: round(perplexity.value, 4),
          interval: perplexity.interval?.map((v) => round(v, 4)),
          entropy: round(entropy.value, 4),
        });
        note(
          `${name} ${sampler} ${nfe}: ${round(perplexity.value, 4)}, ${round(entropy.value, 4)} nats; ${round((performance.now() - start) / 1e3)} s`,
        );
      }
    await model.release();
  }
  return { machine: machine(), load: load(), count: COUNT, nucleus: NUCLEUS, real, rows, gains: gains(models, rows) };
}

interface Row {
  model: string;
  sampler: PsiSampler;
  nfe: number;
  perplexity: number;
  entropy: number;
}

/** For each Ψ-sampler: evaluations at which it is as good as ancestral sampling ever is, and how much lower it gets at the same ones. */
function gains(models: readonly string[], rows: readonly Row[]) {
  return models.flatMap((model) =>
    SAMPLERS.slice(1).map((sampler) => {
      const of = (s: PsiSampler) => rows.filter((row) => row.model === model && row.sampler === s);
      const best = of("ancestral").reduce((a, b) => (b.perplexity < a.perplexity ? b : a));
      const matched = of(sampler).find((row) => row.perplexity <= best.perplexity);
      const lower = of(sampler).map((row, i) => 1 - row.perplexity / of("ancestral")[i].perplexity);
      return {
        model,
        sampler,
        ancestralBest: best.perplexity,
        ancestralAt: best.nfe,
        matchedAt: matched?.nfe ?? null,
        fewer: matched ? round(best.nfe / matched.nfe) : null,
        lowerAtSameEvaluations: round(Math.max(...lower)),
      };
    }),
  );
}

export const show = ({ rows, gains, real }: Awaited<ReturnType<typeof run>>): string =>
  [
    table(
      ["model", "sampler", "evaluations", "perplexity", "95 %", "entropy"],
      rows.map(({ model, sampler, nfe, perplexity, interval, entropy }) => [
        model,
        sampler,
        nfe,
        perplexity,
        interval?.join(" … ") ?? "",
        entropy,
      ]),
    ),
    `real text: ${Object.entries(real)
      .map(([name, { perplexity, entropy }]) => `${name} ${round(perplexity)}, ${round(entropy)} nats`)
      .join("; ")}`,
    table(
      ["model", "sampler", "ancestral's best", "at", "matched at", "fewer", "lower at the same"],
      gains.map((row) => Object.values(row).map((v) => v ?? "never")),
    ),
  ].join("\n");
