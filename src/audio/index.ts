export { dialogueFeatures } from "./dialogue.js";
export { requireFinite } from "./finite.js";
export { commonGain, SoundCheck, soundNotes } from "./notes.js";
export { SAMPLE_RATE, SOUND_FEATURES, SOUND_FPS, SOUND_PARTS, soundFrames } from "./parts.js";
export { SOUND_LOOK_AHEAD, SoundFeatureReader, soundFeatures } from "./reader.js";
export { HIGHEST_RATE, LOWEST_RATE, Resampler, resample } from "./resample.js";
export { RunningGain } from "./running-gain.js";
export { SampleQueue } from "./samples.js";
export { replaceSpeech, SPEECH_OFF, SPEECH_ON, TurnClock } from "./speech.js";
