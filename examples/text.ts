/** Text by discrete diffusion: drawn, continued and filled in. `npx tsx examples/text.ts` */
import { loadTextModel } from "fewstep";

const model = await loadTextModel("duo-text");
const [drawn] = await model.sample({ steps: 128, sampler: "cap", nucleus: 0.9, seed: 1 });
console.log(`drawn:     ${drawn}`);

const [continued] = await model.sample({ prompt: "in the beginning ", steps: 128, sampler: "cap", nucleus: 0.9 });
console.log(`continued: ${continued}`);

const template = `the president ${"_".repeat(40)} of the united states`;
let filled = "";
for await (const { step, output } of model.stream({ template, steps: 64, nucleus: 0.9 })) {
  [filled] = await output();
  if (step % 16 === 0) console.log(`step ${step}: ${filled.slice(0, 80)}`);
}
console.log(`filled in: ${filled.slice(0, 80)}`);
await model.release();

const names = await loadTextModel("duo-names");
console.log(`names:     ${(await names.sample({ count: 12, steps: 32, seed: 3 })).strings.join(", ")}`);
await names.release();
