import type { ByteReader } from "../io/byte-reader.js";
import { keeping, sha256Of } from "../io/checksum.js";
import { readSafetensors, type SafetensorsFile, type SafetensorsHeader } from "../io/safetensors.js";
import { show } from "../io/show.js";
import type { Weights } from "./architecture.js";

/** Bytes of the header of a file of weights at most. */
const MAX_HEADER = 16e6;

/** Reads a file of weights, and compares it with its checksum, where there is one. @throws where they differ */
export async function readWeights(
  reader: ByteReader,
  accept: (header: SafetensorsHeader) => void,
  wanted: string | undefined,
): Promise<SafetensorsFile> {
  const options = { accept, maxHeader: MAX_HEADER };
  if (wanted === undefined) return readSafetensors(reader, options);
  const { reader: kept, pieces } = keeping(reader);
  const file = await readSafetensors(kept, options);
  const found = (await sha256Of(pieces)) ?? wanted;
  if (found === wanted) return file;
  throw new Error(
    `The file is not the one that config.json was written with: its SHA-256 is ${found.slice(0, 12)}…, not ${wanted.slice(0, 12)}…. ` +
      "It was damaged or changed since, or belongs to another model. Copy or fetch the model's folder again (load it again where a " +
      'training writes it just now); if you changed the weights yourself, take "sha256" out of config.json.',
  );
}

/** Refuses weights that would draw nothing but NaN. @throws with the tensor's name */
export function requireFinite(weights: Weights): void {
  for (const [name, { data }] of Object.entries(weights)) {
    let [count, first] = [0, Number.NaN];
    for (let i = 0; i < data.length; i++) {
      if (Number.isFinite(data[i])) continue;
      if (count === 0) first = data[i];
      count++;
    }
    if (count > 0)
      throw new Error(
        `The weights hold values that are not finite: ${count} of the ${data.length} of the tensor ${show(name)}, the first ${first}. ` +
          "Nothing can be drawn with them: take the file from where the model was made, or train it again with a lower learning rate.",
      );
  }
}
