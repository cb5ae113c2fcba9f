import * as nn from "../../nn/index.js";
import { concat, constant, type Tensor } from "../../tensor/index.js";
import { hearing } from "./hearing.js";
import type { DyadicNetworkShape } from "./shape.js";

/** Width of the time's cosines and sines, and what times in [0, 1] are stretched by. */
const TIME = { width: 128, scale: 1000 };

/** Tokens before and after each one that are seen of the other person's state: 0.53 s, within which people answer. */
const BESIDE = 4;

/** y·(1 + γ) + β, with γ and β from the condition, 0 at first. */
function film(width: number) {
  const both = nn.linear(width, 2 * width, { init: "zeros" });
  return nn.module({ both }, (y: Tensor, condition: Tensor): Tensor => {
    const [scale, shift] = both(condition.silu()).split(2);
    return nn.modulate(y, shift, scale);
  });
}

/** A branch of a block, x + branch(norm(x)), with the condition after it (film) or around it, gated (adaln). */
function branch(width: number, modulation: DyadicNetworkShape["modulation"]) {
  const norm = nn.layerNorm(width, { affine: modulation === "film" });
  const after = modulation === "film" ? film(width) : null;
  const around = modulation === "adaln" ? nn.linear(width, 3 * width, { init: "zeros" }) : null;
  return nn.module({ norm, after, around }, (x: Tensor, condition: Tensor, run: (x: Tensor) => Tensor): Tensor => {
    if (after) return x.add(after(run(norm(x)), condition));
    const [shift, scale, gate] = around!(condition.silu()).split(3);
    return x.add(run(nn.modulate(norm(x), shift, scale)).mul(gate.unsqueeze(1)));
  });
}

const perceptron = (width: number, hidden: number) =>
  nn.mlp([width, hidden, width], { activation: (x) => x.geluTanh(), init: "xavier" });

export interface DenoiserInputs {
  /** What `remember` made of the context. */
  memory: Tensor;
  /** bool [B, M]: which tokens of the context there are. */
  mask: Tensor;
  /** Of relation and traits, [B, D]: it drives the modulation, with the time. */
  social: Tensor;
  /** The other one's noisy latents at the same time, [B, n, latent], of a network of both together. */
  other?: Tensor;
  /** [B]: 0 where there is no other one. */
  accompanied?: Tensor;
}

/**
 * The diffusion transformer: noisy latents [B, n, latent] at times [B] in [0, 1] to what the objective predicts. A block
 * is self-attention, attention to the context and an MLP, each modulated by time, relation and traits.
 */
export function denoiser(shape: DyadicNetworkShape, latent: number, positions: Tensor, hidden?: Tensor) {
  const { width, heads, blocks: depth, hidden: wide, attention: kind, modulation, together } = shape;
  const input = nn.linear(latent, width, { init: "xavier" });
  const beside = together ? nn.conv1d(latent, width, 2 * BESIDE + 1, { padding: BESIDE, init: "xavier" }) : null;
  const time = nn.mlp([TIME.width, width, width], { init: "xavier" });
  const own = { rotary: true, queryKeyNorm: true, init: "xavier" } as const;
  const part = () => branch(width, modulation);
  const blocks = Array.from({ length: depth }, (_, i) => ({
    first: part(),
    attention: nn.attention(width, heads, own),
    second: kind === "cross" ? part() : null,
    cross: kind === "cross" ? hearing(width, heads) : null,
    third: part(),
    mlp: perceptron(width, wide),
    // Of the joint variant: the context's own weights; the last block discards it
    contextNorm: kind === "joint" ? nn.layerNorm(width) : null,
    contextAttention: kind === "joint" ? nn.attention(width, heads, { queryKeyNorm: true, init: "xavier" }) : null,
    contextMlp: kind === "joint" && i < depth - 1 ? { norm: nn.layerNorm(width), mlp: perceptron(width, wide) } : null,
  }));
  const norm = nn.layerNorm(width, { affine: false });
  const last = film(width);
  const output = nn.linear(width, latent, { init: "zeros" });
  const selfHidden = hidden?.slice(1, 0, shape.window);

  /** Context tokens [B, M, D] as what every step reads: the keys and values of all blocks, or (joint) as they are. */
  const remember = (context: Tensor): Tensor => {
    if (kind === "joint") return context;
    const memories = blocks.map(({ cross }) => cross!.memory(context));
    return concat(
      memories.flatMap(({ keys, values }) => [keys.unsqueeze(1), values.unsqueeze(1)]),
      1,
    );
  };
  const forward = (x: Tensor, t: Tensor, given: DenoiserInputs): Tensor => {
    const { memory, mask, social, other, accompanied } = given;
    const [B, N] = x.shape;
    const condition = social.add(time(nn.sinusoidal(t, TIME.width, { scale: TIME.scale })));
    const remembered = kind === "cross" ? memory.split(2 * depth, 1).map((one) => one.squeeze(1)) : [];
    const contextHidden = hidden?.slice(1, shape.window);
    let context = memory;
    const all = constant(1).broadcastTo([B, N]);
    const seen = concat([all, mask.cast("float32")], 1)
      .greater(0.5)
      .reshape([B, 1, 1, N + mask.shape[1]]);
    const alone = input(x).add(positions.unsqueeze(0));
    const h = blocks.reduce(
      (h, block, i) => {
        if (kind === "cross") {
          const known = { keys: remembered[2 * i], values: remembered[2 * i + 1] };
          return nn.block(
            (h, condition) => {
              const h1 = block.first(h, condition, (y) => block.attention(y, { mask: selfHidden }));
              const h2 = block.second!(h1, condition, (y) =>
                block.cross!(y, { context: known, mask, bias: contextHidden }),
              );
              return block.third(h2, condition, block.mlp);
            },
            h,
            condition,
          );
        }
        const normed = block.contextNorm!(context);
        const theirs = block.contextAttention!.memory(normed);
        const both = (y: Tensor) => {
          const mine = block.attention.memory(y);
          return { keys: concat([mine.keys, theirs.keys], 2), values: concat([mine.values, theirs.values], 2) };
        };
        let joined: nn.Memory | null = null;
        const h1 = block.first(h, condition, (y) => {
          joined = both(y);
          return block.attention(y, { context: joined, mask: seen });
        });
        const { contextMlp } = block;
        if (contextMlp) {
          const heard = context.add(block.contextAttention!(normed, { context: joined!, mask: seen }));
          context = heard.add(contextMlp.mlp(contextMlp.norm(heard)));
        }
        return block.third(h1, condition, block.mlp);
      },
      beside
        ? alone.add(
            beside(other!.transpose([0, 2, 1]))
              .transpose([0, 2, 1])
              .mul(accompanied!.reshape([B, 1, 1])),
          )
        : alone,
    );
    return output(last(norm(h), condition));
  };
  return Object.assign(nn.module({ input, beside, time, blocks, norm, last, output }, forward), { remember });
}
