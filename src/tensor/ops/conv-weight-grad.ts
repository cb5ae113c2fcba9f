import { type ApplyOp, defineOp, type GraphBuilder, type Tensor } from "../tensor.js";
import type { ConvAttributes, Pair } from "./conv-attributes.js";

export interface WeightGradAttributes extends ConvAttributes {
  kernel: Pair;
}

/** What this op's own gradient is made of. */
interface Convolutions {
  convOp: ApplyOp<ConvAttributes>;
  convInputGrad(dOut: Tensor, weight: Tensor, a: ConvAttributes, size: Pair): Tensor;
}

/**
 * dW[o, c, i, j] = Σ_{n,h,w} dOut[n, o, h, w] · x[n, c, h·s + i·d − p, w·s + j·d − p], as matrix products.
 *
 * A stride is removed first: the s×s phases of x become channels, and the kernel shrinks to ⌈span/s⌉. Then x (padded)
 * and dOut (with zeros at the right and below) lie in equal frames F_h × F_w, channels first, and are flattened to
 * [channels, N·F_h·F_w]: tap (i, j) is now one shift by i·d·F_w + j·d, which never mixes rows since the zeros are in
 * between. The operand with fewer channels is shifted, one contiguous slice per tap. Of many images each takes the
 * zeros before it from the end of the row and the image before, and the taps there have negative shifts.
 */
export const defineConvWeightGrad = ({ convOp, convInputGrad }: Convolutions): ApplyOp<WeightGradAttributes> =>
  defineOp<WeightGradAttributes>("ConvWeightGrad", {
    shape: ([x, dOut], { kernel, groups }) => [dOut.shape[1], x.shape[1] / groups, ...kernel],
    onnx: (g, [x, dOut], a, { inputs: [xt, dt] }) => {
      const [n, c] = xt.shape;
      const [, o, ...size] = dt.shape;
      const axes = ([0, 1] as const).map((i) =>
        axisPlan(xt.shape[2 + i], size[i], a.kernel[i], a.stride[i], a.dilation[i], a.padding[i], n >= MANY),
      );
      const [rows, columns] = axes;
      const phases = a.stride[0] * a.stride[1];
      const image = rows.frame * columns.frame;
      const length = n * image;
      const shifts = rows.shifts.flatMap((i) => columns.shifts.map((j) => i * columns.frame + j));
      const taps = shifts.length;
      const [nearest, farthest] = [shifts[0], shifts[taps - 1]];

      const matrices = (name: string, channels: number, width: number) =>
        g.node("Reshape", [name, g.int64(a.groups > 1 ? [a.groups, channels / a.groups, width] : [channels, width])]);
      const along = (name: string, start: number, width: number) =>
        g.node("Slice", [name, g.int64([start]), g.int64([start + width]), g.int64([-1])]);

      const moveX = c * phases <= o;
      // What is moved needs zeros where it would begin before its first image, or end after its last: empty images
      const [ahead, behind] = moveX ? [nearest < 0, false] : [true, nearest < 0];
      const empty = ahead ? image : 0;
      const fixedX = matrices(
        framesOfX(g, x, axes, [n, c], a, moveX && ahead),
        c * phases,
        length + (moveX ? empty : 0),
      );
      const spread = pad(
        g,
        g.node("Transpose", [dOut], { perm: [1, 0, 2, 3] }),
        [0, moveX ? 0 : 1, 0, 0],
        [0, behind ? 1 : 0, rows.frame - size[0], columns.frame - size[1]],
      );
      const fixedD = matrices(spread, o, moveX ? length : length + empty + (behind ? image : 0));
      const width = moveX ? length - farthest : length;
      const still = moveX ? (farthest > 0 ? along(fixedD, 0, width) : fixedD) : fixedX;
      const moved = shifts.map((shift) =>
        moveX ? along(fixedX, empty + shift, width) : along(fixedD, empty - shift, width),
      );

      const product = (d: string, xs: string) =>
        a.groups > 1
          ? g.node("MatMul", [d, g.node("Transpose", [xs], { perm: [0, 2, 1] })])
          : g.node("Gemm", [d, xs], { transB: 1 });
      const inputs = (c / a.groups) * phases;
      let all: string; // [O, inputs, taps]
      if (a.groups === 1 && taps > 1 && taps * (moveX ? inputs : o) <= (moveX ? o : inputs)) {
        // few channels: all taps in one product reads the larger operand once
        const stack = g.node("Concat", moved, { axis: 0 });
        const together = moveX ? product(still, stack) : product(stack, still);
        const split = g.node("Reshape", [together, g.int64(moveX ? [o, taps, inputs] : [taps, o, inputs])]);
        all = g.node("Transpose", [split], { perm: moveX ? [0, 2, 1] : [1, 2, 0] });
      } else {
        const each = moved.map((m) =>
          g.node("Reshape", [moveX ? product(still, m) : product(m, still), g.int64([o, inputs, 1])]),
        );
        all = taps > 1 ? g.node("Concat", each, { axis: 2 }) : each[0];
      }
      return assemble(g, all, [o, c / a.groups], a, axes);
    },
    // bilinear in x and dOut: ⟨dW(x, dOut), V⟩ = ⟨conv(x, V), dOut⟩
    grad: ({ inputs: [x, dOut], attributes: a, dOut: v, needs }) => [
      needs(0) ? convInputGrad(dOut, v, a, [x.shape[2], x.shape[3]]) : null,
      needs(1) ? convOp([x, v], a) : null,
    ],
  });

