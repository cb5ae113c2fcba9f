/** Draws shoes, then edits them on the sphere: `npx tsx examples/edit.ts`. */
import { sphere } from "fewstep";

const model = await sphere.loadSphere("sphere-fashion");
const shoes = await model.sample({ count: 8, label: "sneaker", steps: 4, seed: 7 });

await shoes.save("out/shoes.png");
await (await sphere.vary(model, shoes, { angle: 40, label: "sneaker" })).save("out/other-shoes.png");
await (await sphere.morph(model, shoes, { label: "boot" })).save("out/boots.png");
await model.release();
