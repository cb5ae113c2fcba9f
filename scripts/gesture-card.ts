/**
 * Writes the card of a shipped model of gestures from a fresh measurement: `npm run gesture-card -- <name> [people]`. The
 * section "Limits" of an existing card is kept; everything above it is written anew.
 */

import { join } from "node:path";
import { resolveDialogues } from "../src/data/index.js";
import { evaluateGestures, measureGestureReference } from "../src/judges/gesture/evaluate.js";
import { gestureSampler } from "../src/judges/gesture/sampler.js";
import { Motions } from "../src/media/motions.js";
import { loadModel } from "../src/methods/load.js";
import { figure, writeCard } from "./card.js";

const [name, countText = "80"] = process.argv.slice(2);
if (!name) throw new Error("usage: npm run gesture-card -- <model> [people]");
const count = Number(countText);
const folder = join(import.meta.dirname, "../models", name);
const model = await loadModel(folder, { kind: "gesture" });
const dataset = await resolveDialogues(String(model.config.training.data));
const reference = await measureGestureReference(dataset, { count });
const STEPS = [1, 8];
const measured = [];
for (const steps of STEPS)
  measured.push(await evaluateGestures(gestureSampler(model, { steps }), reference, { seed: 0 }));
const [few, many] = measured;
const show = (value: number | null) => (value === null ? "–" : Math.abs(value) < 1e-12 ? 0 : figure(value));

// The first people of two conversations of each relation, at ten moments
const dialogues = dataset.test.slice(0, 8);
const { dialogues: drawn } = await model.sample({ count: dialogues.length, steps: 8 }, { dialogues });
await new Motions(drawn.map(([clip]) => clip)).save(join(folder, "samples.png"));

const pairs = `${dataset.train.length} pairs of people, ${Math.round(dataset.train[0].frames / dataset.fps)} s each`;
const path = await writeCard(folder, {
  config: model.config,
  name,
  what: [
    "Gestures of two people in conversation from their two voices, their relation and personalities: upper body, arms and",
    "fingers at 30 frames a second. A DyaDiT-like transformer on the tokens of a residual VQ tokenizer, trained by flow",
    "matching, in windows of 4 s, both people as one diffusion.",
  ].join(" "),
  shown: [
    "**It has learnt from a simulator and synthetic voices, not from people.** It shows that voices, roles and labels steer motion as they do there; it says nothing about how real people gesture.",
    "",
    "![ten moments of eight people: friends, strangers, family, couples](samples.png)",
  ],
  data: {
    ...dataset,
    size: `${pairs}, who talk, gesture, nod and mirror each other by a procedure; no captured motion, no recorded voice`,
  },
  measured: [
    `\`fewstep eval ${name} --steps ${STEPS.join(",")} --count ${count}\`: ${count} held-out people, guidance 2, one draw, against those people as the simulator moved them. The judge of relations and traits learns from the training set. So few people tell sizes, not differences of a tenth. "Real" is the simulator's motion of people of the training set, "shuffled" its motion in other conversations than its own.`,
    "",
    `| metric | ${STEPS[0]} step (${few.nfe} evaluations) | ${STEPS[1]} steps (${many.nfe}) | real | shuffled | mean pose |`,
    "|---|---|---|---|---|---|",
    ...few.figures.map(({ name, value, real, shuffled, meanPose }, i) => {
      const row = [value, many.figures[i].value, real, shuffled, meanPose].map(show);
      return `| ${[name, ...row].join(" | ")} |`;
    }),
    "",
    `More figures, by the simulator's truth, stand in docs/dyadic.md of fewstep.`,
  ],
  metrics: measured,
});
await model.release();
console.log(`${path} is written.`);
