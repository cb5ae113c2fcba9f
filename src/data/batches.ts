import type { Random } from "../random/index.js";
export class IndexStream {
  order: Uint32Array; at = 0;
  constructor(readonly count: number, readonly random: Random) { this.order = random.permutation(count); }
  next(n: number): Uint32Array { const o = new Uint32Array(n); for (let i = 0; i < n; i++) { if (this.at === this.count) { this.order = this.random.permutation(this.count); this.at = 0; } o[i] = this.order[this.at++]; } return o; }
}
export class ClassStream {
  streams: { rows: number[]; s: IndexStream }[];
  constructor(labels: ArrayLike<number>, classes: number, random: Random) { this.streams = Array.from({ length: classes }, (_, c) => { const rows: number[] = []; for (let i = 0; i < labels.length; i++) if (labels[i] === c) rows.push(i); return { rows, s: new IndexStream(rows.length, random.split(c)) }; }); }
  next(classes: ArrayLike<number>, n: number): Uint32Array { const o: number[] = []; for (const c of Array.from(classes)) for (const i of this.streams[c].s.next(n)) o.push(this.streams[c].rows[i]); return Uint32Array.from(o); }
}
