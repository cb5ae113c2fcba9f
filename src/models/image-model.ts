import type { z } from "zod";
import type { Channels } from "../io/channels.js";
import { Images, joinImages } from "../media/images.js";
import type { CompileOptions } from "../runtime/index.js";
import { imageSize, type ModelConfig } from "./files.js";
import { Model, type Rows } from "./model.js";

/** A generator of images; rows of its samples are pixels [channels, height, width] in [−1, 1]. */
export abstract class ImageModel<S extends z.ZodObject> extends Model<"image", S> {
  readonly kind = "image";
  /** Size of an image. */
  readonly image: { readonly height: number; readonly width: number; readonly channels: Channels };

  constructor(config: ModelConfig, options: S, compileOptions?: CompileOptions) {
    super(config, options, compileOptions);
    this.image = imageSize(config);
  }

  /** Images [n, C, H, W] of a batch; they have labels where the rows began with a `label` of the model's classes. */
  protected output(pixels: Float32Array, rows: Rows, n: number): Images {
    const { channels, height, width } = this.image;
    const labels = this.classNames && rows.label ? (rows.label as Int32Array).slice(0, n) : null;
    return new Images(pixels, n, channels, height, width, labels);
  }

  protected join(batches: readonly Images[]): Images {
    return joinImages(batches);
  }
}
