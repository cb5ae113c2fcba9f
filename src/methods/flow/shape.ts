import { z } from "zod";
import { classes, depth, width } from "../../models/shape.js";
import { autoencoderShape } from "../../networks/autoencoder.js";

/** Objectives beside flow matching itself, whose models draw in one step or few. */
export const fewStepObjectives = ["alpha-flow", "shortcut", "consistency"] as const;
export type FewStepObjective = (typeof fewStepObjectives)[number];

/** Lengths of jumps: the longest is the whole way, each next one half as long. */
export const jumpLevels = z.number().int().min(1).max(10);

/** What a file keeps of a flow's networks. */
export const flowShape = z.strictObject({
  space: z.enum(["pixel", "latent", "joint"]),
  /** What it was trained by, which says how it draws; absent: flow matching. */
  objective: z.enum(fewStepObjectives).optional(),
  /** Of a shortcut model: lengths of jumps that it has learnt, 1, ½, ¼ …; absent in older files. */
  levels: jumpLevels.optional(),
  autoencoder: autoencoderShape,
  /** 0: unconditional. The class after the last is "none". */
  classes,
  hidden: width,
  blocks: depth,
  condition: width,
});
export type FlowShape = z.infer<typeof flowShape>;
