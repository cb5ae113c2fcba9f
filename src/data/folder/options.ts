import type { Channels } from "../../io/channels.js";
import type { Work } from "./read.js";

/** How a folder of pictures is read. */
export interface FolderOptions extends Work {
  /**
   * Side in pixels, or [height, width]. Default: the size that at least half of the pictures have, if at most 64 × 64
   * (in steps of 4), else 32.
   */
  size?: number | readonly [number, number];
  /** Default: 3 if any picture has colour, else 1; 4 keeps transparency. */
  channels?: Channels;
  /** How pictures of another aspect ratio are fitted. Default "cover" (centre crop). */
  crop?: "cover" | "fill" | "contain";
  /** CSS colour behind transparent pixels, which 4 channels keep. Default white. */
  background?: string;
  /** Of animated files and those of several pages: the first (default), or all, each a picture of its own. */
  frames?: "all" | "first";
  /** Leave out pictures that cannot be read instead of throwing; `onSkip` hears of each. */
  skipBroken?: boolean;
  onSkip?: (path: string, error: Error) => void;
}
