/** The loudest note of a recording, and notes made of harmonics. */

import { fft, hann } from "../audio/fft";

export const N_HARMONICS = 12;
const LOWEST_HZ = 60;
const HIGHEST_HZ = 1200;
const CLEAR = 0.5;
const QUIETEST_DB = -60;

/** The harmonics of a reed: each as much quieter as its number says. */
export const REED_DB = Array.from({ length: N_HARMONICS }, (_, n) => -20 * Math.log10(n + 1));

export interface Note {
  hz: number;
  /** Levels of the harmonics in decibels, the loudest 0, none below −60. */
  levelsDb: number[];
}

/** The note at the loudest moment, or null where nothing repeats clearly enough to have a pitch. */
export function loudestNote(wave: Float32Array, sampleRate: number): Note | null {
  const n = 4096;
  const from = loudest(wave, n);
  const re = new Float64Array(2 * n);
  const im = new Float64Array(2 * n);
  const window = hann(n);
  for (let k = 0; k < n; k += 1) re[k] = (wave[from + k] ?? 0) * (window[k] as number);
  fft(re, im);
  const magnitude = re.map((value, k) => Math.hypot(value, im[k] as number));
  const period = repetition(magnitude, sampleRate);
  if (period === null) return null;
  let hz = sampleRate / period;
  let levels = harmonics(magnitude, hz, sampleRate);
  // What repeats every second time as well is heard as the higher of the two notes.
  while (2 * hz <= HIGHEST_HZ && oddOverEven(levels) < 0.1) {
    hz *= 2;
    levels = harmonics(magnitude, hz, sampleRate);
  }
  const highest = Math.max(...levels);
  return { hz, levelsDb: levels.map((level) => Math.max(QUIETEST_DB, 20 * Math.log10(level / highest))) };
}

function oddOverEven(levels: readonly number[]): number {
  const sum = (first: number) => [0, 2, 4].reduce((all, n) => all + (levels[first + n] ?? 0), 0);
  return sum(0) / Math.max(sum(1), 1e-12);
}

/** The magnitudes of the harmonics of `hz` in a spectrum of 2 n bins. */
function harmonics(magnitude: Float64Array, hz: number, sampleRate: number): number[] {
  const n = magnitude.length / 2;
  const spacing = sampleRate / (2 * n);
  return Array.from({ length: N_HARMONICS }, (_, k) => {
    const centre = ((k + 1) * hz) / spacing;
    const reach = Math.max(2, 0.2 * (hz / spacing));
    const part = magnitude.subarray(Math.round(centre - reach), Math.min(n, Math.round(centre + reach) + 1));
    return part.reduce((a, b) => Math.max(a, b), 1e-9);
  });
}

function loudest(wave: Float32Array, n: number): number {
  let [best, energy] = [0, -1];
  for (let from = 0; from + n <= wave.length; from += n / 4) {
    const here = wave.subarray(from, from + n).reduce((sum, sample) => sum + sample * sample, 0);
    if (here > energy) [best, energy] = [from, here];
  }
  return best;
}

/** The first strong peak of the autocorrelation, in samples, read between the samples by a parabola. */
function repetition(magnitude: Float64Array, sampleRate: number): number | null {
  const power = magnitude.map((value) => value * value);
  const none = new Float64Array(power.length);
  fft(power, none);
  // The window makes long delays weaker; its own autocorrelation says by how much.
  const n = magnitude.length / 2;
  const taper = hannSelf(n);
  const at = (delay: number) => (power[delay] as number) / (power[0] as number) / (taper[delay] as number);
  const longest = Math.min(Math.floor(sampleRate / LOWEST_HZ), n / 2);
  const shortest = Math.ceil(sampleRate / HIGHEST_HZ);
  let highest = 0;
  for (let delay = shortest; delay <= longest; delay += 1) highest = Math.max(highest, at(delay));
  if (!(highest > CLEAR)) return null;
  for (let delay = shortest; delay < longest; delay += 1) {
    const [before, here, after] = [at(delay - 1), at(delay), at(delay + 1)];
    if (here > 0.85 * highest && here >= before && here >= after) {
      const bend = before - 2 * here + after;
      return delay + (bend === 0 ? 0 : (0.5 * (before - after)) / bend);
    }
  }
  return null;
}

const selves = new Map<number, Float64Array>();

/** The autocorrelation of Hann's window of n samples, 1 at no delay. */
function hannSelf(n: number): Float64Array {
  const known = selves.get(n);
  if (known) return known;
  const re = new Float64Array(2 * n);
  re.set(hann(n));
  const im = new Float64Array(2 * n);
  fft(re, im);
  const power = re.map((value, k) => value * value + (im[k] as number) ** 2);
  fft(power, new Float64Array(2 * n));
  const first = power[0] as number;
  const out = power.map((value) => Math.max(value / first, 0.05));
  selves.set(n, out);
  return out;
}

export interface Envelope {
  attackS: number;
  /** The time in which the note falls by 60 dB. */
  decayS: number;
}

/** A note of harmonics whose levels are in decibels, that comes in `attackS` and falls by 60 dB in `decayS`. */
export function tone(hz: number, levelsDb: readonly number[], envelope: Envelope, lengthS: number, sampleRate: number): Float32Array {
  const out = new Float32Array(Math.round(lengthS * sampleRate));
  levelsDb.forEach((db, k) => {
    const frequency = (k + 1) * hz;
    if (frequency >= 0.45 * sampleRate || db <= QUIETEST_DB) return;
    const level = 10 ** (db / 20);
    for (let t = 0; t < out.length; t += 1) {
      out[t] = (out[t] as number) + level * Math.sin((2 * Math.PI * frequency * t) / sampleRate);
    }
  });
  const fade = 0.01 * sampleRate;
  for (let t = 0; t < out.length; t += 1) {
    const seconds = t / sampleRate;
    const shape = Math.min(1, seconds / Math.max(envelope.attackS, 0.001)) * 10 ** ((-3 * seconds) / envelope.decayS);
    out[t] = (out[t] as number) * shape * Math.min(1, (out.length - t) / fade);
  }
  return out;
}

/** The harmonics of a reed at `hz` behind the one filter that gives it `levelsDb` at `referenceHz`.
 *
 * The filter is a curve over frequency, straight between the harmonics of the reference: it stays where it is while notes
 * move under it.
 */
export function equalisedDb(hz: number, levelsDb: readonly number[], referenceHz: number): number[] {
  const filter = levelsDb.map((db, n) => db - (REED_DB[n] ?? 0));
  return REED_DB.map((db, n) => {
    const place = Math.min(Math.max(((n + 1) * hz) / referenceHz - 1, 0), filter.length - 1);
    const low = Math.floor(place);
    const high = Math.min(low + 1, filter.length - 1);
    return db + (filter[low] as number) * (1 - place + low) + (filter[high] as number) * (place - low);
  });
}
