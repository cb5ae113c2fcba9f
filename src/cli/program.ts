import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { Command, CommanderError } from "commander";
import { isWrongUse } from "../io/wrong-use.js";
import { DIVIDED, requireAlone } from "./alone.js";
import { addAbout } from "./commands/about.js";
import { addAsk } from "./commands/ask.js";
import { addData } from "./commands/data.js";
import { addDiagnose } from "./commands/diagnose.js";
import { addEdit } from "./commands/edit.js";
import { addEval } from "./commands/eval.js";
import { addFormats } from "./commands/formats.js";
import { addSample } from "./commands/sample.js";
import { addServe } from "./commands/serve.js";
import { addTrain } from "./commands/train.js";
import { say } from "./output.js";

const version: string = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version;

/** The commands with their arguments, options and help. */
export const program = new Command("fewstep")
  .description("One-step and few-step generative models: train, sample, edit, evaluate and export them.")
  .version(version)
  .showHelpAfterError("(add --help for what this command takes)")
  .addHelpText(
    "after",
    `
Examples:
  fewstep sample drifting-fashion --count 64 --label boot --out boots.png
  fewstep train drifting --data ./my-pictures --preset tiny --out runs/mine
  fewstep train drifting --resume runs/mine
  fewstep eval runs/mine --features pixel-pca --json
  fewstep --use ./my-method.js train my-method --data ./my-pictures --out runs/own

Exit codes: 0 done (or stopped by Ctrl-C with everything saved), 1 failed (also: a file is damaged or cannot be
read), 2 wrong use (also: a file is not there, or does not fit the model), 130 stopped by a second Ctrl-C.`,
  );

// Before the commands are made: they inherit it.
program.exitOverride();
program.hook("preAction", (_, command) => {
  if (!DIVIDED.includes(command.name())) requireAlone(command.name());
});

for (const add of [addSample, addTrain, addEval, addAsk, addDiagnose, addEdit, addFormats, addData, addServe, addAbout])
  add(program);

/**
 * Runs a command line, without the names of Node and the program. Says on stderr what went wrong; returns the exit
 * code.
 */
export async function run(args: readonly string[]): Promise<0 | 1 | 2> {
  try {
    await program.parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // it has said what it had to say
    say(`fewstep: ${(error as Error).message}`);
    if (process.env.FEWSTEP_DEBUG) say(inspect(error));
    return isWrongUse(error) ? 2 : 1;
  }
}
