import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { writeFileAtomic } from "../io/atomic.js";
import { decodeSafetensors, encodeSafetensors } from "../io/safetensors.js";
import { type Kept, type Packed, pack, type StoredTensor, unpack } from "./state.js";

/** Where a run stands. */
export interface Position {
  stage: string;
  /** Training steps made in this stage. */
  stageStep: number;
  /** Training steps made in the whole run. */
  step: number;
  /** Wall-clock time of the run so far, over all its sessions. */
  seconds: number;
}

/** A checkpoint whose content is complete and unharmed. */
export interface Checkpoint {
  path: string;
  position: Position;
  /** Puts the owners back to the kept state. Throws where the state does not fit them. */
  restore(kept: Record<string, Kept>): void;
}

const FORMAT = 1;
const numbered = /^(\d{8,})-(.+)\.safetensors$/;

/**
 * The checkpoints of a run: `00001500-<stage>.safetensors` for the state after 1,500 steps and `stage-<stage>.safetensors` for
 * the end of a stage. Each is one file, tensors and JSON together, that appears under its name only when it is complete.
 */
export class Checkpoints {
  constructor(
    readonly folder: string,
    readonly keep: number,
  ) {}

  /** Writes a checkpoint of `kept`, then drops the oldest ones beyond the last `keep`. Returns its path. */
  async save(position: Position, kept: Record<string, Kept>): Promise<string> {
    const path = join(this.folder, `${String(position.step).padStart(8, "0")}-${position.stage}.safetensors`);
    await this.write(path, position, kept);
    const all = await this.list();
    for (const old of all.slice(0, Math.max(0, all.length - this.keep))) await rm(old, { force: true });
    return path;
  }

  /** Writes the end of a stage, which is kept for good. */
  async saveStage(position: Position, kept: Record<string, Kept>): Promise<string> {
    const path = this.stagePath(position.stage);
    await this.write(path, position, kept);
    return path;
  }

  stagePath(stage: string): string {
    return join(this.folder, `stage-${stage}.safetensors`);
  }

  /** Paths of the numbered checkpoints (of one stage), oldest first. */
  async list(stage?: string): Promise<string[]> {
    const names = await readdir(this.folder).catch(() => []);
    return names
      .map((name) => ({ name, match: numbered.exec(name) }))
      .filter(({ match }) => match && (stage === undefined || match[2] === stage))
      .sort((a, b) => Number(a.match![1]) - Number(b.match![1]))
      .map(({ name }) => join(this.folder, name));
  }

  /** Removes what a killed process left half written. Returns the names. */
  async clean(): Promise<string[]> {
    const names = (await readdir(this.folder).catch(() => [])).filter((name) => !name.endsWith(".safetensors"));
    for (const name of names) await rm(join(this.folder, name), { force: true });
    return names;
  }

  private async write(path: string, position: Position, kept: Record<string, Kept>): Promise<void> {
    const { tree, tensors } = pack(kept);
    const json = JSON.stringify({ format: FORMAT, position, tree });
    await mkdir(this.folder, { recursive: true });
    await writeFileAtomic(path, encodeSafetensors(tensors, { checkpoint: json, sha256: digest(json, tensors) }));
  }
}

/** Reads a checkpoint. Throws an error that names the file where it is missing, truncated, altered or of another format. */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const { position, packed } = await readFile(path)
    .then(parse)
    .catch((error: Error) => {
      throw new Error(`The checkpoint ${path} cannot be used: ${error.message}`, { cause: error });
    });
  return {
    path,
    position,
    restore(kept) {
      try {
        unpack(packed, kept);
      } catch (error) {
        throw new Error(
          `The checkpoint ${basename(path)} belongs to a different configuration: ${(error as Error).message}. ` +
            "Resume with the configuration that the run was started with, or train into another folder.",
          { cause: error },
        );
      }
    },
  };
}

function parse(bytes: Uint8Array): { position: Position; packed: Packed } {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const json = metadata?.checkpoint;
  if (json === undefined) throw new Error("it is a safetensors file, but no checkpoint");
  if (digest(json, tensors as Packed["tensors"]) !== metadata.sha256) throw new Error("its checksum is wrong: it was damaged after it was written");
  const { format, position, tree } = JSON.parse(json);
  if (format !== FORMAT) throw new Error(`it has format ${format}; this version reads format ${FORMAT}`);
  return { position, packed: { tree, tensors: tensors as Packed["tensors"] } };
}

/** SHA-256 of the JSON and of all tensors in the order of their names. */
function digest(json: string, tensors: Record<string, StoredTensor>): string {
  const hash = createHash("sha256").update(json);
  for (const name of Object.keys(tensors).sort()) {
    const { data } = tensors[name];
    hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest("hex");
}
