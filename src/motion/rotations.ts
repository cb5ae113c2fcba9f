/** A rotation as a unit quaternion x, y, z, w; q and −q turn alike. */
export type Quaternion = [number, number, number, number];
/** x, y, z. */
export type Vector = [number, number, number];
/** A rotation's first two columns, one after the other. */
export type Six = [number, number, number, number, number, number];
/** Row-major, [3, 3]. */
export type Matrix = [number, number, number, number, number, number, number, number, number];
/** The axes of three turns in the order of their product; each turn is about the axes that the turns before it left. */
export type EulerOrder = "XYZ" | "XZY" | "YXZ" | "YZX" | "ZXY" | "ZYX";

export const IDENTITY: Readonly<Quaternion> = [0, 0, 0, 1];
const TINY = 1e-8;

export const cross = (a: Readonly<Vector>, b: Readonly<Vector>): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
export const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};

/** The rotation that turns by `b` first and by `a` then: the matrices' product A B. */
export const multiply = (a: Readonly<Quaternion>, b: Readonly<Quaternion>): Quaternion => [
  a[3] * b[0] + a[0] * b[3] + a[1] * b[2] - a[2] * b[1],
  a[3] * b[1] - a[0] * b[2] + a[1] * b[3] + a[2] * b[0],
  a[3] * b[2] + a[0] * b[1] - a[1] * b[0] + a[2] * b[3],
  a[3] * b[3] - a[0] * b[0] - a[1] * b[1] - a[2] * b[2],
];

/** @throws RangeError where `q` has no length. */
export function normalize(q: Readonly<Quaternion>): Quaternion {
  const length = Math.hypot(q[0], q[1], q[2], q[3]);
  if (!(length > 0 && length < Infinity)) throw new RangeError(`The quaternion (${q.join(", ")}) is no rotation.`);
  return [q[0] / length, q[1] / length, q[2] / length, q[3] / length];
}

/** The rotation back. @throws RangeError where `q` has no length. */
export function inverse(q: Readonly<Quaternion>): Quaternion {
  const [x, y, z, w] = normalize(q);
  return [-x, -y, -z, w];
}

/** `v` turned by the unit quaternion `q`. */
export function rotate(q: Readonly<Quaternion>, v: Readonly<Vector>): Vector {
  const [x, y, z, w] = q;
  const tx = 2 * (y * v[2] - z * v[1]);
  const ty = 2 * (z * v[0] - x * v[2]);
  const tz = 2 * (x * v[1] - y * v[0]);
  return [v[0] + w * tx + y * tz - z * ty, v[1] + w * ty + z * tx - x * tz, v[2] + w * tz + x * ty - y * tx];
}

/** The rotation at share `t` of the shorter way from `a` to `b`; its angle grows linearly in t. */
export function slerp(a: Readonly<Quaternion>, b: Readonly<Quaternion>, t: number): Quaternion {
  const sign = dot(a, b) < 0 ? -1 : 1;
  let [apart, together] = [0, 0];
  for (let i = 0; i < 4; i++) {
    apart += (a[i] - sign * b[i]) ** 2;
    together += (a[i] + sign * b[i]) ** 2;
  }
  const angle = 2 * Math.atan2(Math.sqrt(apart), Math.sqrt(together));
  const near = angle < 1e-6;
  const from = near ? 1 - t : Math.sin((1 - t) * angle) / Math.sin(angle);
  const to = sign * (near ? t : Math.sin(t * angle) / Math.sin(angle));
  return normalize([
    from * a[0] + to * b[0],
    from * a[1] + to * b[1],
    from * a[2] + to * b[2],
    from * a[3] + to * b[3],
  ]);
}

/** A turn about `axis`, of any length but 0, counter-clockwise seen from its tip. @throws RangeError for no axis. */
export function aboutAxis(axis: Readonly<Vector>, radians: number): Quaternion {
  const length = Math.hypot(axis[0], axis[1], axis[2]);
  if (!(length > 0 && length < Infinity)) throw new RangeError(`(${axis.join(", ")}) is no axis to turn about.`);
  const scale = Math.sin(radians / 2) / length;
  return [axis[0] * scale, axis[1] * scale, axis[2] * scale, Math.cos(radians / 2)];
}

/** A turn about the upward axis: what looked along +z looks along (sin, 0, cos) of `radians`, to the left where positive. */
export const yaw = (radians: number): Quaternion => [0, Math.sin(radians / 2), 0, Math.cos(radians / 2)];

const axesOf = (order: EulerOrder): [number, number, number] => {
  const axes = [..."XYZ"].every((axis) => order.includes(axis)) && order.length === 3;
  if (!axes) throw new RangeError(`"${order}" is no order of turns: it must have X, Y and Z once each.`);
  return [...order].map((axis) => "XYZ".indexOf(axis)) as [number, number, number];
};

/**
 * The product of three turns, `degrees[0]` about the first letter's axis leftmost: "ZXY" gives Rz Rx Ry.
 * @throws RangeError for an order without X, Y and Z once each.
 */
