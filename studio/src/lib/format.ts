/** Three significant digits: 128, 1.97, 0.0123. */
export const significant = (value: number): string => String(Number(value.toPrecision(3)));

/** Milliseconds without their unit: 3.5, 17. */
export const milliseconds = (ms: number): string => (ms < 10 ? ms.toFixed(1) : String(Math.round(ms)));

/** Where a generator computes, as the pages say it. */
export const deviceName = ({ device, threads }: { readonly device: string; readonly threads: number }): string =>
  device === "webgpu" ? "WebGPU" : `WASM, ${threads} thread${threads === 1 ? "" : "s"}`;
