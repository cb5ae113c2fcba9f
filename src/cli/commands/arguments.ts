import { InvalidArgumentError, Option } from "commander";
import { methods } from "../../methods/registry.js";

/** A whole number from `low` on, of what somebody typed; so do the next. @throws InvalidArgumentError */
export const whole = (low: number) => (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < low)
    throw new InvalidArgumentError(`must be a whole number of at least ${low}.`);
  return value;
};
export const real = (text: string) => {
  const value = Number(text);
  if (!Number.isFinite(value)) throw new InvalidArgumentError("must be a number.");
  return value;
};
export const positive = (text: string) => {
  const value = real(text);
  if (value <= 0) throw new InvalidArgumentError("must be above 0.");
  return value;
};
export const wholeList = (text: string) => text.split(",").map(whole(1));

export const devices = ["auto", "cpu", "webgpu", "cuda", "coreml", "dml", "wasm"];
export const deviceOption = () => new Option("--device <name>", "where to compute").choices(devices).default("auto");
export const checkpointOption = () =>
  new Option("--checkpoint", "take a run that was stopped as it is at its newest checkpoint");
export const jsonOption = () => new Option("--json", "print one JSON document on stdout");

/** The end of a command's help. */
export const examples = (...lines: string[]) => `\nExamples:\n${lines.map((line) => `  fewstep ${line}`).join("\n")}`;

/** What the help of a command that processes do together ends with. */
export const inSeveral = (command: string) =>
  `\nIn several processes, also on several machines: mpirun -n 8 fewstep ${command} … (docs/scale.md)`;

/** What models of each method can be asked for, by the name that help gives it. */
export const sampleOptions = Object.fromEntries(
  Object.entries(methods).flatMap(([name, { options }]) =>
    Object.entries(options).map(([kind, schema]) => [
      Object.keys(options).length > 1 ? `${name} (${kind})` : name,
      schema,
    ]),
  ),
);
