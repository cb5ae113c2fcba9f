import type { Schedule } from "../../optim/index.js";
import type { Stateful } from "../../train/state.js";

/** A learning rate that is halved while the means swing, at most once in `rest` steps. */
export class CarefulRate implements Stateful {
  /** What is left of the rate. */
  share = 1;
  private since: number;

  constructor(
    private readonly planned: Schedule,
    private readonly rest: number,
  ) {
    this.since = rest;
  }

  readonly schedule: Schedule = (step) => this.share * this.planned(step);

  /** Called before each step with whether they swing. */
  watch(swings: boolean): void {
    this.since++;
    if (!swings || this.since <= this.rest) return;
    this.share /= 2;
    this.since = 0;
  }

  state(): object {
    return { share: this.share, since: this.since };
  }
  load({ share, since }: { share: number; since: number }): void {
    this.share = share;
    this.since = since;
  }
}
