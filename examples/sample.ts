/** The README's five lines: `npx tsx examples/sample.ts`. */
import { loadModel } from "fewstep";

const model = await loadModel("drifting-fashion"); // shipped name, folder, or URL
const images = await model.sample({ count: 16, label: "sneaker", guidance: 1.5, seed: 7 }); // one network evaluation each
await images.save("out/sneakers.png");
await model.release();
