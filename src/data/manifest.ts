import { cifar10 } from "./sources/cifar10.js";
import { emoji32, emoji64 } from "./sources/emoji.js";
import { fashionMnist, mnist } from "./sources/mnist-family.js";
import { quickdraw } from "./sources/quickdraw.js";
import type { PinnedDataset } from "./sources/source.js";
import { sprites } from "./sources/sprites.js";

/** The data sets by name, with where they come from and the hash of what must arrive. */
export const manifest: Record<string, PinnedDataset> = {
  "fashion-mnist": fashionMnist,
  mnist,
  cifar10,
  "emoji-32": emoji32,
  "emoji-64": emoji64,
  quickdraw,
  sprites,
};
