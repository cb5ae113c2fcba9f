/**
 * Writes the card of a shipped model that answers questions from a fresh measurement: `npm run answers-card -- <name>
 * [questions]`. The section "Limits" of an existing card is kept; everything above it is written anew.
 */

import { join } from "node:path";
import { SKILLS, sceneImages, scenes } from "../src/data/scenes/index.js";
import { saveGrid } from "../src/io/index.js";
import { evaluateAnswers } from "../src/judges/answers/evaluate.js";
import { ANSWERS_HEAD, percent, skillRow } from "../src/loops/diagnostic/answers-report.js";
import { VisionLanguageModel } from "../src/methods/vision-language/index.js";
import { writeCard } from "./card.js";

const [name, countText = "500"] = process.argv.slice(2);
if (!name) throw new Error("usage: npm run answers-card -- <model> [questions of each skill]");
const perSkill = Number(countText);
const folder = join(import.meta.dirname, "../models", name);
const model = await VisionLanguageModel.load(folder);
const dataset = scenes();
const measured = await evaluateAnswers(model, dataset, { perSkill });

// One test question of each skill, not chosen
const shown = SKILLS.map((skill) => dataset.probe("test", skill, 0));
const images = sceneImages(shown.map(({ scene }) => scene));
await saveGrid(join(folder, "samples.png"), images.pixels, images.shape, { columns: 6, scale: 3 });
const answers = await model.answer({ images, questions: shown.map(({ question }) => question.text) });

const path = await writeCard(folder, {
  config: model.config,
  name,
  what: "A vision-language model: it looks at a picture of 48×48 pixels, reads a question and writes the answer word by word. Convolutions and transformer blocks over 36 patches, a causal transformer over the words.",
  shown: [
    "![a test question of each skill, not chosen](samples.png)",
    "",
    ...shown.map(({ question: { text, answer } }, i) => {
      const said = answers[i][0].text;
      return `${i + 1}. ${text}? **${said}**${said === answer ? "" : ` (wrong: ${answer})`}`;
    }),
  ],
  data: { ...dataset, size: "pictures of shapes, digits and bar charts made from a seed, with computed answers" },
  measured: [
    `\`fewstep eval ${name} --count ${perSkill}\`: ${perSkill} test questions of each skill, about pictures of their own. "Without looking" is what the commonest answer to the same or such a question gets right, "chance" a guess among the answers that a question can have.`,
    "",
    `| ${ANSWERS_HEAD.join(" | ")} |`,
    `|${"---|".repeat(ANSWERS_HEAD.length)}`,
    ...measured.skills.map((one) => `| ${skillRow(one).join(" | ")} |`),
    `| mean | | ${percent(measured.accuracy)} | ${percent(measured.floor)} | |`,
  ],
  metrics: measured,
});
await model.release();
console.log(`${path} is written.`);
