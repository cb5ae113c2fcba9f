"""Features of sound by librosa, SciPy and soxr, for src/audio.

    pip install librosa soxr scipy soundfile
    python make_audio.py > audio.json

speech.flac is "sense_and_sensibility_01_austen_64kb-0890.wav" of Debian's package pocketsphinx-testdata (BSD-2), read for LibriVox (public
domain).
"""
import json
from pathlib import Path

import librosa
import numpy as np
import scipy.signal
import soundfile
import soxr

RATE, HOP, WINDOW = 16000, 160, 1024
speech, rate = soundfile.read(Path(__file__).parent / "speech.flac")
assert rate == RATE
rows = int(len(speech) * 30 / RATE + 1e-6)


def digits(values, count=6):
    return [float(f"{v:.{count}g}") for v in np.asarray(values).ravel()]


# the mean taken out: y[n] = x[n] - x[n-1] + 0.995 y[n-1], as if the first sample had been there before
clean = scipy.signal.lfilter([1, -1], [1, -0.995], speech, zi=[-speech[0]])[0]

# hops stand at (j + 1/2) * 10 ms; those whose middle lies in a row belong to it
centres = np.arange(int(len(clean) / HOP)) * HOP + HOP / 2
row_of = np.floor(centres * 30 / RATE).astype(int)
padded = np.concatenate([np.zeros(WINDOW // 2 - HOP // 2), clean, np.zeros(WINDOW)])
stft = dict(n_fft=WINDOW, hop_length=HOP, window="hann", center=False)
power = np.abs(librosa.stft(padded, **stft))[:, : len(centres)] ** 2
bank = librosa.filters.mel(sr=RATE, n_fft=WINDOW, n_mels=26, fmin=60, fmax=7600, htk=True, norm=None)
mean_power = np.stack([power[:, row_of == k].mean(axis=1) for k in range(rows)], axis=1)
mel = np.log(np.maximum(bank @ mean_power, 1e-5))

edges = np.ceil(np.arange(rows + 1) * RATE / 30).astype(int)
parts = [clean[a:b] for a, b in zip(edges[:-1], edges[1:])]
changes = librosa.zero_crossings(clean, zero_pos=True, pad=False)
crossings = [changes[a:b].mean() for a, b in zip(edges[:-1], edges[1:])]

# pitch in the middle of each row, by the probabilistic YIN
middles = (edges[:-1] + edges[1:]) // 2
hertz = []
for middle in middles:
    part = np.concatenate([np.zeros(4096), clean, np.zeros(4096)])[middle + 4096 - 2048 : middle + 4096 + 2048]
    f0, voiced, _ = librosa.pyin(part, sr=RATE, fmin=60, fmax=400, frame_length=WINDOW, hop_length=HOP)
    at = len(f0) // 2
    hertz.append(float(f0[at]) if voiced[at] else 0)

# a sum of tones below 6.5 kHz, from one rate to another
def tones(rate, seconds=0.2):
    t = np.arange(int(rate * seconds)) / rate
    return 0.3 * np.sin(2 * np.pi * 311 * t) + 0.2 * np.sin(2 * np.pi * 1700 * t + 1) + 0.1 * np.sin(2 * np.pi * 3100 * t)


resampled = {}
for source in [8000, 11025, 22050, 24000, 32000, 44100, 48000, 96000]:
    by_soxr = soxr.resample(tones(source), source, RATE, quality="VHQ")
    common = np.gcd(source, RATE)
    by_scipy = scipy.signal.resample_poly(tones(source), RATE // common, source // common, window=("kaiser", 9.0))
    resampled[source] = {"soxr": digits(by_soxr[1500:1560]), "scipy": digits(by_scipy[1500:1560])}

onsets = librosa.onset.onset_detect(y=clean, sr=RATE, hop_length=HOP, units="time", backtrack=False)
result = {
    "speech": {
        "rows": rows,
        "mel": digits(mel.T),
        "energy": digits([np.log(np.sqrt(np.mean(p**2)) + 1e-4) for p in parts]),
        "zeroCrossings": digits(crossings),
        "centroid": digits(librosa.feature.spectral_centroid(S=np.sqrt(mean_power), sr=RATE, n_fft=WINDOW) / 1000),
        "flatness": digits(librosa.feature.spectral_flatness(S=mean_power, power=1.0)),
        "tilt": digits([np.polyfit(np.arange(26), row, 1)[0] * 25 for row in mel.T]),
        "pitch": digits(hertz),
        "onsets": digits(onsets),
    },
    "resampled": resampled,
}
print(json.dumps(result))
