import type { Argument, Command, Option } from "commander";
import type { Random } from "../../src/random/index.js";
import { microRuns } from "./micro.js";

/** What command lines can name: places in the folder that they run in, good and bad. */
export interface Places {
  models: readonly string[];
  data: readonly string[];
  pictures: readonly string[];
  bad: readonly string[];
}

const whole = ["1", "2", "3", "8"];
const real = ["0.5", "1", "0.9", "1.5", "30"];
const odd = [
  ["0", "-1", "-0", "1e3", "0x10", "0.1", "-0.5", "2.5", "100", "255"],
  ["", " ", "\t\n", "NaN", "Infinity", "-Infinity", "1e308", "-1e308", "1e-320", "9007199254740993", "1000000000"],
  ["99999999999999999999", "-2147483649", "4294967296", "1,2,3", "1,,2", ",", "1_000", "1.2.3", "٣", "５", "½", "0b1"],
  ["null", "undefined", "true", "[]", "{}", "__proto__", "constructor", "toString", "hasOwnProperty"],
  [
    "é",
    "e\u0301",
    "名前",
    "🙂",
    "\u202eabc",
    "\ufeff",
    "\ud800",
    "a".repeat(5000),
    "%s%n",
    "$(x)",
    "`x`",
    "'",
    '"',
    "\\",
  ],
  ["-", "--", "-x", "--help", "--nothing", "=", "a=b", "a.b.c=1", "=1", "..", ".", "~", "C:\\x", "nul", "*.png"],
].flat();
const seen = [...whole, "above", "below", "0", "1", "ab", "a__b", "euler", "cap", "0,1", "above,below", "auto", "cpu"];

/** Commands that run something, with the names that lead to them. */
function leaves(command: Command, path: string[] = []): { path: string[]; command: Command }[] {
  if (command.commands.length === 0) return [{ path, command }];
  return command.commands.flatMap((child) => leaves(child as Command, [...path, child.name()]));
}

/** Options without which a command can do nothing, although it takes them as optional. */
const needed: Record<string, readonly string[]> = {
  train: ["--data", "--out"],
  "edit morph": ["--label"],
  "edit inpaint": ["--mask"],
};
/** Commands that do the same whatever else is said come rarely. */
const rare = /^(doctor|demo|models|serve|studio|data \w+)$/;

/** Endless random command lines over all commands and options of `program`, mostly near to what makes sense. */
export function* commandLines(program: Command, places: Places, random: Random): Generator<string[]> {
  const pick = <T>(from: readonly T[]): T => from[random.integer(from.length)];
  const chance = (p: number) => random.uniform() < p;
  const anything = () => pick([odd, odd, seen, places.bad, places.models, places.data, places.pictures].map(pick));
  const commands = leaves(program);
  let wild = 0; // the probability that a value of this line is anything
  let models = places.models;
  let runs = 0;

  function value(flags: string, choices?: readonly string[]): string {
    if (chance(wild)) return anything();
    if (choices) return pick(choices);
    if (/model|resume|judge|features/.test(flags)) return pick(models);
    if (/pictures|mask/.test(flags)) return pick(places.pictures);
    if (/data|latents/.test(flags)) return pick(places.data);
    if (/--out <folder>/.test(flags)) return `made/run-${runs++}`;
    if (/out|neighbours/.test(flags)) return pick(["made/a.png", "made/b", "made/c.safetensors", "made/d.onnx"]);
    if (/<(n|pixels|list)>/.test(flags)) return pick(whole);
    if (/<(x|s|p|degrees)>/.test(flags)) return pick(real);
    if (/method/.test(flags)) return pick(Object.values(microRuns)).method;
    if (/<key=value/.test(flags)) return setting();
    return pick(seen);
  }
  const setting = () => {
    const [key] = pick(Object.values(microRuns).flatMap(({ settings }) => Object.entries(settings)));
    return `${key}=${chance(0.5) ? anything() : pick(["-1", "0", "null", "[]", "{}", '"x"', "1e9", "true", "1.5"])}`;
  };
  const given = (argument: Argument) =>
    Array.from({ length: argument.variadic && chance(0.5) ? 1 + random.integer(3) : 1 }, () =>
      value(argument.name(), argument.argChoices),
    );
  function option({ long, flags, required, optional, argChoices }: Option): string[] {
    if (!required && !optional) return [long!];
    const text = value(flags, argChoices);
    return chance(0.15) ? [`${long}=${text}`] : [long!, text];
  }

  /** Settings that keep a training small and short whatever else the line says; sometimes they break it. */
  function small(args: string[]): string[] {
    const all = Object.values(microRuns);
    const own = all.filter(({ method }) => method === args[1]);
    const run = pick(own.length > 0 ? own : all);
    const data = args.indexOf("--data") + 1;
    if (data > 0 && chance(1 - wild)) args[data] = run.data;
    const overrides = Object.entries(run.settings).map(([key, v]) => `${key}=${JSON.stringify(v)}`);
    const preset = run.preset ? ["--preset", run.preset] : [];
    return [...preset, "--set", ...overrides, "--max-seconds", "0.05"];
  }

  for (;;) {
    const { path, command } = pick(commands);
    const name = path.join(" ");
    wild = pick([0.02, 0.1, 0.3]);
    models = path[0] === "edit" && chance(0.8) ? ["sphere", "drifting"] : places.models;
    if (rare.test(name) && chance(0.9)) continue;
    let args = [...path, ...command.registeredArguments.flatMap(given)];
    for (const each of command.options)
      if (chance(each.mandatory || needed[name]?.includes(each.long!) ? 0.97 : 2 / (2 + command.options.length)))
        args.push(...option(each));
    if (name === "train") args = [...args, ...small(args), ...(chance(0.3) ? ["--set", setting()] : [])];
    if (chance(wild / 2)) args.splice(random.integer(args.length + 1), 0, anything());
    if (chance(wild / 2)) args.splice(random.integer(args.length), 1);
    // They would serve until they are stopped: what is wrong with the rest of the line is said before that
    if (name === "serve" || name === "studio") args.push("--port", "none");
    // It draws with every shipped model, which takes long; nothing else is there to find
    if (name === "demo" && args.length < 2) args.push(anything() || "x");
    if (name === "train" && !args.includes("--max-seconds")) args.push("--max-seconds", "0.05");
    yield args.map((text) => text.replaceAll("\0", ""));
  }
}
