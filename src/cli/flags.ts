import { type Command, InvalidArgumentError, Option } from "commander";
import type { z } from "zod";
import { kebab } from "../io/show.js";
import { type OptionInfo, optionInfos } from "../models/options.js";

/**
 * Adds a flag for every option that a model of some method has. Help comes from the options' schemas and says which
 * methods take a flag, where not all do. Only the type of a value is checked here: its range is the loaded model's own.
 * `presets` are this command's own defaults, for the help.
 */
export function addOptionFlags(
  command: Command,
  methods: Readonly<Record<string, z.ZodObject>>,
  { leaveOut = [], presets = {} }: { leaveOut?: readonly string[]; presets?: Readonly<Record<string, string>> } = {},
): void {
  const takers = new Map<string, [method: string, info: OptionInfo][]>();
  for (const [method, schema] of Object.entries(methods))
    for (const [name, info] of Object.entries(optionInfos(schema)))
      takers.set(name, [...(takers.get(name) ?? []), [method, info]]);
  for (const [name, infos] of takers) {
    if (leaveOut.includes(name)) continue;
    const types = [...new Set(infos.map(([, { type }]) => type))];
    // A switch of one method can be a value of another: then the value may be left out
    const type = types.find((one) => one !== "boolean") ?? "boolean";
    const [before, after] = types.includes("boolean") ? ["[", "]"] : ["<", ">"];
    const all = infos.length === Object.keys(methods).length;
    const flag = `--${kebab(name)}${type === "boolean" ? "" : ` ${before}${placeholders[type]}${after}`}`;
    command.addOption(new Option(flag, describe(infos, all, presets[name])).argParser(once(parsers[type])));
  }
}

/** One sentence where all methods that have an option agree, else one for each kind. */
function describe(infos: readonly [string, OptionInfo][], all: boolean, preset?: string): string {
  const kinds = new Map<string, string[]>();
  for (const [method, info] of infos) {
    const text = sentence(info, preset);
    kinds.set(text, [...(kinds.get(text) ?? []), method]);
  }
  if (kinds.size === 1 && all) return [...kinds.keys()][0];
  return [...kinds].map(([text, methods]) => `${methods.join(" and ")}: ${text}`).join("; ");
}

function sentence({ description, range, type, preset, choices }: OptionInfo, own?: string): string {
  const off = type === "boolean" && !preset; // a switch is off unless it is given
  const known = own ?? (preset === undefined || off ? "" : String(preset));
  const said =
    (type === "string" && !choices) || type === "boolean" ? "" : range.replace(/^an? (whole )?number/, "").trim();
  return [description, said && `${said}`, known && `default ${known}`].filter(Boolean).join(", ");
}

const placeholders = {
  integer: "n",
  number: "x",
  string: "value",
  boolean: "",
  list: "a,b,…",
  texts: "a,b,…",
  object: "key=value,…",
};

function real(text: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) throw new InvalidArgumentError("must be a number.");
  return value;
}

function whole(text: string): number {
  const value = real(text);
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError("must be a whole number.");
  return value;
}

/** Reads a value, and refuses a second one, which would take the place of the first without a word. */
const once =
  (parse: (text: string) => unknown) =>
  (text: string, before: unknown): unknown => {
    if (before !== undefined) throw new InvalidArgumentError("it is given twice; give it once.");
    return parse(text);
  };

const parsers: Record<OptionInfo["type"], (text: string) => unknown> = {
  integer: whole,
  number: real,
  string: (text) => text,
  boolean: () => true,
  list: (text) => text.split(",").map(real),
  texts: (text) => text.split(","),
  object: (text) =>
    Object.fromEntries(
      text.split(",").map((part) => {
        const [key, value = ""] = part.split("=");
        return [key.trim(), real(value)];
      }),
    ),
};
