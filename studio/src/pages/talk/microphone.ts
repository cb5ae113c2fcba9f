// Runs where the browser makes sound: hands on what the microphone hears. TypeScript's own library does not know this place.
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

registerProcessor(
  "microphone",
  class extends AudioWorkletProcessor {
    process([[channel]]: Float32Array[][]): boolean {
      if (channel) this.port.postMessage(channel.slice());
      return true;
    }
  },
);
