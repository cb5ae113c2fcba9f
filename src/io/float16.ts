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
  const values = new Float32Array(halves.length);
  const bits = new Uint32Array(values.buffer);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i];
    const sign = (half & 0x8000) << 16;
    const exponent = (half >>> 10) & 31;
    const fraction = half & 0x3ff;
    if (exponent === 0) values[i] = (sign === 0 ? fraction : -fraction) * SMALLEST;
    else if (exponent === 31) bits[i] = fraction ? 0x7fc00000 : sign | 0x7f800000;
    else bits[i] = sign | ((exponent + 112) << 23) | (fraction << 13);
  }
  return values;
}

const SMALLEST = 2 ** -24;
