import { readFile } from "node:fs/promises";
import { readNpy } from "../io/npy.js";
import { reading } from "../io/reading.js";
import { many } from "../io/show.js";
import { requireFile, UsageError } from "./output.js";

/** The states of one prompt [pieces, width], for all samples, or of one for each [count, pieces, width]. */
export async function statesFrom(path: string, count: number): Promise<Float32Array> {
  requireFile(path, "a .npy file");
  const { shape, data } = readNpy(await reading(path, () => readFile(path)), path);
  const each = shape.length === 3 ? shape[0] : shape.length === 2 ? 1 : 0;
  if (each !== 1 && each !== count)
    throw new UsageError(
      `${path} is an array [${shape.join(", ")}]; the states of a prompt are [pieces, width], or [${count}, pieces, width] with one for each of the ${many(count, "sample")}.`,
    );
  const states = new Float32Array((data.length / each) * count);
  for (let at = 0; at < states.length; at += data.length) states.set(data, at);
  return states;
}
