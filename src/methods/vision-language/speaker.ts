import { graph, type Programs } from "../../models/programs.js";
import type { Random } from "../../random/index.js";
import type { VisionLanguageNetwork } from "./network.js";
import { type Drawn, drawToken, Writing } from "./sampler.js";
import { PATCH, type VisionLanguageShape } from "./shape.js";

/** Rows that are written at once: memory is bounded however many there are. */
const AT_ONCE = 512;

/** A question, as tokens with the mark behind them, about one of the pictures that were seen. */
export interface Asked {
  picture: number;
  tokens: readonly number[];
  random: Random;
}

export interface WriteOptions {
  /** 0: the likeliest token each time. */
  temperature: number;
  signal?: AbortSignal;
  /** Told of each token of each row as it is drawn. */
  tell?(row: number, drawn: Drawn): void;
}

/** A network that sees pictures and writes of them, token by token. */
export class Speaker {
  private readonly patches: number;

  constructor(
    private readonly net: VisionLanguageNetwork,
    private readonly shape: VisionLanguageShape,
    readonly programs: Programs,
  ) {
    this.patches = (shape.image.height / PATCH) * (shape.image.width / PATCH);
  }

  private get seeing() {
    const { height, width, channels } = this.shape.image;
    return graph({
      inputs: (size: number) => ({ images: [size, channels, height, width] }),
      build: ({ images }) => ({ patches: this.net.see(images) }),
    });
  }

  private get saying() {
    return graph({
      inputs: (size: number) => ({
        patches: [size, this.patches, this.shape.width],
        tokens: { shape: [size, this.shape.length], dtype: "int32" as const },
      }),
      build: ({ patches, tokens }) => ({ logits: this.net.say(patches, tokens) }),
    });
  }

  /** What is seen of pictures [N, C, H, W]: their patches [N, P, width]. */
  async see(images: Float32Array, count: number, signal?: AbortSignal): Promise<Float32Array> {
    return (await this.programs.rows("see", this.seeing, count, { images }, { signal })).patches;
  }

  /** Logits [N, L, K] of rows of tokens [N, L], each about one of the pictures. */
  async logits(
    tokens: Int32Array,
    { seen, pictures, signal }: { seen: Float32Array; pictures: readonly number[]; signal?: AbortSignal },
  ): Promise<Float32Array> {
    const feeds = { patches: this.ofPictures(seen, pictures), tokens };
    return (await this.programs.rows("say", this.saying, pictures.length, feeds, { signal })).logits;
  }

  /** The tokens of each row's answer as they were drawn, with its end where it has one. */
  async write(rows: readonly Asked[], seen: Float32Array, options: WriteOptions): Promise<Drawn[][]> {
    const all: Drawn[][] = [];
    for (let at = 0; at < rows.length; at += AT_ONCE) {
      const tell: WriteOptions["tell"] = (row, drawn) => options.tell?.(at + row, drawn);
      all.push(...(await this.writeSome(rows.slice(at, at + AT_ONCE), seen, { ...options, tell })));
    }
    return all;
  }

  private async writeSome(rows: readonly Asked[], seen: Float32Array, options: WriteOptions): Promise<Drawn[][]> {
    const { temperature, signal, tell } = options;
    const patches = this.ofPictures(
      seen,
      rows.map(({ picture }) => picture),
    );
    const writing = new Writing(
      rows.map(({ tokens }) => tokens),
      this.shape.length,
    );
    while (!writing.done) {
      const feeds = { patches, tokens: writing.tokens };
      const { logits } = await this.programs.rows("say", this.saying, rows.length, feeds, { signal });
      writing.step(logits, (own, row) => {
        const drawn = drawToken(own, temperature, rows[row].random);
        tell?.(row, drawn);
        return drawn;
      });
    }
    return writing.drawn;
  }

  /** Patches of a picture for each row. */
  private ofPictures(seen: Float32Array, pictures: readonly number[]): Float32Array {
    const size = this.patches * this.shape.width;
    const patches = new Float32Array(pictures.length * size);
    for (const [i, picture] of pictures.entries())
      patches.set(seen.subarray(picture * size, (picture + 1) * size), i * size);
    return patches;
  }
}
