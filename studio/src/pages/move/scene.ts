import {
  AmbientLight,
  BufferGeometry,
  CircleGeometry,
  Color,
  DirectionalLight,
  Float32BufferAttribute,
  HemisphereLight,
  Line,
  LineBasicMaterial,
  Mesh,
  MeshBasicMaterial,
  PCFShadowMap,
  PerspectiveCamera,
  Plane,
  Raycaster,
  Scene,
  Vector2,
  Vector3,
  WebGLRenderer,
} from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import { Body, type Joints } from "./body.js";
import { Floor } from "./floor.js";
import type { Pose } from "./player.js";
import type { VrmFigure } from "./vrm.js";

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

const styled = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
/** A colour of the page: `light-dark()` is resolved by the browser. */
function themed(name: string): Color {
  const probe = document.createElement("i");
  probe.style.color = styled(name);
  document.body.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return new Color(color);
}

/** The stage: a floor without an end, a figure that the camera follows, and what it is about to do. */
export class Stage {
  readonly renderer: WebGLRenderer;
  readonly camera = new PerspectiveCamera(38, 1, 0.1, 60);
  readonly body: Body;
  readonly scene = new Scene();
  readonly #controls: OrbitControls;
  readonly #ghosts: Body[];
  readonly #marks: Mesh<CircleGeometry, MeshBasicMaterial>[];
  readonly #floor = new Floor();
  readonly #sun = new DirectionalLight("#fff6ea", 2.4);
  readonly #trail = new Line(new BufferGeometry(), new LineBasicMaterial({ transparent: true, opacity: 0.55 }));
  readonly #path = new Line(new BufferGeometry(), new LineBasicMaterial());
  readonly #walked: Spot[] = [];
  readonly #target = new Vector3(0, 0.9, 0);
  /** Somebody's own figure in the place of the capsules. */
  #worn: VrmFigure | null = null;
  follow = true;

  constructor(readonly canvas: HTMLCanvasElement) {
    this.renderer = new WebGLRenderer({ canvas, antialias: true, alpha: true, preserveDrawingBuffer: true });
    this.renderer.shadowMap.enabled = true;
    this.renderer.shadowMap.type = PCFShadowMap;
    this.body = new Body();
    this.#ghosts = Array.from({ length: GHOSTS }, () => new Body({ ghost: true }));
    this.#marks = FEET.map(() => {
      const mark = new Mesh(new CircleGeometry(0.085, 32), new MeshBasicMaterial({ transparent: true, opacity: 0 }));
      mark.rotation.x = -Math.PI / 2;
      mark.position.y = 0.004;
      return mark;
    });
    this.#sun.castShadow = true;
    this.#sun.shadow.mapSize.set(1024, 1024);
    Object.assign(this.#sun.shadow.camera, { left: -2.2, right: 2.2, top: 2.6, bottom: -2.2, near: 0.5, far: 14 });
    this.#sun.shadow.radius = 5;
    this.#sun.shadow.bias = -0.0006;
    this.scene.add(this.body.object, ...this.#ghosts.map(({ object }) => object), ...this.#marks, this.#floor.object);
    this.scene.add(new HemisphereLight("#ffffff", "#b9a893", 1.25), new AmbientLight("#ffffff", 0.35));
    this.scene.add(this.#sun, this.#sun.target, this.#trail, this.#path);
    this.#trail.position.y = 0.008;
    this.#path.position.y = 0.01;
    this.camera.position.set(2.6, 1.9, 4.4);
    this.#controls = new OrbitControls(this.camera, canvas);
    this.#controls.target.copy(this.#target);
    this.#controls.enableDamping = true;
    this.#controls.maxPolarAngle = Math.PI / 2 - 0.04;
    this.#controls.minDistance = 1.6;
    this.#controls.maxDistance = 14;
    this.dress();
  }

  /** Takes the page's colours, after a change of the theme too. */
  dress(): void {
    const [paper, ink, muted, accent] = ["--sunken", "--ink", "--muted", "--accent"].map(themed);
    this.body.material.color.copy(ink.clone().lerp(paper, paper.getHSL({ h: 0, s: 0, l: 0 }).l > 0.5 ? 0.62 : 0.22));
    for (const { material } of this.#ghosts) material.color.copy(accent);
    for (const { material } of this.#marks) material.color.copy(accent);
    this.#trail.material.color.copy(accent);
    this.#path.material.color.copy(ink);
    this.#floor.color(muted);
  }

  /** Fits the picture to the canvas's place in the page. */
  resize(width: number, height: number): void {
    this.renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
    this.renderer.setSize(width, height, false);
    this.camera.aspect = width / Math.max(1, height);
    this.camera.updateProjectionMatrix();
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
    this.#target.set(joints[0], 0.9, joints[2]);
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

  #leave(spot: Spot): void {
    const last = this.#walked.at(-1);
    if (last && Math.hypot(spot.x - last.x, spot.z - last.z) < 0.02) return;
    this.#walked.push(spot);
    if (this.#walked.length > TRAIL) this.#walked.shift();
    lay(this.#trail, this.#walked);
  }

  /** Whether the pointer turns the stage; a pointer that draws does not. */
  set turnable(turnable: boolean) {
    this.#controls.enabled = turnable;
  }

  /** The place on the floor under a point of the picture, both from 0 to 1 from the upper left; null above the horizon. */
  floorAt(across: number, down: number): Spot | null {
    const ray = new Raycaster();
    ray.setFromCamera(new Vector2(2 * across - 1, 1 - 2 * down), this.camera);
    const place = ray.ray.intersectPlane(new Plane(new Vector3(0, 1, 0)), new Vector3());
    return place && { x: place.x, z: place.z };
  }

  /** Shows a path on the floor; no points: none. */
  showPath(points: readonly (readonly [number, number])[]): void {
    lay(
      this.#path,
      points.map(([x, z]) => ({ x, z })),
    );
  }

  /** Forgets the trail, and goes back to where the figure begins. */
  clear(): void {
    this.#walked.length = 0;
    lay(this.#trail, []);
  }

  /** Draws one picture. */
  render(): void {
    if (this.follow) {
      const step = this.#target.clone().sub(this.#controls.target).multiplyScalar(0.08);
      this.#controls.target.add(step);
      this.camera.position.add(step);
    }
    const { x, z } = this.#controls.target;
    this.#floor.center(x, z);
    this.#sun.position.set(x + 2.4, 5.6, z + 2.2);
    this.#sun.target.position.set(x, 0.6, z);
    this.#controls.update();
    this.renderer.render(this.scene, this.camera);
  }

  dispose(): void {
    this.#controls.dispose();
    this.#worn?.dispose();
    this.body.dispose();
    for (const ghost of this.#ghosts) ghost.dispose();
    this.renderer.dispose();
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
