// Small sounds made from numbers, and their wav files, for the mock server and for files that are dropped.

export const RATE = 22050;
const SECONDS = 7;
const TUNE = [69, 72, 76, 74, 72, 71, 72, 69, 64, 69, 72, 76, 79, 81];

const hz = (note) => 440 * 2 ** ((note - 69) / 12);

function randomness(seed) {
  let state = seed;
  return () => {
    state = (1664525 * state + 1013904223) % 2 ** 32;
    return state / 2 ** 31 - 1;
  };
}

function tune(partials, decay) {
  const out = new Float32Array(RATE * SECONDS);
  TUNE.forEach((note, n) => {
    const from = Math.round(n * 0.48 * RATE);
    for (let k = 0; k < 0.9 * RATE && from + k < out.length; k += 1) {
      const t = k / RATE;
      const envelope = Math.min(1, t / 0.01) * Math.exp(-t / decay);
      for (const [ratio, level] of partials) out[from + k] += envelope * level * Math.sin(2 * Math.PI * hz(note) * ratio * t);
    }
  });
  return normalised(out);
}

function noise(shape) {
  const random = randomness(7);
  const out = new Float32Array(RATE * SECONDS);
  let low = 0;
  for (let n = 0; n < out.length; n += 1) {
    low = 0.6 * low + 0.4 * random();
    out[n] = (random() - low) * shape(n / RATE);
  }
  return normalised(out);
}

function normalised(wave) {
  const peak = wave.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-9);
  return wave.map((sample) => (0.5 * sample) / peak);
}

const MAKERS = {
  melody: () => tune([[1, 1], [2, 0.5], [3, 0.4], [4, 0.25], [5, 0.15], [6, 0.1]], 0.35),
  bells: () => tune([[1, 1], [2.0, 0.2], [3.0, 0.5], [5.4, 0.35], [8.9, 0.2]], 0.5),
  rain: () => noise((t) => 0.4 + 0.1 * Math.sin(9 * t) + 0.1 * Math.sin(31 * t)),
  drums: () => noise((t) => Math.exp(-14 * (t % 0.48))),
};

export const NAMES = Object.keys(MAKERS);
export const sound = (name) => MAKERS[name]();

export function wav(wave, rate = RATE) {
  const out = Buffer.alloc(44 + 2 * wave.length);
  out.write("RIFF", 0);
  out.writeUInt32LE(36 + 2 * wave.length, 4);
  out.write("WAVEfmt ", 8);
  out.writeUInt32LE(16, 16);
  out.writeUInt16LE(1, 20);
  out.writeUInt16LE(1, 22);
  out.writeUInt32LE(rate, 24);
  out.writeUInt32LE(2 * rate, 28);
  out.writeUInt16LE(2, 32);
  out.writeUInt16LE(16, 34);
  out.write("data", 36);
  out.writeUInt32LE(2 * wave.length, 40);
  wave.forEach((sample, n) => out.writeInt16LE(Math.round(32767 * Math.max(-1, Math.min(1, sample))), 44 + 2 * n));
  return out;
}

export function peaks(wave, n = 500) {
  const step = wave.length / n;
  return Array.from({ length: n }, (_, k) => {
    const part = wave.subarray(Math.floor(k * step), Math.floor((k + 1) * step));
    return [part.reduce((a, b) => Math.min(a, b), 0), part.reduce((a, b) => Math.max(a, b), 0)];
  });
}
