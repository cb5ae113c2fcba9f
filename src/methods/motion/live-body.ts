import { type Clip, FeatureReader, FeetPlanter, PathFollower, type Spot, startOf } from "../../motion/index.js";
import { decodingStream } from "./codec.js";
import type { SessionModel } from "./session-model.js";

/** The body of a session: tokens become frames, which are led along a path and have their feet planted. */
export class LiveBody {
  private readonly decoder;
  private readonly reader: FeatureReader;
  /** Null where feet are left as the network says. */
  private readonly planter: FeetPlanter | null;
  /** Null as long as no path was given. */
  private follower: PathFollower | null = null;

  constructor(
    private readonly model: SessionModel,
    feet: "planted" | "free",
  ) {
    const { shape, programs, net } = model;
    this.decoder = decodingStream(programs, net, shape, shape.network.block);
    this.reader = new FeatureReader({ fps: shape.fps });
    this.planter = feet === "planted" ? new FeetPlanter() : null;
  }

  /** Stands where a clip ends, of which these are the features. */
  goOnFrom(clip: Clip, rows: Float32Array): void {
    this.reader.place = startOf(clip);
    this.reader.read(rows);
  }

  /** Takes tokens of what has been shown already. */
  async recall(tokens: Float32Array): Promise<void> {
    await this.decoder.push(tokens);
  }

  /** @param begun Whether there have been frames, from where the path is gone to @throws RangeError for what is no path */
  follow(points: readonly Spot[] | null, begun: boolean): void {
    if (points === null && !this.follower) return;
    const { x, z } = this.reader.place;
    const follower = this.follower ?? new PathFollower(begun ? [x, z] : null);
    follower.follow(points);
    this.follower = follower;
  }

  /** The frames of the next block. */
  async push(tokens: Float32Array): Promise<Clip> {
    const free = this.reader.read(await this.decoder.push(tokens));
    const clip = this.follower?.steer(free) ?? free;
    return this.planter ? this.planter.plant(clip) : clip;
  }

  /** What makes frames of blocks that may come, one after the other; this one stays where it is. */
  ahead(): (tokens: Float32Array) => Promise<Clip> {
    const decoder = this.decoder.copy();
    const reader = new FeatureReader({ fps: this.model.shape.fps, start: this.reader.place });
    const follower = this.follower?.copy();
    return async (tokens) => {
      const free = reader.read(await decoder.push(tokens));
      return follower?.steer(free) ?? free;
    };
  }
}
