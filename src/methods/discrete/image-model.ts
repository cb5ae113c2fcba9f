import { levelsToPixels } from "../../data/tokens/pixels.js";
import { Images, joinImages } from "../../media/images.js";
import { imageSize, type ModelConfig } from "../../models/files.js";
import type { Rows } from "../../models/model.js";
import type { CompileOptions } from "../../runtime/index.js";
import { DiscreteModel } from "./model.js";
import type { DiscreteNetwork } from "./network.js";
import { pixelOptions } from "./options.js";
import type { DiscreteShape } from "./shape.js";

/** What is masked yet is shown as grey. */
const MASKED = 0;

/** A model of pixels. */
export class DiscreteImageModel extends DiscreteModel<"image", ReturnType<typeof pixelOptions>> {
  readonly kind = "image";

  constructor(config: ModelConfig, shape: DiscreteShape, net: DiscreteNetwork, options?: CompileOptions) {
    super(config, shape, net, pixelOptions(shape), options);
  }

  /** Levels that a pixel can have. */
  get levels(): number {
    return this.shape.vocabulary;
  }

  protected output(tokens: Int32Array, rows: Rows, n: number): Images {
    const { height, width, channels } = imageSize(this.config);
    const labels = this.classNames ? (rows.label as Int32Array).slice(0, n) : null;
    const pixels = levelsToPixels(tokens, this.levels).map((v, i) => (tokens[i] < this.levels ? v : MASKED));
    return new Images(pixels, n, channels, height, width, labels);
  }

  protected join(batches: readonly Images[]): Images {
    return joinImages(batches);
  }
}
