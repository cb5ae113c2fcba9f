import { createHash } from "node:crypto";
import { readdir, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { loadSafetensors, type SafetensorsFile, saveSafetensors, type TensorRecord } from "../io/index.js";
import { RunError } from "./folder.js";
import type { Position } from "./stage.js";
import { type Kept, type Packed, pack, unpack } from "./state.js";

/** A checkpoint whose content is complete and unharmed. */
export interface Checkpoint {
  path: string;
  position: Position;
  /** Whether the stage is finished. */
  end: boolean;
  /** Configuration that the run had; undefined in checkpoints of earlier versions. */
  config?: unknown;
  /** Puts the owners back to the kept state. Throws where the state does not fit them. */
  restore(kept: Record<string, Kept>): void;
}

const FORMAT = 1;
const numbered = /^(\d{8,})-(.+)\.safetensors$/;

/**
 * The checkpoints of a run: `00001500-<stage>.safetensors` for the state after 1,500 steps and
 * `stage-<stage>.safetensors` for the end of a stage. Each is one file, tensors and JSON together, that appears under
 * its name only when it is complete.
 */
export class Checkpoints {
  constructor(
    readonly folder: string,
    /** Number of numbered checkpoints kept of the present stage. */
    readonly keep: number,
    /** Configuration of the run, as JSON; kept in each. */
    readonly config: unknown = undefined,
  ) {}

  /**
   * Writes a checkpoint of `kept`, then drops the stage's oldest ones. The checkpoint of a stage's `end` is kept for
   * good, and the one before it, should this one be damaged. Returns the path.
   */
  async save(position: Position, kept: Record<string, Kept>, end = false): Promise<string> {
    const { stage, step } = position;
    const name = end ? `stage-${stage}` : `${String(step).padStart(8, "0")}-${stage}`;
    const path = join(this.folder, `${name}.safetensors`);
    const { tree, tensors } = pack(kept);
    const checkpoint = JSON.stringify({ format: FORMAT, position, end, config: this.config, tree });
    await saveSafetensors(path, tensors, { metadata: { checkpoint, sha256: digest(checkpoint, tensors) } });
    for (const old of (await this.list(stage)).slice(0, end ? -1 : -this.keep)) await rm(old, { force: true });
    return path;
  }

  /** Paths of a stage's numbered checkpoints, oldest first. */
  async list(stage: string): Promise<string[]> {
    return (await this.names())
      .map((name) => numbered.exec(name))
      .filter((match) => match?.[2] === stage)
      .sort((a, b) => Number(a![1]) - Number(b![1]))
      .map((match) => join(this.folder, match![0]));
  }

  /**
   * The stage's newest checkpoint, or null where it has none. One that cannot be read is set aside as `….damaged`, with
   * a warning, and the one before it is used. Throws where none can be read.
   */
  async newest(stage: string, warn: (message: string) => void): Promise<Checkpoint | null> {
    const paths = [...(await this.list(stage)), join(this.folder, `stage-${stage}.safetensors`)].reverse();
    const damaged: { path: string; message: string }[] = [];
    for (const path of paths) {
      try {
        const checkpoint = await readCheckpoint(path);
        for (const { path, message } of damaged) {
          warn(`${message} The one before it is used, of step ${checkpoint.position.step}.`);
          await rename(path, `${path}.damaged`);
        }
        return checkpoint;
      } catch (error) {
        const { message, cause } = error as Error;
        if ((cause as NodeJS.ErrnoException | undefined)?.code !== "ENOENT") damaged.push({ path, message });
      }
    }
    if (damaged.length === 0) return null;
    throw new RunError(
      `No checkpoint of the stage "${stage}" can be used; to train it again from its beginning, move these files away.\n` +
        damaged.map(({ message }) => message).join("\n"),
    );
  }

  private names(): Promise<string[]> {
    return readdir(this.folder).catch(() => []);
  }
}

/**
 * Reads a checkpoint. Throws an error that names the file where it is missing, truncated, altered or of another format.
 */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const { packed, ...rest } = await loadSafetensors(path)
    .then(parse)
    .catch((error: Error) => {
      const reason = error.message.replace(`${path}: `, "");
      throw new Error(`The checkpoint ${path} cannot be used: ${reason}`, { cause: error });
    });
  return {
    path,
    ...rest,
    restore(kept) {
      try {
        unpack(packed, kept);
      } catch (error) {
        throw new RunError(
          `The checkpoint ${basename(path)} is of another configuration: ${(error as Error).message} ` +
            "Resume with the configuration that the run began with, or train into another folder.",
          { cause: error },
        );
      }
    },
  };
}

function parse({ tensors, metadata: { checkpoint, sha256 } }: SafetensorsFile) {
  if (checkpoint === undefined) throw new Error("It holds tensors, but not the state of a run.");
  if (digest(checkpoint, tensors) !== sha256)
    throw new Error("Its checksum is wrong: it was damaged after it was written.");
  const { format, position, end, config, tree } = JSON.parse(checkpoint);
  if (format !== FORMAT) throw new Error(`It has format ${format}; this version reads format ${FORMAT}.`);
  return { position: position as Position, end: end as boolean, config, packed: { tree, tensors } as Packed };
}

/** SHA-256 of the JSON and of all tensors in the order of their names. */
function digest(json: string, tensors: Record<string, TensorRecord>): string {
  const hash = createHash("sha256").update(json);
  for (const name of Object.keys(tensors).sort()) {
    const { data } = tensors[name];
    hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest("hex");
}
