import { open, stat } from "node:fs/promises";
import type { MetricsRow } from "../../train/index.js";
import type { Curves } from "./api.js";

interface Piece {
  /** The last step in it, and how many there are. */
  step: number;
  steps: number;
  /** By metric: the sum and the number of values. */
  sums: Map<string, [sum: number, count: number]>;
}
interface StageCurves {
  stage: string;
  first: number;
  /** Steps of a full piece; doubles where there are too many pieces. */
  width: number;
  pieces: Piece[];
}

/** What a run has reached. */
export interface Reached {
  /** Training steps of the whole run, and of its last stage. */
  step: number;
  stageStep: number;
  stage: string;
  /** Wall-clock time of the run over all its sessions. */
  seconds: number;
  /** Of late; null where two steps are not known yet. */
  secondsPerStep: number | null;
  /** What the last step returned. */
  metrics: Record<string, number>;
}

const POINTS = 500;
const RECENT = 20;
const NO_METRIC = new Set(["step", "stage", "seconds"]);

/**
 * Follows a run's metrics.jsonl: each look reads only what has been added. What is kept does not grow with the number
 * of steps: at most 500 pieces a stage.
 */
export class CurveReader {
  private stages: StageCurves[] = [];
  private recent: MetricsRow[] = [];
  private offset = 0;
  private file = "";
  private rest = Buffer.alloc(0);
  /** One look after the other. */
  private reading: Promise<void> = Promise.resolve();

  constructor(private readonly path: string) {}

  /** Reads what is new. A file that was replaced, as a resumed run does, is read from its beginning. */
  refresh(): Promise<void> {
    this.reading = this.reading.catch(() => {}).then(() => this.read());
    return this.reading;
  }

  private async read(): Promise<void> {
    const found = await stat(this.path).catch(() => null);
    if (!found) return this.restart("");
    const file = `${found.dev} ${found.ino}`;
    if (file !== this.file || found.size < this.offset) this.restart(file);
    if (found.size === this.offset) return;
    const handle = await open(this.path, "r");
    try {
      for (;;) {
        const { bytesRead, buffer } = await handle.read(Buffer.alloc(1 << 20), 0, 1 << 20, this.offset);
        if (bytesRead === 0) break;
        this.offset += bytesRead;
        this.take(buffer.subarray(0, bytesRead));
      }
    } finally {
      await handle.close();
    }
  }

  private restart(file: string): void {
    this.file = file;
    this.stages = [];
    this.recent = [];
    this.offset = 0;
    this.rest = Buffer.alloc(0);
  }

  private take(bytes: Buffer): void {
    const all = Buffer.concat([this.rest, bytes]);
    const end = all.lastIndexOf(10) + 1;
    this.rest = Buffer.from(all.subarray(end));
    for (const line of all.toString("utf8", 0, end).split("\n")) {
      const row = rowOf(line);
      if (row) this.add(row);
    }
  }

  private add(row: MetricsRow): void {
    let stage = this.stages.at(-1);
    if (stage?.stage !== row.stage) {
      stage = { stage: row.stage, first: row.step, width: 1, pieces: [] };
      this.stages.push(stage);
      this.recent = [];
    }
    this.recent = [...this.recent.slice(1 - RECENT), row];
    let piece = stage.pieces.at(-1);
    if (!piece || piece.steps >= stage.width) {
      if (stage.pieces.length === POINTS) halve(stage);
      piece = { step: row.step, steps: 0, sums: new Map() };
      stage.pieces.push(piece);
    }
    piece.step = row.step;
    piece.steps++;
    for (const [name, value] of Object.entries(row))
      if (typeof value === "number" && !NO_METRIC.has(name)) addTo(piece.sums, name, value, 1);
  }

  /** Null before the first step. */
  get reached(): Reached | null {
    const row = this.recent.at(-1);
    if (!row) return null;
    const { step, stage, seconds } = row;
    const [before] = this.recent;
    const steps = step - before.step;
    const metrics = Object.entries(row).filter((entry): entry is [string, number] => typeof entry[1] === "number");
    return {
      step,
      stageStep: step - this.stages.at(-1)!.first + 1,
      stage,
      seconds,
      secondsPerStep: steps > 0 && seconds > before.seconds ? (seconds - before.seconds) / steps : null,
      metrics: Object.fromEntries(metrics.filter(([name]) => !NO_METRIC.has(name))),
    };
  }

  /** At most 500 points a stage. */
  get curves(): Curves[] {
    return this.stages.map(({ stage, pieces }) => {
      const names = [...new Set(pieces.flatMap(({ sums }) => [...sums.keys()]))];
      const mean = ({ sums }: Piece, name: string) => {
        const [sum, count] = sums.get(name) ?? [0, 0];
        return count > 0 ? Number((sum / count).toPrecision(5)) : null;
      };
      return {
        stage,
        steps: pieces.map(({ step }) => step),
        values: Object.fromEntries(names.map((name) => [name, pieces.map((piece) => mean(piece, name))])),
      };
    });
  }
}

function rowOf(line: string): MetricsRow | null {
  try {
    const row = JSON.parse(line);
    return Number.isFinite(row?.step) && typeof row.stage === "string" ? row : null;
  } catch {
    return null;
  }
}

function addTo(sums: Piece["sums"], name: string, sum: number, count: number): void {
  const [s, n] = sums.get(name) ?? [0, 0];
  sums.set(name, [s + sum, n + count]);
}

/** Joins pieces two by two. */
function halve(stage: StageCurves): void {
  const joined: Piece[] = [];
  for (let i = 0; i < stage.pieces.length; i += 2) {
    const [a, b] = stage.pieces.slice(i, i + 2);
    if (b) {
      for (const [name, [sum, count]] of b.sums) addTo(a.sums, name, sum, count);
      a.step = b.step;
      a.steps += b.steps;
    }
    joined.push(a);
  }
  stage.pieces = joined;
  stage.width *= 2;
}
