// Optimiser kernels in AssemblyScript: float32, four numbers at a time. `npm run build:kernels` compiles them into
// src/optim/kernels/wasm.ts. Vectors are addresses in the imported memory; `bytes` is a multiple of 16.
// The formulas are those of src/optim/kernels/reference.ts, in single precision (parameters are moved by a difference
// rather than by a factor near 1, which single precision would round).

/** m ← m − part1·m + part1·g, v ← v − part2·v + part2·g², p −= decay·p + step·m/(√v·correction + eps), for scale·g + l2·p as g. */
export function adam(
  bytes: usize,
  p: usize,
  m: usize,
  v: usize,
  g: usize,
  scale: f32,
  l2: f32,
  part1: f32,
  part2: f32,
  step: f32,
  correction: f32,
  eps: f32,
  decay: f32,
): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    const value = v128.load(p + at);
    const gradient = add(mul(v128.load(g + at), scale), mul(value, l2));
    const first = blend(v128.load(m + at), part1, mul(gradient, part1));
    const second = blend(v128.load(v + at), part2, f32x4.mul(mul(gradient, part2), gradient));
    v128.store(m + at, first);
    v128.store(v + at, second);
    const root = add(mul(f32x4.sqrt(second), correction), f32x4.splat(eps));
    v128.store(p + at, f32x4.sub(value, add(mul(value, decay), f32x4.div(mul(first, step), root))));
  }
}

/** b ← momentum·b + g, p −= onGradient·g + onMomentum·b, for scale·g + l2·p as g. */
export function sgd(
  bytes: usize,
  p: usize,
  b: usize,
  g: usize,
  scale: f32,
  l2: f32,
  momentum: f32,
  onGradient: f32,
  onMomentum: f32,
): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    const value = v128.load(p + at);
    const gradient = add(mul(v128.load(g + at), scale), mul(value, l2));
    const velocity = add(mul(v128.load(b + at), momentum), gradient);
    v128.store(b + at, velocity);
    v128.store(p + at, f32x4.sub(value, add(mul(gradient, onGradient), mul(velocity, onMomentum))));
  }
}

/** a += part·(p − a) */
export function average(bytes: usize, a: usize, p: usize, part: f32): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    const before = v128.load(a + at);
    v128.store(a + at, add(before, mul(f32x4.sub(v128.load(p + at), before), part)));
  }
}

/** Σx² in double precision, in four partial sums. */
export function sumOfSquares(bytes: usize, x: usize): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (let at: usize = 0; at < bytes; at += 16) {
    const four = v128.load(x + at);
    const a = f64x2.promote_low_f32x4(four);
    const b = f64x2.promote_low_f32x4(v128.shuffle<i32>(four, four, 2, 3, 2, 3));
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
  }
  const sum = f64x2.add(low, high);
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

function add(a: v128, b: v128): v128 {
  return f32x4.add(a, b);
}

function mul(a: v128, b: f32): v128 {
  return f32x4.mul(a, f32x4.splat(b));
}

/** a − part·a + b: with 1 − part as a factor in single precision, moments of long memory would settle beside their mean. */
function blend(a: v128, part: f32, b: v128): v128 {
  return f32x4.add(f32x4.sub(a, mul(a, part)), b);
}
