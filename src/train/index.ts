export interface Stage { name: string; steps: number; batch: number; state: any; step(k: number): Promise<Record<string, number>>; sample?: () => Promise<any>; finish?: () => Promise<void> }
export interface RunOptions { out: string; config: unknown }
export const keep: any = { parameters: () => 0, optimizer: () => 0, ema: () => 0 };
export async function runStages(stages: any[], o: any): Promise<any> {
  for (const make of stages) { const s: Stage = await make(); const n = Math.min(s.steps, o.limit ?? 1e9); let t = performance.now(); const ts: number[] = [];
    for (let k = 0; k < n; k++) { const r = await s.step(k); const u = performance.now(); ts.push(u - t); t = u; if (k % 50 === 0 || k === n - 1) console.log(s.name, k, JSON.stringify(r), ts.sort((a, b) => a - b)[ts.length >> 1].toFixed(1) + "ms"), (ts.length = 0), (t = performance.now()); }
    if (s.sample) await (globalThis as any).__sheet(await s.sample(), `/tmp/sheet-${s.name}.png`); await s.finish?.(); }
  return { status: "stopped" };
}
