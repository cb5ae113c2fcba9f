import { Resampler, SAMPLE_RATE } from "fewstep/browser";
import microphone from "./microphone.ts?worker&url";

/** Where a person's voice comes from, at 16 kHz. */
export interface Voice {
  /** Samples that can be taken now. */
  readonly ready: number;
  /** Whether it is heard as it happens, so that no more can be taken than has been spoken. */
  readonly live: boolean;
  /** The next samples; `count` is at most `ready`. */
  take(count: number): Float32Array;
  /** Forgets what is ready of a voice that is live. */
  skip(): void;
  close(): void;
}

/** Silence for ever. */
export const nobody: Voice = {
  ready: Number.POSITIVE_INFINITY,
  live: false,
  take: (count) => new Float32Array(count),
  skip: () => undefined,
  close: () => undefined,
};

/** A recording, which begins again at its end. */
export function recorded(samples: Float32Array): Voice {
  let at = 0;
  return {
    ...nobody,
    take(count) {
      const out = new Float32Array(count);
      for (let done = 0; done < count; ) {
        const part = samples.subarray(at, at + count - done);
        out.set(part, done);
        done += part.length;
        at = (at + part.length) % samples.length;
      }
      return out;
    },
  };
}

/** The channels of a sound file, at 16 kHz. @throws where the browser cannot read it */
export async function readSound(file: Blob, name: string): Promise<Float32Array[]> {
  const context = new OfflineAudioContext(1, 1, SAMPLE_RATE);
  const sound = await context.decodeAudioData(await file.arrayBuffer()).catch(() => {
    throw new Error(`${name} is no sound that this browser can read; WAV, FLAC, MP3 and Opus usually are.`);
  });
  if (sound.length === 0) throw new Error(`${name} holds no sound.`);
  return Array.from({ length: sound.numberOfChannels }, (_, channel) => sound.getChannelData(channel));
}

/** All channels of a file as one voice. */
export function mixed(channels: readonly Float32Array[]): Float32Array {
  if (channels.length === 1) return channels[0];
  return channels[0].map((_, i) => channels.reduce((sum, channel) => sum + channel[i], 0) / channels.length);
}

/** What the microphone hears from now on. @throws where there is none, or it is not allowed */
export async function openMicrophone(): Promise<Voice> {
  if (!navigator.mediaDevices?.getUserMedia) throw new Error("This page cannot use a microphone: it needs https.");
  const stream = await navigator.mediaDevices
    .getUserMedia({ audio: { channelCount: 1, echoCancellation: true, noiseSuppression: false } })
    .catch((error: Error) => {
      throw new Error(`The microphone cannot be used: ${error.message}. Allow it for this page, or take a file.`);
    });
  const context = new AudioContext();
  await context.audioWorklet.addModule(microphone);
  const resampler = new Resampler(context.sampleRate, SAMPLE_RATE);
  const node = new AudioWorkletNode(context, "microphone", { numberOfOutputs: 0 });
  let pieces: Float32Array[] = [];
  let ready = 0;
  node.port.onmessage = ({ data }: MessageEvent<Float32Array>) => {
    const piece = resampler.push(data);
    pieces.push(piece);
    ready += piece.length;
  };
  context.createMediaStreamSource(stream).connect(node);
  await context.resume();
  return {
    live: true,
    get ready() {
      return ready;
    },
    take(count) {
      const all = new Float32Array(ready);
      let at = 0;
      for (const piece of pieces) {
        all.set(piece, at);
        at += piece.length;
      }
      pieces = [all.slice(count)];
      ready -= count;
      return all.slice(0, count);
    },
    skip() {
      pieces = [];
      ready = 0;
    },
    close() {
      for (const track of stream.getTracks()) track.stop();
      void context.close();
    },
  };
}
