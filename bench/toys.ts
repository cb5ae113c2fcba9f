import { runToy } from "../src/methods/drifting/toy.js";
import { type BenchOptions, median, round, table } from "./report.js";

const toys = ["gaussians-8", "swiss-roll", "checkerboard"] as const;
const targets: Record<string, number> = { "gaussians-8": 0.08, "swiss-roll": 0.05, checkerboard: 0.07 };

/**
 * The one-step toys after 1,500 steps of batch 256, three seeds: sliced Wasserstein-1 beside its real-against-real
 * floor.
 */
export async function run({ note }: BenchOptions) {
  const results = [];
  for (const toy of toys) {
    const runs = [];
    for (const seed of [42, 43, 44]) {
      note(`${toy}, seed ${seed}`);
      const { metrics, modes } = await runToy(toy, { seed });
      const of = (start: string) => metrics.find((m) => m.name.startsWith(start))!;
      runs.push({
        seed,
        slicedWasserstein1: round(of("Sliced").value),
        floor: round(of("Sliced").floor ?? Number.NaN),
        energyDistance: round(of("Energy").value),
        modes: modes?.modes ?? null,
      });
    }
    results.push({ toy, target: targets[toy], median: round(median(runs.map((r) => r.slicedWasserstein1))), runs });
  }
  return { steps: 1500, batch: 256, results };
}

export const show = ({ results }: Awaited<ReturnType<typeof run>>): string =>
  table(
    ["toy", "sliced W1, three seeds", "target", "floor", "energy distance", "modes of 8"],
    results.map(({ toy, target, runs }) => [
      toy,
      runs.map((r) => r.slicedWasserstein1).join(" "),
      `≤ ${target}`,
      runs[0].floor,
      runs.map((r) => r.energyDistance).join(" "),
      runs[0].modes === null ? "" : runs.map((r) => r.modes).join(" "),
    ]),
  );
