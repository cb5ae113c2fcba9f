import { resolveText } from "../src/data/index.js";
import { judgeTokens, measureTextReference } from "../src/judges/text.js";
import { loadTextModel } from "../src/methods/load.js";
import { type BenchOptions, load, machine, round, table } from "./report.js";

const MODELS = ["duo-text", "duo-text-distilled"];
const EVALUATIONS = [4, 8, 16, 32];
const COUNT = 64;

/**
 * Few-step text: Duo distilled (discrete consistency) against Duo, ancestral with a drawn and with a greedy last step.
 */
export async function run({ note, quick, threads }: BenchOptions) {
  const rows = [];
  let real = { perplexity: 0, entropy: 0 };
  for (const name of MODELS) {
    const model = await loadTextModel(name, { threads });
    const reference = await measureTextReference(model, await resolveText(String(model.config.training.data)));
    for (const nfe of quick ? EVALUATIONS.slice(0, 2) : EVALUATIONS)
      for (const final of ["ancestral", "greedy"] as const) {
        const { tokens } = await model.sample({ count: COUNT, steps: nfe - 1, final, seed: 1 });
        const [perplexity, entropy] = await judgeTokens(model, reference, tokens!);
        real = { perplexity: round(perplexity.floor!, 4), entropy: round(entropy.floor!, 4) };
        const row = {
          model: name,
          nfe,
          last: final === "greedy" ? "greedy" : "drawn",
          perplexity: round(perplexity.value, 4),
          interval: perplexity.interval!.map((v) => round(v, 4)),
          entropy: round(entropy.value, 4),
        };
        note(JSON.stringify(row));
        rows.push(row);
      }
    await model.release();
  }
  return { machine: machine(), load: load(), count: COUNT, real, rows };
}

export const show = ({ rows, real }: Awaited<ReturnType<typeof run>>): string =>
  [
    table(
      ["model", "evaluations", "last step", "perplexity", "95 %", "entropy"],
      rows.map(({ interval, model, nfe, last, perplexity, entropy }) => [
        model,
        nfe,
        last,
        perplexity,
        interval.join(" … "),
        entropy,
      ]),
    ),
    `real text: ${real.perplexity}, ${real.entropy} nats`,
  ].join("\n");