export function fromEuler(order: EulerOrder, degrees: Readonly<Vector>): Quaternion {
  const [a, b, c] = axesOf(order).map((axis, i) => {
    const half = (degrees[i] * Math.PI) / 360;
    const turn: Quaternion = [0, 0, 0, Math.cos(half)];
    turn[axis] = Math.sin(half);
    return turn;
  });
  return multiply(multiply(a, b), c);
}

/**
 * The degrees of {@link fromEuler}, in the order of the letters; the middle one is in [−90, 90]. Where it is ±90 the
 * two others turn about one axis, and the last is 0.
 */
export function toEuler(order: EulerOrder, q: Readonly<Quaternion>): Vector {
  const [i, j, k] = axesOf(order);
  const m = toMatrix(q);
  const at = (row: number, column: number) => m[3 * row + column];
  const sign = (j - i + 3) % 3 === 1 ? 1 : -1; // of the letters as a permutation
  const level = Math.hypot(at(i, i), at(i, j));
  const locked = level < TINY;
  const radians: Vector = [
    locked ? Math.atan2(sign * at(k, j), at(j, j)) : Math.atan2(-sign * at(j, k), at(k, k)),
    Math.atan2(sign * at(i, k), level),
    locked ? 0 : Math.atan2(-sign * at(i, j), at(i, i)),
  ];
  return radians.map((angle) => (angle * 180) / Math.PI) as Vector;
}

/** Some unit vector at a right angle to the unit vector `v`. */
function perpendicular(v: Readonly<Vector>): Vector {
  const [x, y, z] = v.map(Math.abs);
  const other: Vector = y <= x && y <= z ? [0, 1, 0] : x <= z ? [1, 0, 0] : [0, 0, 1];
  const normal = cross(v, other);
  const length = Math.hypot(...normal);
  return [normal[0] / length, normal[1] / length, normal[2] / length];
}

/**
 * The shortest rotation that turns `from` into the direction of `to`, of any lengths; opposite directions turn by half
 * about some axis between, and no length turns nothing.
 */
export function between(from: Readonly<Vector>, to: Readonly<Vector>): Quaternion {
  const [a, b] = [Math.hypot(...from), Math.hypot(...to)];
  if (a === 0 || b === 0) return [...IDENTITY];
  const u: Vector = [from[0] / a, from[1] / a, from[2] / a];
  const v: Vector = [to[0] / b, to[1] / b, to[2] / b];
  const together = Math.hypot(u[0] + v[0], u[1] + v[1], u[2] + v[2]);
  if (together < TINY) return [...perpendicular(u), 0];
  const [x, y, z] = cross(u, v);
  return normalize([x / together, y / together, z / together, together / 2]);
}

/** The rotation matrix of a unit quaternion. */
export function toMatrix([x, y, z, w]: Readonly<Quaternion>): Matrix {
  return [
    1 - 2 * (y * y + z * z),
    2 * (x * y - z * w),
    2 * (x * z + y * w),
    2 * (x * y + z * w),
    1 - 2 * (x * x + z * z),
    2 * (y * z - x * w),
    2 * (x * z - y * w),
    2 * (y * z + x * w),
    1 - 2 * (x * x + y * y),
  ];
}

/** The quaternion of a rotation matrix, from the largest of its four parts; w is not below 0. */
export function fromMatrix(m: Readonly<Matrix>): Quaternion {
  const [a, b, c, d, e, f, g, h, i] = m;
  const parts = [1 + a - e - i, 1 - a + e - i, 1 - a - e + i, 1 + a + e + i];
  const rows: Quaternion[] = [
    [parts[0], b + d, c + g, h - f],
    [b + d, parts[1], f + h, c - g],
    [c + g, f + h, parts[2], d - b],
    [h - f, c - g, d - b, parts[3]],
  ];
  const q = normalize(rows[parts.indexOf(Math.max(...parts))]);
  return q[3] < 0 ? [-q[0], -q[1], -q[2], -q[3]] : q;
}

/** The first two columns of the rotation matrix. */
export function toSix(q: Readonly<Quaternion>): Six {
  const m = toMatrix(q);
  return [m[0], m[3], m[6], m[1], m[4], m[7]];
}

/**
 * The rotation whose columns these are, made orthonormal (Gram-Schmidt) in this order: x along the first, y in the plane
 * of both. Any six finite numbers give a rotation: a first column without length is taken for (1, 0, 0), and a second
 * one without length beside the first for some direction at a right angle.
 */
export function fromSix(six: ArrayLike<number>): Quaternion {
  const first: Vector = [six[0], six[1], six[2]];
  const length = Math.hypot(...first);
  const x: Vector = length < TINY ? [1, 0, 0] : [first[0] / length, first[1] / length, first[2] / length];
  const along = x[0] * six[3] + x[1] * six[4] + x[2] * six[5];
  const rest: Vector = [six[3] - along * x[0], six[4] - along * x[1], six[5] - along * x[2]];
  const left = Math.hypot(...rest);
  const y: Vector = left < TINY ? perpendicular(x) : [rest[0] / left, rest[1] / left, rest[2] / left];
  const z = cross(x, y);
  return fromMatrix([x[0], y[0], z[0], x[1], y[1], z[1], x[2], y[2], z[2]]);
}
