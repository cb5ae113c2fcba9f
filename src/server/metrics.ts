import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Scheduler, Watch } from "./scheduler.js";

/** What Prometheus is told, of one server. */
export class Metrics implements Watch {
  private readonly registry = new Registry();
  private readonly requests = new Histogram({
    name: "fewstep_http_request_duration_seconds",
    help: "Seconds from a request to the end of its answer.",
    labelNames: ["method", "route", "status"],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers: [this.registry],
  });
  private readonly samples = new Counter({
    name: "fewstep_samples_total",
    help: "Samples drawn.",
    registers: [this.registry],
  });
  private readonly shared = new Histogram({
    name: "fewstep_batch_requests",
    help: "Requests that shared a batch.",
    buckets: [1, 2, 4, 8, 16, 32, 64],
    registers: [this.registry],
  });
  private readonly drawing = new Histogram({
    name: "fewstep_batch_duration_seconds",
    help: "Seconds that a worker took for a batch.",
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [this.registry],
  });
  private readonly liveSessions = new Gauge({
    name: "fewstep_live_sessions",
    help: "Live sessions that are open.",
    registers: [this.registry],
  });
  private readonly liveBlocks = new Counter({
    name: "fewstep_live_blocks_total",
    help: "Blocks of live sessions that were sent.",
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** Also tells how many requests wait and run. */
  observe(scheduler: Scheduler): void {
    const gauge = (name: string, help: string, value: () => number) =>
      new Gauge({
        name,
        help,
        registers: [this.registry],
        collect() {
          this.set(value());
        },
      });
    gauge("fewstep_queue_requests", "Requests that wait for a worker.", () => scheduler.queued);
    gauge("fewstep_running_batches", "Batches that workers draw.", () => scheduler.running);
  }

  request(method: string, route: string, status: number, seconds: number): void {
    this.requests.observe({ method, route, status: String(status) }, seconds);
  }

  batch(requests: number, samples: number, seconds: number): void {
    this.shared.observe(requests);
    this.samples.inc(samples);
    this.drawing.observe(seconds);
  }

  live(sessions: number): void {
    this.liveSessions.set(sessions);
  }

  liveBlock(): void {
    this.liveBlocks.inc();
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }
}
