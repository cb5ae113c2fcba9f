/** float32 → IEEE 754 binary16 bits, rounded to nearest, ties to even; beyond 65519.99 becomes ±Infinity. */
export function toFloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) {
    const sign = (bits[i] >>> 16) & 0x8000;
    const magnitude = bits[i] & 0x7fffffff;
    halves[i] = sign | halfMagnitude(magnitude);
  }
  return halves;
}

function halfMagnitude(magnitude: number): number {
  if (magnitude > 0x7f800000) return 0x7e00;
  if (magnitude >= 0x47800000) return 0x7c00;
  if (magnitude >= 0x38800000) return roundShift(magnitude - 0x38000000, 13);
  const shift = 126 - (magnitude >>> 23);
  return shift > 24 ? 0 : roundShift((magnitude & 0x7fffff) | 0x800000, shift);
}

/** value / 2^shift, to nearest, ties to even. */
const roundShift = (value: number, shift: number): number =>
  (value + (1 << (shift - 1)) - 1 + ((value >>> shift) & 1)) >>> shift;

/** IEEE 754 binary16 bits → float32; exact. */
export function fromFloat16(halves: Uint16Array): Float32Array {
  return Float32Array.from(halves, (half) => {
    const exponent = (half >>> 10) & 31;
    const fraction = half & 0x3ff;
    const magnitude =
      exponent === 31
        ? fraction
          ? Number.NaN
          : Number.POSITIVE_INFINITY
        : exponent === 0
          ? fraction * 2 ** -24
          : (1024 + fraction) * 2 ** (exponent - 25);
    return half & 0x8000 ? -magnitude : magnitude;
  });
}
