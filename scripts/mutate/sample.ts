// The mutants of a place, a seeded sample of them, and what the sample says about all.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type File, Instrumenter } from "@stryker-mutator/instrumenter";
import { Random } from "../../src/random/index.js";

type Mutant = Awaited<ReturnType<Instrumenter["instrument"]>>["mutants"][number];

/** Texts of messages are not what the tests are about, and most settings are texts and numbers. */
export const mutator = { excludedMutations: ["StringLiteral"] };

/** What of Stryker's insides decides whether a mutant is written into the code. */
interface Insides {
  _transform(
    tree: unknown,
    collector: { collect(...of: unknown[]): { ignoreReason?: string; toApiMutant(): Mutant } },
    context: unknown,
  ): void;
}

const instrument = Instrumenter.prototype.instrument;

/** The instrumenter, leaving out of the code every mutant that `wanted` does not name. */
function instrumentOnly(instrumenter: Instrumenter, wanted: (name: string) => boolean): void {
  const insides = instrumenter as unknown as Insides;
  const transform = insides._transform;
  insides._transform = (tree, collector, context) => {
    const collect = (...of: unknown[]) => {
      const mutant = Object.getPrototypeOf(collector).collect.apply(collector, of);
      if (!wanted(nameOf(mutant.toApiMutant()))) mutant.ignoreReason ??= "not in the sample";
      return mutant;
    };
    transform(tree, Object.assign(collector, { collect }), context);
  };
}

/** A mutant's name: the same in every run, until its file changes. */
const nameOf = ({ fileName, location: { start, end }, mutatorName, replacement }: Mutant): string =>
  JSON.stringify([resolve(fileName), start.line, start.column, end.line, end.column, mutatorName, replacement]);

const silent = { isDebugEnabled: () => false, debug() {}, info() {}, warn() {} };

/** The mutants of some files, in the order of the files and of their lines, without those that are never tried. */
async function mutantsOf(files: string[]): Promise<Mutant[]> {
  const read = files.map((name): File => ({ name: resolve(name), mutate: true, content: readFileSync(name, "utf8") }));
  const instrumenter = new Instrumenter(silent as never);
  instrumentOnly(instrumenter, () => false);
  const { mutants } = await instrument.call(instrumenter, read, { ...mutator, ignorers: [], plugins: null } as never);
  return mutants.filter(({ statusReason }) => statusReason === "not in the sample");
}

/** One mutant, at random, of each of `count` stretches of equal length: every file and line has its share. */
export async function sample(files: string[], count: number, seed: number): Promise<{ chosen: Mutant[]; of: number }> {
  const all = await mutantsOf(files);
  const random = new Random(seed, "mutants");
  if (count >= all.length) return { chosen: all, of: all.length };
  const pick = (_: unknown, i: number) => all[Math.floor(((i + random.uniform()) * all.length) / count)];
  return { chosen: Array.from({ length: count }, pick), of: all.length };
}

/** From now on, Stryker tries only these mutants; without them, all. */
export function only(chosen?: Mutant[]): void {
  const names = chosen && new Set(chosen.map(nameOf));
  Instrumenter.prototype.instrument = function (files, options) {
    if (names) instrumentOnly(this, (name) => names.has(name));
    return instrument.call(this, files, options);
  };
}
