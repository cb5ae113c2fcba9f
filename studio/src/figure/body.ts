import {
  type BufferGeometry,
  CapsuleGeometry,
  Group,
  Matrix4,
  Mesh,
  MeshStandardMaterial,
  type Object3D,
  Quaternion,
  SphereGeometry,
  Vector3,
} from "three";

type Limb = readonly [from: number, to: number, radius: number];
/** Limbs as capsules: from joint to joint, with a radius in metres. The numbers are those of the 22 joints. */
const LIMBS: readonly Limb[] = [
  [1, 4, 0.072],
  [2, 5, 0.072],
  [4, 7, 0.052],
  [5, 8, 0.052],
  [7, 10, 0.042],
  [8, 11, 0.042],
  [12, 15, 0.05],
  [13, 16, 0.055],
  [14, 17, 0.055],
  [16, 18, 0.046],
  [17, 19, 0.046],
  [18, 20, 0.038],
  [19, 21, 0.038],
];

/** Ellipsoids: between two joints, turned to the line between a left and a right one; half axes across, up, deep. */
const MASSES: readonly { between: [number, number]; sides: [number, number]; axes: [number, number, number] }[] = [
  { between: [0, 0], sides: [1, 2], axes: [0.16, 0.13, 0.115] },
  { between: [3, 6], sides: [1, 2], axes: [0.14, 0.2, 0.105] },
  { between: [6, 12], sides: [16, 17], axes: [0.175, 0.23, 0.125] },
];

/** Fingers of the body of 52 joints, three of each hand's five after each other; the palm is an ellipsoid. */
const FINGERS: readonly Limb[] = Array.from({ length: 10 }, (_, finger): readonly Limb[] => {
  const first = 22 + 3 * finger;
  return [
    [first, first + 1, 0.011],
    [first + 1, first + 2, 0.0095],
  ];
}).flat();
/** The last bone of a finger goes on as far as the one before it. */
const TIP = 0.85;

const HEAD = { radius: 0.105, above: 0.085 };
const HAND = 0.05;
const UP = new Vector3(0, 1, 0);

/** Joints of a frame [22, 3], or [52, 3] with fingers, in metres. */
export type Joints = ArrayLike<number>;

/** A figure of capsules that takes the pose of 22 joints, or of 52 with fingers. */
export class Body {
  readonly object: Object3D = new Group();
  readonly material: MeshStandardMaterial;
  readonly #limbs: Mesh<CapsuleGeometry>[];
  readonly #masses: Mesh[];
  readonly #head: Mesh;
  readonly #hands: Mesh[];
  readonly #sphere = new SphereGeometry(1, 28, 20);
  readonly #parts: readonly Limb[];
  readonly #tips: Mesh<CapsuleGeometry>[];
  readonly #fingers: boolean;
  #sized = false;

  /** A ghost is made of dots, more of them the more solid it is: what it shows is still in noise. */
  constructor({ ghost = false, fingers = false } = {}) {
    this.material = new MeshStandardMaterial({ roughness: 0.62, metalness: 0.02, alphaHash: ghost });
    this.object.visible = !ghost;
    const mesh = <G extends BufferGeometry>(geometry: G) => {
      const made = new Mesh(geometry, this.material);
      made.castShadow = !ghost;
      made.receiveShadow = !ghost;
      this.object.add(made);
      return made;
    };
    this.#fingers = fingers;
    this.#parts = fingers ? [...LIMBS, ...FINGERS] : LIMBS;
    this.#limbs = this.#parts.map(() => mesh(new CapsuleGeometry()));
    this.#tips = fingers ? Array.from({ length: 10 }, () => mesh(new CapsuleGeometry(0.0085, 0.018, 4, 10))) : [];
    this.#masses = MASSES.map(() => mesh(this.#sphere));
    this.#head = mesh(this.#sphere);
    this.#hands = [mesh(this.#sphere), mesh(this.#sphere)];
  }

  /** How solid a ghost is, 0 … 1. */
  fade(opacity: number): void {
    this.material.opacity = opacity;
    this.object.visible = opacity > 0.01;
  }

