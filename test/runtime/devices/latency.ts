import { loadSphere } from "../../../src/methods/sphere/load.js";
import type { DeviceName } from "../../../src/runtime/index.js";

/** Milliseconds of single decodings (one latent to one picture), after a tenth as many to warm up. */
export async function decodeTimes(location: string, device: DeviceName, repeats: number): Promise<number[]> {
  const model = await loadSphere(location, { device });
  const latent = new Float32Array(model.latent).map((_, i) => (i % 2 ? 1 : -1));
  const times: number[] = [];
  for (let i = -Math.ceil(repeats / 10); i < repeats; i++) {
    latent[0] = -latent[0];
    const start = performance.now();
    await model.decode(latent, { label: 0 });
    if (i >= 0) times.push(performance.now() - start);
  }
  await model.release();
  return times;
}
