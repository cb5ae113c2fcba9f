import {
  AmbientLight,
  Color,
  DirectionalLight,
  HemisphereLight,
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
import type { Body } from "./body.js";
import { Floor } from "./floor.js";

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

/** Colours of the page. */
export interface Look {
  readonly paper: Color;
  readonly ink: Color;
  readonly muted: Color;
  readonly accent: Color;
}

/** A floor without an end under the sun, and a camera that a person turns. */
export class Stage {
  readonly renderer: WebGLRenderer;
  readonly camera = new PerspectiveCamera(38, 1, 0.1, 60);
  readonly scene = new Scene();
  /** What the camera looks at, and goes along with while it follows. */
  readonly target = new Vector3(0, 0.9, 0);
  follow = true;
  readonly #controls: OrbitControls;
  readonly #floor = new Floor();
  readonly #sun = new DirectionalLight("#fff6ea", 2.4);

  /** @throws where the browser gives no WebGL */
  constructor(
    readonly canvas: HTMLCanvasElement,
    from: readonly [number, number, number],
  ) {
    this.renderer = new WebGLRenderer({ canvas, antialias: true, alpha: true, preserveDrawingBuffer: true });
    this.renderer.shadowMap.enabled = true;
    this.renderer.shadowMap.type = PCFShadowMap;
    this.#sun.castShadow = true;
    this.#sun.shadow.mapSize.set(1024, 1024);
    Object.assign(this.#sun.shadow.camera, { left: -2.2, right: 2.2, top: 2.6, bottom: -2.2, near: 0.5, far: 14 });
    this.#sun.shadow.radius = 5;
    this.#sun.shadow.bias = -0.0006;
    this.scene.add(this.#floor.object, this.#sun, this.#sun.target);
    this.scene.add(new HemisphereLight("#ffffff", "#b9a893", 1.25), new AmbientLight("#ffffff", 0.35));
    this.camera.position.set(...from);
    this.#controls = new OrbitControls(this.camera, canvas);
    this.#controls.target.copy(this.target);
    this.#controls.enableDamping = true;
    this.#controls.maxPolarAngle = Math.PI / 2 - 0.04;
    this.#controls.minDistance = 1.6;
    this.#controls.maxDistance = 14;
  }

  /** Takes the page's colours, after a change of the theme too. */
  dress(): Look {
    const [paper, ink, muted, accent] = ["--sunken", "--ink", "--muted", "--accent"].map(themed);
    this.#floor.color(muted);
    return { paper, ink, muted, accent };
  }

  /** Fits the picture to the canvas's place in the page. */
  resize(width: number, height: number): void {
    this.renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
    this.renderer.setSize(width, height, false);
    this.camera.aspect = width / Math.max(1, height);
    this.camera.updateProjectionMatrix();
  }

  /** Whether the pointer turns the stage; a pointer that draws does not. */
  set turnable(turnable: boolean) {
    this.#controls.enabled = turnable;
  }

  /** The place on the floor under a point of the picture, both from 0 to 1 from the upper left; null above the horizon. */
  floorAt(across: number, down: number): { x: number; z: number } | null {
    const ray = new Raycaster();
    ray.setFromCamera(new Vector2(2 * across - 1, 1 - 2 * down), this.camera);
    const place = ray.ray.intersectPlane(new Plane(new Vector3(0, 1, 0)), new Vector3());
    return place && { x: place.x, z: place.z };
  }

  /** Draws one picture. */
  render(): void {
    if (this.follow) {
      const step = this.target.clone().sub(this.#controls.target).multiplyScalar(0.08);
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
    this.renderer.dispose();
  }
}

/** A figure in the page's own colour: between its ink and its paper. */
export function dressBody({ material }: Body, { ink, paper }: Look): void {
  material.color.copy(ink).lerp(paper, paper.getHSL({ h: 0, s: 0, l: 0 }).l > 0.5 ? 0.62 : 0.22);
}
