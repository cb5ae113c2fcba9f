import { z } from "zod";
import { unknownOption } from "../io/known.js";
import { OptionError } from "../io/wrong-use.js";

export { nearest } from "../io/known.js";
export { OptionError } from "../io/wrong-use.js";

/** What one option may be, told from its schema. */
export interface OptionInfo {
  readonly type: "integer" | "number" | "string" | "boolean" | "list" | "texts" | "object";
  readonly description: string;
  readonly choices: readonly string[] | null;
  readonly preset: unknown;
  /** Such as "a whole number from 1 to 64". */
  readonly range: string;
  /** Bounds of a number, where it has any; an open one is left out. */
  readonly minimum?: number;
  readonly maximum?: number;
  /** Of an option that has to be given. */
  readonly required?: true;
}

/** What is used of a JSON schema here. */
export interface JsonSchema {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  items?: JsonSchema | false;
  prefixItems?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  maxLength?: number;
  default?: unknown;
  description?: string;
}

/** The options of a schema by name: for help, forms and messages. */
export function optionInfos(schema: z.ZodObject): Record<string, OptionInfo> {
  const { properties = {}, required = [] } = jsonSchema(schema);
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [
      name,
      { ...optionInfo(property), ...(required.includes(name) && { required: true as const }) },
    ]),
  );
}

/** A schema of what is asked for, as JSON. */
export const jsonSchema = (schema: z.ZodType): JsonSchema =>
  z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema;

/** What one option may be. */
export const optionInfo = (property: JsonSchema): OptionInfo => ({
  type: typeOf(property),
  description: property.description ?? "",
  choices: property.enum?.map(String) ?? null,
  preset: property.default,
  range: rangeOf(property),
  ...limitsOf(property),
});

/**
 * Checks options against a schema and fills in the presets. @throws OptionError that names the option, its value and
 * what it may be; an option that there is not is answered with the nearest name. `owner` is whose options they are.
 */
export function parseOptions<S extends z.ZodObject>(schema: S, given: unknown, owner: string): z.output<S> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const infos = optionInfos(schema);
  if (issue.code === "unrecognized_keys" && issue.path.length === 0) {
    throw unknownOption(owner, issue.keys[0], Object.keys(infos));
  }
  const [name] = issue.path;
  if (name === undefined) throw new OptionError(`The options of ${owner} are an object, got ${show(given)}.`);
  const value = (given as Record<PropertyKey, unknown>)[name];
  if (issue.code === "custom") throw new OptionError(issue.message);
  if (value === undefined)
    throw new OptionError(`${owner} needs "${String(name)}": ${infos[String(name)].description}.`);
  throw new OptionError(`${String(name)} must be ${infos[String(name)].range}, got ${show(value)}.`);
}

const typeOf = ({ type, anyOf, items }: JsonSchema): OptionInfo["type"] => {
  if (type === "array") return items && items.type === "string" ? "texts" : "list";
  if (anyOf) return "string"; // a name, a number or a list of them, all of which can be written as one text
  return type === "integer" || type === "number" || type === "boolean" || type === "object" ? type : "string";
};

const LARGEST = Number.MAX_SAFE_INTEGER;

function rangeOf(schema: JsonSchema): string {
  const { type, const: only, enum: choices, anyOf, prefixItems, properties, minItems, maxItems } = schema;
  if (only !== undefined) return JSON.stringify(only);
  if (choices) return choices.length === 1 ? `"${choices[0]}"` : `one of ${choices.join(", ")}`;
  if (anyOf) return anyOf.map(rangeOf).join(" or ");
  if (type === "array") {
    const length = minItems !== undefined && minItems === maxItems ? `${minItems} ` : "";
    return `a list of ${length}${plural(rangeOf(schema.items || (prefixItems?.[0] ?? {})))}`;
  }
  if (properties)
    return `an object with ${Object.entries(properties)
      .map(([name, property]) => `${name} (${rangeOf(property)})`)
      .join(" and ")}`;
  if (type === "integer") return `a whole number${bounds(schema)}`;
  if (type === "number") return `a number${bounds(schema)}`;
  if (type === "boolean") return "true or false";
  if (type === "null") return "null";
  return `a text${lengths(schema)}`;
}

/** How long a text may be, such as " of at most 2000 characters". */
const lengths = ({ minLength = 0, maxLength }: JsonSchema): string =>
  maxLength === undefined
    ? minLength > 0
      ? " that is not empty"
      : ""
    : ` of ${minLength > 0 ? `${minLength} to ` : "at most "}${maxLength} characters`;

/** Bounds of a number; those of every safe integer are none. */
const limitsOf = ({ minimum, maximum }: JsonSchema): Pick<OptionInfo, "minimum" | "maximum"> => ({
  ...(minimum !== undefined && minimum > -LARGEST && { minimum }),
  ...(maximum !== undefined && maximum < LARGEST && { maximum }),
});

/** Bounds such as " in [1, 4]", " of at least 0" or " above 0"; those of every safe integer are none. */
function bounds({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): string {
  const low = minimum === -LARGEST ? undefined : minimum;
  const high = maximum === LARGEST ? undefined : maximum;
  if ((low ?? exclusiveMinimum) !== undefined && (high ?? exclusiveMaximum) !== undefined)
    return ` in ${low === undefined ? `(${exclusiveMinimum}` : `[${low}`}, ${high === undefined ? `${exclusiveMaximum})` : `${high}]`}`;
  if (low !== undefined) return ` of at least ${low}`;
  if (exclusiveMinimum !== undefined) return ` above ${exclusiveMinimum}`;
  if (high !== undefined) return ` of at most ${high}`;
  return exclusiveMaximum === undefined ? "" : ` below ${exclusiveMaximum}`;
}

const plural = (text: string) => text.replace(/^an? (whole number|number|text)/, "$1s");

const LONGEST_SHOWN = 120;

function show(value: unknown): string {
  if (typeof value === "number" || value === undefined || typeof value === "bigint") return String(value);
  if (typeof value === "string" && value.length > LONGEST_SHOWN)
    return `${JSON.stringify(`${value.slice(0, LONGEST_SHOWN)}…`)} (${value.length} characters)`;
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}

/** How many samples to draw. */
export const countOption = (preset = 1) => z.int().min(1).default(preset).describe("how many to draw");

/** Same seed, same samples. */
export const seedOption = () => z.int().default(0).describe("same seed, same samples");

/** Class of all samples or of each, for models that have classes. */
export const labelOption = () =>
  z
    .union([z.string(), z.int().min(0), z.array(z.union([z.string(), z.int().min(0)])).readonly()])
    .optional()
    .describe("class name or number, or what classes belong to, for all or one each (default: all classes in turn)");

/**
 * Strength of classifier-free or trained-in guidance, for models that have one; `low` … `high` is what it was made for.
 */
export const guidanceOption = (low: number, high: number) =>
  z.number().min(low).max(high).default(1).describe("guidance strength; 1 is none");

/** Steps of a sampler. */
export const stepsOption = (preset: number, most: number, description = "steps of the sampler") =>
  z.int().min(1).max(most).default(preset).describe(description);

/**
 * A schema without the options that are marked: a model that has no use for an option does not take it. The static type
 * keeps them, so that they read as absent. To be used before refinements are added.
 */
export function without<S extends z.ZodObject>(schema: S, marked: { [K in keyof S["shape"]]?: boolean }): S {
  const names = Object.keys(schema.shape).filter((name) => marked[name]);
  return schema.omit(Object.fromEntries(names.map((name) => [name, true as const])) as never) as unknown as S;
}
