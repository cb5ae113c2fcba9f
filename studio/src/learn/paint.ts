/** Colours of the page, as canvases want them: a custom property may say light-dark(…), which only an element resolves. */
export function colours(of: HTMLElement): Record<"ink" | "muted" | "line" | "accent", string> {
  const probe = document.createElement("span");
  probe.hidden = true;
  of.append(probe);
  const value = (name: string) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const found = { ink: value("ink"), muted: value("muted"), line: value("line"), accent: value("accent") };
  probe.remove();
  return found;
}

/** Half of the plane's side that is shown. */
export const REACH = 1.4;

/** A square canvas as a plane: sharp on any screen, cleared, with x and y in [−REACH, REACH]. */
export class Plane {
  readonly context: CanvasRenderingContext2D;
  readonly side: number;
  readonly pixel: number;

  constructor(canvas: HTMLCanvasElement) {
    this.pixel = devicePixelRatio || 1;
    this.side = Math.max(1, Math.round(canvas.clientWidth * this.pixel));
    if (canvas.width !== this.side) canvas.width = canvas.height = this.side;
    this.context = canvas.getContext("2d")!;
    this.context.clearRect(0, 0, this.side, this.side);
  }

  x(value: number): number {
    return ((value / REACH + 1) / 2) * this.side;
  }
  y(value: number): number {
    return ((1 - value / REACH) / 2) * this.side;
  }

  /** Points [n, 2]. */
  points(points: Float32Array, colour: string, opacity = 0.7): void {
    const { context, pixel } = this;
    context.globalAlpha = opacity;
    context.fillStyle = colour;
    const size = 1.8 * pixel;
    for (let i = 0; i < points.length; i += 2)
      context.fillRect(this.x(points[i]) - size / 2, this.y(points[i + 1]) - size / 2, size, size);
    context.globalAlpha = 1;
  }

  /** Arrows of a field at places, both [n, 2]; the longest as long as a cell of the grid. */
  arrows(places: Float32Array, field: Float32Array, colour: string): void {
    const { context, pixel } = this;
    const lengths = Float32Array.from({ length: field.length / 2 }, (_, i) =>
      Math.hypot(field[2 * i], field[2 * i + 1]),
    );
    const typical = lengths.slice().sort()[Math.floor(0.9 * lengths.length)] || 1;
    const cell = (2 * REACH) / Math.sqrt(lengths.length);
    context.strokeStyle = colour;
    context.lineWidth = pixel;
    context.beginPath();
    for (let i = 0; i < lengths.length; i++) {
      const scale = (cell * 0.9 * Math.min(1, lengths[i] / typical)) / (lengths[i] || 1);
      const [x, y] = [places[2 * i], places[2 * i + 1]];
      const [dx, dy] = [field[2 * i] * scale, field[2 * i + 1] * scale];
      context.moveTo(this.x(x), this.y(y));
      context.lineTo(this.x(x + dx), this.y(y + dy));
      for (const turn of [2.6, -2.6]) {
        const [c, s] = [Math.cos(turn) * 0.35, Math.sin(turn) * 0.35];
        context.moveTo(this.x(x + dx), this.y(y + dy));
        context.lineTo(this.x(x + dx + c * dx - s * dy), this.y(y + dy + s * dx + c * dy));
      }
    }
    context.stroke();
  }

  /** Paths [steps + 1, count, 2] as lines. */
  paths(paths: Float32Array, count: number, colour: string): void {
    const { context, pixel } = this;
    const states = paths.length / (2 * count);
    context.strokeStyle = colour;
    context.lineWidth = pixel;
    context.beginPath();
    for (let i = 0; i < count; i++)
      for (let k = 0; k < states; k++) {
        const at = 2 * (k * count + i);
        const place = [this.x(paths[at]), this.y(paths[at + 1])] as const;
        if (k === 0) context.moveTo(...place);
        else context.lineTo(...place);
      }
    context.stroke();
  }
}

/** Pictures [count, channels, size, size] in [−1, 1] as one picture of `columns` columns, a pixel between them. */
export function sheetOf(
  pixels: Float32Array,
  { count, channels, size, columns }: { count: number; channels: number; size: number; columns: number },
): ImageData {
  const rows = Math.ceil(count / columns);
  const sheet = new ImageData(columns * (size + 1) - 1, rows * (size + 1) - 1);
  const area = size * size;
  for (let i = 0; i < count; i++) {
    const [left, top] = [(i % columns) * (size + 1), Math.floor(i / columns) * (size + 1)];
    for (let p = 0; p < area; p++) {
      const at = 4 * ((top + Math.floor(p / size)) * sheet.width + left + (p % size));
      for (let c = 0; c < 3; c++)
        sheet.data[at + c] = (pixels[(i * channels + (channels === 3 ? c : 0)) * area + p] + 1) * 127.5;
      sheet.data[at + 3] = 255;
    }
  }
  return sheet;
}

export const lessMotion = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;
