import { download } from "../save.js";
import type { Film } from "./apng-worker.js";

/** Frames at most: half a minute at display rate. */
const MOST = 1800;
/** Side of a film's picture at least, reached by enlarging pixels. */
const SIDE = 256;

/** Records the pictures that are shown, as an animated PNG or as WebM. */
export class Recorder {
  recording = $state(false);
  frames = $state(0);
  /** Whether a film is being written. */
  writing = $state(false);
  #film: { image: ImageData; at: number }[] = [];

  start(): void {
    this.#film = [];
    this.frames = 0;
    this.recording = true;
  }

  /** To be called for every picture that is shown; those after the last possible one are not kept. */
  add(image: ImageData): void {
    if (!this.recording) return;
    this.#film.push({ image, at: performance.now() });
    this.frames = this.#film.length;
    if (this.frames >= MOST) this.stop();
  }

  stop(): void {
    if (!this.recording) return;
    this.recording = false;
    this.#film.push({ image: this.#film.at(-1)?.image ?? new ImageData(1, 1), at: performance.now() });
  }

  /** Writes what was recorded. @throws where the browser cannot */
  async save(format: "png" | "webm", name: string): Promise<void> {
    this.writing = true;
    try {
      download(await (format === "png" ? this.#png() : this.#webm()), `${name}.${format}`);
    } finally {
      this.writing = false;
    }
  }

  #png(): Promise<Blob> {
    const shots = this.#film.slice(0, -1);
    const [{ image }] = shots;
    const scale = Math.max(1, Math.ceil(SIDE / image.width));
    const film: Film = {
      width: image.width * scale,
      height: image.height * scale,
      frames: shots.map((shot) => enlarge(shot.image, scale)),
      delays: shots.map((shot, i) => Math.max(10, Math.round(this.#film[i + 1].at - shot.at))),
    };
    const worker = new Worker(new URL("./apng-worker.ts", import.meta.url), { type: "module" });
    return new Promise<Blob>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => resolve(new Blob([data], { type: "image/png" }));
      worker.onerror = ({ message }) => reject(new Error(`The film could not be written: ${message}`));
      worker.postMessage(film, [...film.frames]);
    }).finally(() => worker.terminate());
  }

  /** Plays the film once on a canvas that the browser records: it takes as long as the film. */
  async #webm(): Promise<Blob> {
    if (!("MediaRecorder" in self)) throw new Error("This browser records no video; save it as an animated PNG.");
    const { image } = this.#film[0];
    const scale = Math.max(1, Math.ceil((2 * SIDE) / image.width));
    const canvas = document.createElement("canvas");
    canvas.width = image.width * scale;
    canvas.height = image.height * scale;
    const context = canvas.getContext("2d")!;
    context.imageSmoothingEnabled = false;
    const recorder = new MediaRecorder(canvas.captureStream(60), { mimeType: "video/webm", videoBitsPerSecond: 8e6 });
    const parts: Blob[] = [];
    recorder.ondataavailable = ({ data }) => parts.push(data);
    const stopped = new Promise<void>((resolve) => {
      recorder.onstop = () => resolve();
    });
    recorder.start();
    const first = this.#film[0].at;
    const start = performance.now();
    for (const { image: frame, at } of this.#film) {
      await new Promise((done) => setTimeout(done, Math.max(0, at - first - (performance.now() - start))));
      context.drawImage(await createImageBitmap(frame), 0, 0, canvas.width, canvas.height);
    }
    recorder.stop();
    await stopped;
    return new Blob(parts, { type: "video/webm" });
  }
}

/** RGBA bytes with every pixel `scale` times as wide and high. */
function enlarge({ data, width, height }: ImageData, scale: number): ArrayBuffer {
  const from = new Uint32Array(data.buffer, data.byteOffset, width * height);
  const to = new Uint32Array(width * scale * height * scale);
  for (let y = 0; y < height * scale; y++)
    for (let x = 0; x < width * scale; x++)
      to[y * width * scale + x] = from[Math.floor(y / scale) * width + Math.floor(x / scale)];
  return to.buffer;
}
