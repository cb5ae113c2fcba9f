import type { Object3D } from "three";
import { Body } from "../../figure/body.js";
import type { Pose } from "../../figure/player.js";
import { dressBody, type Look, Stage } from "../../figure/stage.js";
import type { VrmFigure } from "../../figure/vrm.js";

/** Metres between the two, as in the files that are saved. */
const APART = 1.2;

/** Stands a person's figure in its place, turned to the other one. */
function place({ position, rotation }: Object3D, person: number): void {
  const side = person === 0 ? -1 : 1;
  position.x = (side * APART) / 2;
  rotation.y = (-side * Math.PI) / 2;
}

/** Two figures that face each other: the first on the left. */
export class TalkStage extends Stage {
  readonly bodies = [new Body({ fingers: true }), new Body({ fingers: true })] as const;
  /** Figures of their own in the place of the capsules. */
  readonly #worn: [VrmFigure | null, VrmFigure | null] = [null, null];

  constructor(canvas: HTMLCanvasElement) {
    super(canvas, [0.3, 1.5, 3.05]);
    this.target.set(0, 1.04, 0);
    for (const [i, { object }] of this.bodies.entries()) {
      place(object, i);
      object.visible = false; // until there is a pose to take
      this.scene.add(object);
    }
    this.dress();
  }

  override dress(): Look {
    const look = super.dress();
    for (const body of this.bodies) dressBody(body, look);
    this.bodies[1].material.color.lerp(look.accent, 0.62);
    return look;
  }

  /** Puts a figure in the place of a person's capsules; null takes it away. */
  wear(person: 0 | 1, figure: VrmFigure | null): void {
    this.#worn[person]?.dispose();
    this.#worn[person] = figure;
    if (!figure) return;
    place(figure.object, person);
    this.scene.add(figure.object);
  }

  show(poses: readonly Pose[]): void {
    for (const [i, pose] of poses.entries()) {
      const [body, worn] = [this.bodies[i], this.#worn[i]];
      if (worn) worn.pose(pose);
      else body.pose(pose.joints);
      body.object.visible = !worn;
    }
  }

  /** Stands where both fit into the picture's width. */
  override resize(width: number, height: number): void {
    super.resize(width, height);
    this.camera.fov = width < height ? 52 : 38;
    this.camera.updateProjectionMatrix();
  }

  override dispose(): void {
    for (const figure of [...this.bodies, ...this.#worn]) figure?.dispose();
    super.dispose();
  }
}
