import { graph, type Programs } from "../../models/programs.js";
import { input, type Tensor } from "../../tensor/index.js";
import type { MotionNetwork } from "./network.js";
import { type MotionShape, TOKEN_FRAMES } from "./shape.js";
import { NotedPast, type Past, RingPast } from "./vae.js";

/** A causal network as a graph that is fed what came before its input, and gives what comes before the next. */
function streaming(shape: readonly number[], name: string, run: (x: Tensor, past: Past) => Tensor) {
  const noted = new NotedPast();
  run(input(name, [1, ...shape]), noted);
  const columns = noted.sizes.map(({ channels, length }) => [channels, length]);
  const step = graph<string, Record<string, Tensor>>({
    inputs: (size) => ({
      [name]: [size, ...shape],
      ...Object.fromEntries(columns.map((axes, i) => [`past${i}`, [size, ...axes]])),
    }),
    build: (inputs) => {
      const past = new RingPast(columns.map((_, i) => inputs[`past${i}`]));
      const out = run(inputs[name], past);
      return { out, ...Object.fromEntries(past.next.map((next, i) => [`past${i}`, next])) };
    },
  });
  const start = () => Object.fromEntries(columns.map(([c, n], i) => [`past${i}`, new Float32Array(c * n)]));
  return { step, start };
}

/** Takes a network's input stretch by stretch; what comes out is what the whole at once would give. */
class Stream {
  constructor(
    private readonly programs: Programs,
    private readonly name: string,
    private readonly graph: ReturnType<typeof streaming>["step"],
    private past: Record<string, Float32Array>,
  ) {}

  static begin(programs: Programs, name: string, { step, start }: ReturnType<typeof streaming>): Stream {
    return new Stream(programs, name, step, start());
  }

  /** Another stream that goes on from here. */
  copy(): Stream {
    return new Stream(this.programs, this.name, this.graph, this.past);
  }

  async push(stretch: Float32Array): Promise<Float32Array> {
    const [first] = Object.keys(this.graph.inputs(1));
    const { out, ...past } = await this.programs.run(this.name, this.graph, 1, { [first]: stretch, ...this.past });
    this.past = past;
    return out;
  }
}

/** Frames of features [4n, features] of each n standardised tokens [n, latent], as they come. */
export const decodingStream = (programs: Programs, net: MotionNetwork, shape: MotionShape, tokens: number): Stream =>
  Stream.begin(
    programs,
    `decode on ${tokens}`,
    streaming([tokens, shape.codec.latent], "tokens", (x, past) =>
      net.frames.undo(net.decode(net.tokens.undo(x), past)),
    ),
  );

/** Standardised tokens [n, latent], their means, of each 4n frames of features, as they come. */
export const encodingStream = (programs: Programs, net: MotionNetwork, shape: MotionShape, tokens: number): Stream =>
  Stream.begin(
    programs,
    `encode on ${tokens}`,
    streaming([tokens * TOKEN_FRAMES, shape.features], "rows", (x, past) =>
      net.tokens.apply(net.encode(net.frames.apply(x), past).mean),
    ),
  );