  /** Takes a pose. */
  pose(joints: Joints): void {
    const at = (joint: number) => new Vector3(joints[3 * joint], joints[3 * joint + 1], joints[3 * joint + 2]);
    if (!this.#sized) this.#size(at);
    for (const [i, [from, to]] of this.#parts.entries()) {
      const [a, b] = [at(from), at(to)];
      const limb = this.#limbs[i];
      limb.position.addVectors(a, b).multiplyScalar(0.5);
      limb.quaternion.setFromUnitVectors(UP, b.sub(a).normalize());
    }
    for (const [i, { between, sides, axes }] of MASSES.entries()) {
      const [low, high] = between.map(at);
      const across = at(sides[0]).sub(at(sides[1])).normalize();
      const up = between[0] === between[1] ? at(3).sub(at(0)) : high.clone().sub(low);
      const mass = this.#masses[i];
      mass.position.addVectors(low, high).multiplyScalar(0.5);
      mass.quaternion.copy(turned(across, up));
      mass.scale.set(...axes);
    }
    const [neck, head] = [at(12), at(15)];
    const across = at(16).sub(at(17)).normalize();
    const up = head.clone().sub(neck).normalize();
    this.#head.position.copy(head).addScaledVector(up, HEAD.above);
    this.#head.quaternion.copy(turned(across, up));
    this.#head.scale.set(HEAD.radius * 0.88, HEAD.radius * 1.14, HEAD.radius);
    for (const [i, [elbow, wrist]] of [
      [18, 20],
      [19, 21],
    ].entries()) {
      const along = at(wrist).sub(at(elbow)).normalize();
      if (this.#fingers) {
        this.#palm(this.#hands[i], at, wrist, 22 + 15 * i);
        continue;
      }
      this.#hands[i].position.copy(at(wrist)).addScaledVector(along, HAND * 1.1);
      this.#hands[i].quaternion.setFromUnitVectors(UP, along);
      this.#hands[i].scale.set(HAND * 0.7, HAND * 1.35, HAND * 0.7);
    }
    for (const [i, tip] of this.#tips.entries()) {
      const last = at(24 + 3 * i);
      const along = last.clone().sub(at(23 + 3 * i));
      tip.position.copy(last).addScaledVector(along, TIP / 2);
      tip.quaternion.setFromUnitVectors(UP, along.normalize());
    }
  }

  /** Between the wrist and the knuckles; `first` is the index finger's first joint, 6 joints before the little finger's. */
  #palm(palm: Mesh, at: (joint: number) => Vector3, wrist: number, first: number): void {
    const knuckles = at(first)
      .add(at(first + 3))
      .add(at(first + 6))
      .add(at(first + 9))
      .multiplyScalar(0.25);
    const along = knuckles.clone().sub(at(wrist));
    palm.position.copy(at(wrist)).addScaledVector(along, 0.55);
    palm.quaternion.copy(
      turned(
        at(first)
          .sub(at(first + 6))
          .normalize(),
        along,
      ),
    );
    palm.scale.set(0.043, along.length() * 0.62, 0.017);
  }

  /** A limb keeps its length, so that its capsule is made once. */
  #size(at: (joint: number) => Vector3): void {
    for (const [i, [from, to, radius]] of this.#parts.entries()) {
      this.#limbs[i].geometry.dispose();
      this.#limbs[i].geometry = new CapsuleGeometry(
        radius,
        at(from).distanceTo(at(to)),
        ...(radius < 0.02 ? [3, 8] : [6, 18]),
      );
    }
    this.#sized = true;
  }

  dispose(): void {
    for (const { geometry } of [...this.#limbs, ...this.#tips]) geometry.dispose();
    this.#sphere.dispose();
    this.material.dispose();
  }
}

/** The rotation whose x axis is a line from right to left, and whose y axis is near `up`. */
function turned(across: Vector3, up: Vector3): Quaternion {
  const deep = new Vector3().crossVectors(across, up).normalize();
  const above = new Vector3().crossVectors(deep, across).normalize();
  return new Quaternion().setFromRotationMatrix(new Matrix4().makeBasis(across, above, deep));
}
