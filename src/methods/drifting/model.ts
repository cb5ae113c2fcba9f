import type { z } from "zod";
import { editsOf } from "../../models/edits.js";
import type { ModelConfig } from "../../models/files.js";
import type { SampleContext } from "../../models/generator.js";
import { ImageModel } from "../../models/image-model.js";
import { resolveClasses, resolveNoise } from "../../models/inputs.js";
import type { BatchStep, DrawnBatch, Rows } from "../../models/model.js";
import { graph } from "../../models/programs.js";
import { Random } from "../../random/index.js";
import type { CompileOptions } from "../../runtime/index.js";
import { constant, type Tensor } from "../../tensor/index.js";
import type { DriftingNetwork } from "./architecture.js";
import { type DriftEditor, driftingEdits } from "./edits.js";
import { driftingOptions, GUIDANCE } from "./options.js";
import { type DriftingShape, inputsOf } from "./shape.js";

type Schema = ReturnType<typeof driftingOptions>;
type Options = z.output<Schema>;

/** A one-step image model: one network evaluation per image. */
export class DriftingModel extends ImageModel<Schema> {
  constructor(
    config: ModelConfig,
    private readonly shape: DriftingShape,
    private readonly net: DriftingNetwork,
    readonly runtime: CompileOptions = {},
  ) {
    super(config, driftingOptions(shape), runtime);
  }

  /** First row of each style token in the table that they share. */
  private get styleRows(): Tensor {
    const { count, size } = this.shape.styles;
    return constant(
      Int32Array.from({ length: count }, (_, token) => token * size),
      [count],
      "int32",
    );
  }

  /** The network; of a mixture, labels are weights of the classes. */
  private generator(mixed: boolean) {
    const { noise, guidance, styles, classes } = inputsOf(this.shape);
    return graph({
      inputs: (size: number) => ({
        noise: [size, 1, noise],
        label: mixed ? [size, classes] : { shape: [size], dtype: "int32" as const },
        guidance: guidance && [size],
        style: styles.count > 0 && { shape: [size, 1, styles.count], dtype: "int32" as const },
      }),
      build: ({ style, ...inputs }) => ({
        images: this.net({ ...inputs, style: style?.add(this.styleRows) }).clamp(-1, 1),
      }),
    });
  }

  get edits() {
    return editsOf<DriftEditor>(this, driftingEdits(this.shape));
  }

  get parts() {
    const { noise, classes, styles } = inputsOf(this.shape);
    return {
      generator: this.part("noise, label, guidance and style to images, clipped to [−1, 1]", this.generator(false), {
        noise: `float32 [batch, 1, ${noise}]: drawn from a standard normal distribution`,
        label: `int32 [batch]: class, 0 … ${Math.max(classes, 1) - 1}`,
        guidance: `float32 [batch]: strength, ${GUIDANCE.low} (none) … ${GUIDANCE.high}`,
        style: `int32 [batch, 1, ${styles.count}]: style tokens, each 0 … ${styles.size - 1}, drawn evenly where none is wanted`,
      }),
    };
  }

  get whole() {
    return this.parts.generator;
  }

  protected evaluations(): number {
    return 1;
  }

  protected stepsOf(): number {
    return 1;
  }

  protected override get standIns() {
    return ["noise", "mixture"] as const;
  }

  /** All that a sample depends on stands in its row. */
  protected override shared(): object {
    return {};
  }

  protected begin({ count, label, guidance = 1, seed, style }: Options, { noise, mixture }: SampleContext): Rows {
    const { noise: length, styles } = inputsOf(this.shape);
    const random = new Random(seed, "sample");
    const z = resolveNoise(noise, count, length, random.split("noise"));
    const drawn = random.split("style");
    const tokens = Int32Array.from(
      { length: count * styles.count },
      (_, i) => style?.[i % styles.count] ?? drawn.integer(styles.size),
    );
    const classes = resolveClasses({ label, mixture, seed }, count, this.classNames);
    return { noise: z, style: tokens, guidance: new Float32Array(count).fill(guidance), ...classes };
  }

  protected async *draw(rows: Rows, _options: Options, { size }: DrawnBatch): AsyncGenerator<BatchStep> {
    const { noise, style, guidance, mixture, label = mixture } = rows;
    const name = mixture ? "generator of mixtures" : "generator";
    const feeds = { noise, style, label, guidance };
    const { images } = await this.programs.run(name, this.generator(mixture !== undefined), size, feeds);
    yield { evaluations: 1, rows: () => images };
  }
}
