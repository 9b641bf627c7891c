/** The discrete Fourier transform, and short-time spectra made with it.
 *
 * Transforms have a power of two samples. Windows are Hann's, periodic, on both ways, and rebuilding divides by the sum of
 * their squares, so that what was not changed comes back as it was (Allen and Rabiner 1977).
 */

export interface Spectra {
  /** n_frames spectra of n_fft / 2 + 1 bins each, one after the other. */
  re: Float32Array;
  im: Float32Array;
  nFrames: number;
  nBins: number;
  nFft: number;
  hop: number;
  /** Samples of what was analysed. */
  length: number;
}

interface Plan {
  order: Uint32Array;
  cos: Float64Array;
  sin: Float64Array;
}

const plans = new Map<number, Plan>();
const windows = new Map<number, Float64Array>();

function plan(n: number): Plan {
  const known = plans.get(n);
  if (known) return known;
  if (n < 2 || (n & (n - 1)) !== 0) throw new RangeError(`a transform has a power of two samples, not ${n}`);
  const order = new Uint32Array(n);
  const bits = Math.log2(n);
  for (let k = 0; k < n; k += 1) order[k] = ((order[k >> 1] as number) >> 1) | ((k & 1) << (bits - 1));
  const cos = new Float64Array(n / 2);
  const sin = new Float64Array(n / 2);
  for (let k = 0; k < n / 2; k += 1) {
    cos[k] = Math.cos((2 * Math.PI * k) / n);
    sin[k] = -Math.sin((2 * Math.PI * k) / n);
  }
  const made = { order, cos, sin };
  plans.set(n, made);
  return made;
}

export function hann(n: number): Float64Array {
  let window = windows.get(n);
  if (!window) {
    window = new Float64Array(n);
    for (let k = 0; k < n; k += 1) window[k] = 0.5 - 0.5 * Math.cos((2 * Math.PI * k) / n);
    windows.set(n, window);
  }
  return window;
}

/** Transforms re + i·im in place. */
export function fft(re: Float64Array, im: Float64Array): void {
  const n = re.length;
  const { order, cos, sin } = plan(n);
  for (let k = 0; k < n; k += 1) {
    const other = order[k] as number;
    if (other > k) {
      [re[k], re[other]] = [re[other] as number, re[k] as number];
      [im[k], im[other]] = [im[other] as number, im[k] as number];
    }
  }
  for (let half = 1; half < n; half *= 2) {
    const stride = n / (2 * half);
    for (let start = 0; start < n; start += 2 * half) {
      for (let k = 0; k < half; k += 1) {
        const c = cos[k * stride] as number;
        const s = sin[k * stride] as number;
        const low = start + k;
        const high = low + half;
        const hr = re[high] as number;
        const hi = im[high] as number;
        const r = hr * c - hi * s;
        const i = hr * s + hi * c;
        re[high] = (re[low] as number) - r;
        im[high] = (im[low] as number) - i;
        re[low] = (re[low] as number) + r;
        im[low] = (im[low] as number) + i;
      }
    }
  }
}

/** Short-time spectra of a waveform, frames centred on every `hop` samples. */
export function analyse(wave: Float32Array, nFft: number, hop: number): Spectra {
  const nBins = nFft / 2 + 1;
  const nFrames = 1 + Math.ceil(wave.length / hop);
  const re = new Float32Array(nFrames * nBins);
  const im = new Float32Array(nFrames * nBins);
  const window = hann(nFft);
  const r = new Float64Array(nFft);
  const i = new Float64Array(nFft);
  for (let frame = 0; frame < nFrames; frame += 1) {
    const from = frame * hop - nFft / 2;
    for (let k = 0; k < nFft; k += 1) r[k] = (wave[from + k] ?? 0) * (window[k] as number);
    i.fill(0);
    fft(r, i);
    re.set(r.subarray(0, nBins), frame * nBins);
    im.set(i.subarray(0, nBins), frame * nBins);
  }
  return { re, im, nFrames, nBins, nFft, hop, length: wave.length };
}

/** The waveform whose spectra are nearest to these. */
export function rebuild(spectra: Spectra): Float32Array {
  const { re, im, nFrames, nBins, nFft, hop, length } = spectra;
  const window = hann(nFft);
  const sum = new Float64Array(length);
  const weight = new Float64Array(length);
  const r = new Float64Array(nFft);
  const i = new Float64Array(nFft);
  for (let frame = 0; frame < nFrames; frame += 1) {
    const at = frame * nBins;
    for (let k = 0; k < nBins; k += 1) {
      // Conjugated, since the transform forwards of a conjugate is n times the one backwards.
      r[k] = re[at + k] as number;
      i[k] = -(im[at + k] as number);
      if (k > 0 && k < nBins - 1) {
        r[nFft - k] = r[k] as number;
        i[nFft - k] = -(i[k] as number);
      }
    }
    fft(r, i);
    const from = frame * hop - nFft / 2;
    for (let k = Math.max(0, -from); k < nFft && from + k < length; k += 1) {
      const w = window[k] as number;
      sum[from + k] = (sum[from + k] as number) + ((r[k] as number) / nFft) * w;
      weight[from + k] = (weight[from + k] as number) + w * w;
    }
  }
  const out = new Float32Array(length);
  for (let n = 0; n < length; n += 1) out[n] = (sum[n] as number) / Math.max(weight[n] as number, 1e-6);
  return out;
}

export function magnitudes(spectra: Spectra): Float32Array {
  const out = new Float32Array(spectra.re.length);
  for (let n = 0; n < out.length; n += 1) out[n] = Math.hypot(spectra.re[n] as number, spectra.im[n] as number);
  return out;
}
