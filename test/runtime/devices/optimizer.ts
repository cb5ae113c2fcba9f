import { parameter } from "../../../src/nn/index.js";
import { adamw, ema } from "../../../src/optim/index.js";
import { kernels } from "../../../src/optim/kernels/index.js";
import { Random } from "../../../src/random/index.js";
import { Parameters } from "../../../src/runtime/index.js";

/** Updates of parameters large enough for a memory of their own; a checksum that every bit counts in. */
export function optimizerUpdates(): { kernels: string; norm: number; checksum: number } {
  const parameters = new Parameters([["weight", parameter([271, 257], () => {})]]);
  parameters.flat.set(new Random(0).normals(parameters.count));
  const optimizer = adamw(parameters, { lr: 0.01, clip: 1 });
  const average = ema(parameters, { decay: 0.9 });
  let norm = 0;
  for (let i = 1; i <= 3; i++) {
    norm = optimizer.update(new Random(i).normals(parameters.count)).norm;
    average.update();
  }
  const bits = (vector: Float32Array) => new Uint32Array(vector.buffer, vector.byteOffset, vector.length);
  const sum = [...bits(parameters.flat), ...bits(average.average)].reduce((hash, x) => (hash * 31 + x) >>> 0, 7);
  return { kernels: kernels().name, norm, checksum: sum };
}
