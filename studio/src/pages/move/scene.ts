import {
  BufferGeometry,
  CircleGeometry,
  Float32BufferAttribute,
  Line,
  LineBasicMaterial,
  Mesh,
  MeshBasicMaterial,
} from "three";
import { Body, type Joints } from "../../figure/body.js";
import type { Pose } from "../../figure/player.js";
import { dressBody, type Look, Stage } from "../../figure/stage.js";
import type { VrmFigure } from "../../figure/vrm.js";

/** A place on the floor, metres. */
export interface Spot {
  x: number;
  z: number;
}

/** Joints of the feet that stand: left ankle, left foot, right ankle, right foot. */
const FEET = [7, 10, 8, 11];
/** Ghosts at most. */
const GHOSTS = 4;
/** Points of the trail that the root leaves. */
const TRAIL = 240;

/** The stage of a figure that the camera follows, and what it is about to do. */
export class MoveStage extends Stage {
  readonly body = new Body();
  readonly #ghosts: Body[];
  readonly #marks: Mesh<CircleGeometry, MeshBasicMaterial>[];
  readonly #trail = new Line(new BufferGeometry(), new LineBasicMaterial({ transparent: true, opacity: 0.55 }));
  readonly #path = new Line(new BufferGeometry(), new LineBasicMaterial());
  readonly #walked: Spot[] = [];
  /** Somebody's own figure in the place of the capsules. */
  #worn: VrmFigure | null = null;

  constructor(canvas: HTMLCanvasElement) {
    super(canvas, [2.6, 1.9, 4.4]);
    this.#ghosts = Array.from({ length: GHOSTS }, () => new Body({ ghost: true }));
    this.#marks = FEET.map(() => {
      const mark = new Mesh(new CircleGeometry(0.085, 32), new MeshBasicMaterial({ transparent: true, opacity: 0 }));
      mark.rotation.x = -Math.PI / 2;
      mark.position.y = 0.004;
      return mark;
    });
    this.scene.add(this.body.object, ...this.#ghosts.map(({ object }) => object), ...this.#marks);
    this.scene.add(this.#trail, this.#path);
    this.#trail.position.y = 0.008;
    this.#path.position.y = 0.01;
    this.dress();
  }

  override dress(): Look {
    const look = super.dress();
    dressBody(this.body, look);
    for (const { material } of this.#ghosts) material.color.copy(look.accent);
    for (const { material } of this.#marks) material.color.copy(look.accent);
    this.#trail.material.color.copy(look.accent);
    this.#path.material.color.copy(look.ink);
    return look;
  }

  /** Puts a figure in the place of the capsules; null takes it away. */
  wear(figure: VrmFigure | null): void {
    this.#worn?.dispose();
    this.#worn = figure;
    this.body.object.visible = figure === null;
    if (figure) this.scene.add(figure.object);
  }

  /** Shows a frame. */
  show(pose: Pose): void {
    const { joints, contacts } = pose;
    if (this.#worn) this.#worn.pose(pose);
    else this.body.pose(joints);
    for (const [i, mark] of this.#marks.entries()) {
      const joint = FEET[i];
      mark.position.x = joints[3 * joint];
      mark.position.z = joints[3 * joint + 2];
      mark.material.opacity += ((contacts?.[i] ? 0.5 : 0) - mark.material.opacity) * 0.35;
    }
    this.target.set(joints[0], 0.9, joints[2]);
    this.#leave({ x: joints[0], z: joints[2] });
  }

  /** Poses that are still to come, each with how far it is from noise, 0 … 1. */
  showGhosts(ghosts: readonly { joints: Joints; certainty: number }[]): void {
    for (const [i, ghost] of this.#ghosts.entries()) {
      const next = ghosts[i];
      if (next) ghost.pose(next.joints);
      ghost.fade(next ? 0.08 + 0.42 * next.certainty : 0);
    }
  }

  /** Shows a path on the floor; no points: none. */
  showPath(points: readonly (readonly [number, number])[]): void {
    lay(
      this.#path,
      points.map(([x, z]) => ({ x, z })),
    );
  }

  #leave(spot: Spot): void {
    const last = this.#walked.at(-1);
    if (last && Math.hypot(spot.x - last.x, spot.z - last.z) < 0.02) return;
    this.#walked.push(spot);
    if (this.#walked.length > TRAIL) this.#walked.shift();
    lay(this.#trail, this.#walked);
  }

  /** Forgets the trail, and goes back to where the figure begins. */
  clear(): void {
    this.#walked.length = 0;
    lay(this.#trail, []);
  }

  override dispose(): void {
    this.#worn?.dispose();
    this.body.dispose();
    for (const ghost of this.#ghosts) ghost.dispose();
    super.dispose();
  }
}

function lay(line: Line, points: readonly Spot[]): void {
  line.geometry.dispose();
  line.geometry = new BufferGeometry();
  line.geometry.setAttribute(
    "position",
    new Float32BufferAttribute(
      points.flatMap(({ x, z }) => [x, 0, z]),
      3,
    ),
  );
  line.visible = points.length > 1;
  line.frustumCulled = false;
}
