import { z } from "zod";
import { readingOptions, textOptions } from "../../data/origin.js";
import { faults } from "../../io/faults.js";
import { kebab } from "../../io/show.js";
import { WrongUse } from "../../io/wrong-use.js";
import { deviceNames } from "../../runtime/index.js";

const text = z.string().min(1).max(4096);

/** What a training is asked for, as the command line has it. */
export const trainRequest = z.strictObject({
  name: z.string(),
  method: text,
  /** A data set's name, or the path of a folder or file of this machine. */
  data: text,
  preset: text.optional(),
  /** Settings by path, such as { "training.steps": 500 }. */
  set: z.record(z.string().regex(/^[^=]+$/), z.json()).default({}),
  tokens: text.optional(),
  threads: z.int().min(1).max(1024).optional(),
  device: z.enum(["auto", ...deviceNames]).optional(),
  ...readingOptions,
  size: z.int().min(4).max(4096).optional(),
  ...textOptions,
});
export type TrainRequest = z.output<typeof trainRequest>;

/** What an improvement is asked for, as the command line has it: `run` is the name of a finished one. */
export const improveRequest = z.strictObject({
  name: z.string(),
  run: text,
  rounds: z.int().min(1).max(1000).optional(),
  steps: z.int().min(1).optional(),
  reinforce: z.int().min(1).optional(),
  /** The judge: a name, or a folder of this machine. */
  features: text.optional(),
  count: z.int().min(1).optional(),
  seed: z.int().min(0).optional(),
  control: z.boolean().optional(),
  threads: trainRequest.shape.threads,
  device: trainRequest.shape.device,
});
export type ImproveRequest = z.output<typeof improveRequest>;

/** @throws WrongUse that names the field */
export function parsed<S extends z.ZodType>(schema: S, given: unknown, what: string): z.output<S> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  throw new WrongUse(`${what} cannot be asked for so: ${faults(result.error, given)}.`);
}

/** Settings as `--set` takes them. */
export const overridesOf = (set: TrainRequest["set"]): string[] =>
  Object.entries(set).map(([path, value]) => `${path}=${JSON.stringify(value)}`);

/**
 * Options as flags. Every value stands behind its option's "=", so that none can be taken for an option itself.
 */
const flagsOf = (options: object): string[] =>
  Object.entries(options).flatMap(([name, value]) =>
    value === undefined || value === false ? [] : [value === true ? `--${kebab(name)}` : `--${kebab(name)}=${value}`],
  );

/** The command line of a training into `out`. */
export function trainArguments({ method, set, ...options }: TrainRequest, out: string): string[] {
  return ["train", method, `--out=${out}`, ...flagsOf(options), ...overridesOf(set).map((item) => `--set=${item}`)];
}

/** The command line of an improvement of the run in the folder `from` into `out`. */
export const improveArguments = ({ name: _, run: __, ...options }: ImproveRequest, from: string, out: string) => [
  ...["improve", `--out=${out}`, ...flagsOf(options), "--", from],
];

/** What may be asked for when a run is gone on with: settings that change from where it stands. */
export const resumeRequest = z.strictObject({ set: trainRequest.shape.set });

/** The command line that goes on with a run. */
export const resumeArguments = (method: string, set: TrainRequest["set"], out: string): string[] => [
  ...["train", method, `--resume=${out}`],
  ...overridesOf(set).map((item) => `--set=${item}`),
];

/** What is asked of a place that may be trained on. */
export const checkRequest = z
  .strictObject({
    path: text,
    ...{ size: z.coerce.number(), channels: z.coerce.number() },
    ...{ background: text, frames: text, skipBroken: z.stringbool(), lines: z.stringbool(), encoding: text },
  })
  .partial()
  .required({ path: true });

/** The command line that says what would be read of a place. */
export const checkArguments = ({ path, ...reading }: z.output<typeof checkRequest>): string[] => [
  ...["data", "check", "--json", ...flagsOf(reading)],
  "--",
  path,
];