/** From how many images on empty ones at the ends cost less than zeros before each. */
const MANY = 8;

interface AxisPlan {
  /** Length of the common frame. */
  frame: number;
  /** Where the taps are, in frames of one phase each. */
  shifts: number[];
  /** Padding at the start. */
  before: number;
  /** Padding at the end; negative where entries of x are never read. */
  after: number;
}
function axisPlan(
  from: number,
  to: number,
  kernel: number,
  stride: number,
  dilation: number,
  padding: number,
  shared: boolean,
): AxisPlan {
  const span = (kernel - 1) * dilation + 1;
  const shifts =
    stride === 1
      ? Array.from({ length: kernel }, (_, i) => i * dilation)
      : Array.from({ length: Math.ceil(span / stride) }, (_, i) => i);
  const all = to + shifts[shifts.length - 1];
  // Frames of zeros only, at both ends
  const zeros = [Math.floor(padding / stride), all - Math.ceil((padding + from) / stride), all - to];
  const lead = shared ? Math.max(0, Math.min(...zeros)) : 0;
  const [frame, before] = [all - lead, padding - lead * stride];
  return { frame, shifts: shifts.map((shift) => shift - lead), before, after: frame * stride - before - from };
}

function pad(g: GraphBuilder, x: string, before: readonly number[], after: readonly number[]): string {
  if ([...before, ...after].every((v) => v === 0)) return x;
  return g.node("Pad", [x, g.int64([...before, ...after]), g.float(0)], { mode: "constant" });
}

/** x [N, C, H, W] padded or cut to whole frames, in the order [C, s_h, s_w, N, F_h, F_w]; an empty image `ahead`. */
function framesOfX(
  g: GraphBuilder,
  x: string,
  [rows, columns]: AxisPlan[],
  [n, c]: Pair,
  { stride }: ConvAttributes,
  ahead: boolean,
): string {
  const images = n + (ahead ? 1 : 0);
  const excess = [rows, columns].map((axis) => Math.min(0, axis.after));
  const cut = excess.some((v) => v < 0)
    ? g.node("Slice", [x, g.int64([0, 0]), g.int64(excess.map((v) => (v < 0 ? v : 2 ** 31))), g.int64([2, 3])])
    : x;
  const padded = pad(
    g,
    cut,
    [images - n, 0, rows.before, columns.before],
    [0, 0, Math.max(0, rows.after), Math.max(0, columns.after)],
  );
  // row phases move whole rows, then column phases move one axis: each is a fast case of ORT's Transpose
  const byRow = g.node("Reshape", [padded, g.int64([images, c, rows.frame, stride[0], columns.frame * stride[1]])]);
  const channelsFirst = g.node("Transpose", [byRow], { perm: [1, 3, 0, 2, 4] });
  if (stride[1] === 1) return channelsFirst;
  const byColumn = g.node("Reshape", [
    channelsFirst,
    g.int64([c * stride[0], images * rows.frame * columns.frame, stride[1]]),
  ]);
  return g.node("Transpose", [byColumn], { perm: [0, 2, 1] });
}

/** [O, C·s_h·s_w, shifts] to [O, C, kh, kw]: tap i is phase i·d mod s of shift ⌊i·d/s⌋. */
function assemble(
  g: GraphBuilder,
  all: string,
  [o, c]: Pair,
  { stride, dilation, kernel }: WeightGradAttributes,
  [rows, columns]: AxisPlan[],
): string {
  const [b, e] = [rows.shifts.length, columns.shifts.length];
  if (stride[0] * stride[1] === 1) return g.node("Reshape", [all, g.int64([o, c, b, e])]);
  const split = g.node("Reshape", [all, g.int64([o, c, ...stride, b, e])]);
  const full = g.node("Reshape", [
    g.node("Transpose", [split], { perm: [0, 1, 4, 2, 5, 3] }),
    g.int64([o, c, b * stride[0], e * stride[1]]),
  ]);
  const steps = ([0, 1] as const).map((i) => (stride[i] === 1 ? 1 : dilation[i]));
  const ends = ([0, 1] as const).map((i) => (kernel[i] - 1) * steps[i] + 1);
  if (ends[0] === b * stride[0] && ends[1] === e * stride[1] && steps.every((s) => s === 1)) return full;
  return g.node("Slice", [full, g.int64([0, 0]), g.int64(ends), g.int64([2, 3]), g.int64(steps)]);
}
