/** Draws shoes, then edits them on the sphere: `npx tsx examples/edit.ts`. */
import { sphere } from "fewstep";

const model = await sphere.SphereModel.load("sphere-fashion");
const shoes = await model.sample({ count: 8, label: "sneaker", steps: 4, seed: 7 });

await shoes.savePng("out/shoes.png");
await (await sphere.vary(model, shoes, { angle: 40, label: "sneaker" })).savePng("out/other-shoes.png");
await (await sphere.morph(model, shoes, { label: "boot" })).savePng("out/boots.png");
await model.release();
