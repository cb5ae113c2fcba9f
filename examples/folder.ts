/**
 * Trains on a folder of pictures (class = subfolder, or none) and draws: `npx tsx examples/folder.ts ./my-pictures`.
 */
import { drifting, loadModel } from "fewstep";
import { resolveDataset } from "fewstep/data";

const pictures = process.argv[2];
if (!pictures) throw new Error("Give a folder of pictures.");
const dataset = await resolveDataset(pictures, { size: 32 });
const settings = drifting.forData(drifting.presets.tiny, dataset);
const result = await drifting.trainDrifting(dataset, settings, {
  out: "runs/mine",
  source: { data: pictures, size: 32 },
});
if (result.status === "finished") {
  const model = await loadModel("runs/mine");
  await (await model.sample({ count: 64 })).save("out/mine.png");
  await model.release();
}
