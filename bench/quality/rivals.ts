import { drifting, flow } from "../../src/index.js";
import { frechetPreset } from "../../src/recipes/frechet/settings.js";

/** The shipped models that rivals begin with; both were given about 1,900 seconds of processor time. */
export const DRIFTING = "drifting-fashion";
export const FLOW = "flow-fashion";

/** A model that is measured as it is. */
export interface Shipped {
  name: string;
  model: string;
  /** Steps that it is measured at. */
  steps: readonly number[];
}

export interface Asked {
  /** Of the stage. */
  steps: number;
  /** Steps of the feature network, of those that train one. */
  featureSteps: number;
  seed: number;
  /** Folder of this seed's runs. */
  runs: string;
}

/** A model that is trained further, from a shipped one or from another rival. */
export interface Rival {
  name: string;
  method: "drifting" | "flow";
  /** The stage that its processor time goes to. */
  stage: "flow" | "frechet";
  /** A rival of the same seed that it begins with; null: the shipped model. */
  after: string | null;
  steps: readonly number[];
  settings(training: Asked): drifting.DriftingSettings | flow.FlowSettings;
}

const OBJECTIVES = ["alpha-flow", "shortcut", "consistency"] as const;
const FEW = [1, 2, 4];
const frechet = (steps: number) => ({ ...frechetPreset, steps });
const posted = (name: string) => `${name}-frechet`;

export const shipped: readonly Shipped[] = [
  { name: "drifting", model: DRIFTING, steps: [1] },
  { name: "flow", model: FLOW, steps: [1, 2, 4, 8, 16, 50] },
];

/**
 * The rivals in the order in which they can be trained. The features of the Fréchet stage are learnt once per seed, by
 * drifting's, and taken from there.
 */
export const rivals: readonly Rival[] = [
  {
    name: posted("drifting"),
    method: "drifting",
    stage: "frechet",
    after: null,
    steps: [1],
    settings: ({ steps, featureSteps, seed }) => ({
      ...drifting.presets.small,
      seed,
      from: DRIFTING,
      features: { ...drifting.presets.small.features, steps: featureSteps },
      frechetStage: frechet(steps),
    }),
  },
  ...OBJECTIVES.map(
    (name): Rival => ({
      name,
      method: "flow",
      stage: "flow",
      after: null,
      steps: FEW,
      // The average spans the last tenth of a run, or a shorter one would mostly remember its beginning
      settings: ({ steps, seed }) => ({
        ...flow.presets[name],
        seed,
        from: FLOW,
        flow: { ...flow.presets[name].flow, steps, emaDecay: Math.min(0.998, Math.max(0, 1 - 10 / steps)) },
      }),
    }),
  ),
  ...OBJECTIVES.map(
    (name): Rival => ({
      name: posted(name),
      method: "flow",
      stage: "frechet",
      after: name,
      steps: FEW,
      settings: ({ steps, seed, runs }) => ({
        ...flow.presets[name],
        seed,
        from: `${runs}/${name}`,
        autoencoderFrom: `${runs}/${posted("drifting")}`,
        flow: { ...flow.presets[name].flow, steps: 0 },
        frechetStage: frechet(steps),
      }),
    }),
  ),
];

/** What the rivals of these names need beside themselves. @throws where there is no such rival */
export function chosen(names: readonly string[]): { shipped: readonly Shipped[]; rivals: readonly Rival[] } {
  const all = [...shipped, ...rivals].map(({ name }) => name);
  const unknown = names.find((name) => !all.includes(name));
  if (unknown !== undefined) throw new Error(`There is no rival "${unknown}"; choose of ${all.join(", ")}.`);
  if (names.length === 0) return { shipped, rivals };
  const needed = new Set(names);
  for (const { name, after, stage } of rivals.toReversed())
    if (needed.has(name)) {
      if (after !== null) needed.add(after);
      if (stage === "frechet") needed.add(posted("drifting"));
    }
  return {
    shipped: shipped.filter(({ name }) => needed.has(name)),
    rivals: rivals.filter(({ name }) => needed.has(name)),
  };
}
