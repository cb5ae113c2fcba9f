import type { z } from "zod";
import { type JsonSchema, jsonSchema, type OptionInfo, optionInfo } from "./options.js";

/** One setting of a method, for a form. */
export interface SettingField extends OptionInfo {
  /** As in `--set`: "training.steps". */
  readonly path: string;
  /** What the preset has. */
  readonly value: unknown;
}

/**
 * The settings of a preset that can be changed one by one, in the schema's order: with type, bounds, choices and
 * description from the schema, and the preset's value. Where a setting is one of several kinds of thing, its fields are
 * those of the preset's kind.
 */
export function settingFields(schema: z.ZodType, preset: object): SettingField[] {
  return fieldsOf(jsonSchema(schema), preset, []);
}

function fieldsOf(schema: JsonSchema, value: unknown, path: readonly string[]): SettingField[] {
  const { properties, const: fixed } = branchOf(schema, value);
  if (fixed !== undefined) return []; // what kind of thing it is
  if (!properties || typeof value !== "object" || value === null) {
    const info = optionInfo(schema);
    return [{ ...info, choices: info.choices ?? choicesOf(schema), path: path.join("."), value }];
  }
  const values = value as Record<string, unknown>;
  return Object.entries(properties).flatMap(([name, property]) =>
    Object.hasOwn(values, name) ? fieldsOf(property, values[name], [...path, name]) : [],
  );
}

/** Of a union, the kind of object that the value is; else the schema itself. */
function branchOf(schema: JsonSchema, value: unknown): JsonSchema {
  const branches = (schema.anyOf ?? schema.oneOf ?? []).filter(({ properties }) => properties);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return schema;
  const values = value as Record<string, unknown>;
  const fits = ({ properties = {} }: JsonSchema) =>
    Object.entries(properties).every(([name, { const: fixed }]) => fixed === undefined || values[name] === fixed) &&
    Object.keys(values).every((name) => name in properties);
  return branches.find(fits) ?? schema;
}

/** The values of a union of fixed ones. */
function choicesOf({ anyOf }: JsonSchema): string[] | null {
  const fixed = anyOf?.map((branch) => branch.const);
  return fixed?.every((one) => one !== undefined) ? fixed.map(String) : null;
}
