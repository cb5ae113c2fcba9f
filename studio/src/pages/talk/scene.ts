import { Body } from "../../figure/body.js";
import type { Pose } from "../../figure/player.js";
import { dressBody, type Look, Stage } from "../../figure/stage.js";

/** Metres between the two, as in the files that are saved. */
const APART = 1.2;

/** Two figures that face each other: the first on the left. */
export class TalkStage extends Stage {
  readonly bodies = [new Body({ fingers: true }), new Body({ fingers: true })] as const;

  constructor(canvas: HTMLCanvasElement) {
    super(canvas, [0.3, 1.5, 3.05]);
    this.target.set(0, 1.04, 0);
    for (const [i, { object }] of this.bodies.entries()) {
      const side = i === 0 ? -1 : 1;
      object.position.x = (side * APART) / 2;
      object.rotation.y = (-side * Math.PI) / 2;
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

  show(poses: readonly Pose[]): void {
    for (const [i, pose] of poses.entries()) {
      this.bodies[i].pose(pose.joints);
      this.bodies[i].object.visible = true;
    }
  }

  /** Stands where both fit into the picture's width. */
  override resize(width: number, height: number): void {
    super.resize(width, height);
    this.camera.fov = width < height ? 52 : 38;
    this.camera.updateProjectionMatrix();
  }

  override dispose(): void {
    for (const body of this.bodies) body.dispose();
    super.dispose();
  }
}
