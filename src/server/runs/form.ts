import { methods } from "../../methods/registry.js";
import { settingFields } from "../../models/settings-form.js";
import type { MethodForm } from "./api.js";

/** What a form needs of the methods: their presets, and the settings of each with what it may be. */
export const methodForms = (): MethodForm[] =>
  Object.entries(methods).map(([name, { summary, learnsFrom, load, answers, lastSteps, schema, presets }]) => ({
    ...{ name, summary, draws: load !== null || answers },
    improvable: Object.values(presets).some((preset) => lastSteps(preset) !== null),
    judge: learnsFrom.includes("motion") ? "motion-judge" : null,
    tokens: Object.values(presets).every((preset) => "tokens" in preset),
    presets: Object.entries(presets).map(([name, preset]) => ({
      name,
      fields: settingFields(schema, preset),
      learnsFrom: learnsFrom.filter((kind) => suits(preset, kind)),
    })),
  }));

/** Whether a preset can learn from data of a kind: tokens are pixels of images, or parts of text. */
function suits(preset: { tokens?: { kind?: string } }, kind: string): boolean {
  const { tokens } = preset;
  return tokens?.kind === undefined || (tokens.kind === "pixels") === (kind === "images");
}
