import { Color, Group, Mesh, PlaneGeometry, ShaderMaterial, ShadowMaterial } from "three";

/** Metres from the middle at which the lines have faded. */
const REACH = 9;

const VERTEX = `
varying vec2 place;
void main() {
  vec4 world = modelMatrix * vec4(position, 1.0);
  place = world.xz;
  gl_Position = projectionMatrix * viewMatrix * world;
}`;
const FRAGMENT = `
varying vec2 place;
uniform vec2 middle;
uniform vec3 color;
uniform float reach;
float lines(float every) {
  vec2 at = place / every;
  vec2 near = abs(fract(at - 0.5) - 0.5) / fwidth(at);
  return 1.0 - min(min(near.x, near.y), 1.0);
}
void main() {
  float fade = 1.0 - smoothstep(0.2, 1.0, distance(place, middle) / reach);
  gl_FragColor = vec4(color, fade * max(0.5 * lines(1.0), 0.2 * lines(0.25)));
}`;

/** A floor without an end: a line each metre, thin ones each 25 cm, and the shadow of what stands on it. */
export class Floor {
  readonly object = new Group();
  readonly #lines = new ShaderMaterial({
    vertexShader: VERTEX,
    fragmentShader: FRAGMENT,
    uniforms: { middle: { value: [0, 0] }, color: { value: new Color() }, reach: { value: REACH } },
    transparent: true,
    depthWrite: false,
  });
  readonly #shadow = new ShadowMaterial({ opacity: 0.2, depthWrite: false });

  constructor() {
    const plane = new PlaneGeometry(4 * REACH, 4 * REACH).rotateX(-Math.PI / 2);
    const shadow = new Mesh(plane, this.#shadow);
    shadow.receiveShadow = true;
    this.object.add(new Mesh(plane, this.#lines), shadow);
  }

  color(color: Color): void {
    this.#lines.uniforms.color.value = color;
  }

  /** Puts its middle under a place. */
  center(x: number, z: number): void {
    this.object.position.set(x, 0, z);
    this.#lines.uniforms.middle.value = [x, z];
  }
}
