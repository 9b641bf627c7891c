/** Recordings shaped band by band and moment by moment, and how far two of them are apart in balance and in loudness. */

import type { Bands } from "../audio/bands";
import type { Spectra } from "../audio/fft";

const MOST = 10 ** (30 / 20);

/** Spectra whose bins have the gains of the bands around them, at most 30 dB up or down. `gains` has one row, or one a frame. */
export function withGains(spectra: Spectra, filters: Float32Array, gains: Bands): Spectra {
  const { nFrames, nBins } = spectra;
  const { nBands } = gains;
  const reach = new Float32Array(nBins);
  for (let band = 0; band < nBands; band += 1) {
    for (let bin = 0; bin < nBins; bin += 1) reach[bin] = (reach[bin] as number) + (filters[band * nBins + bin] as number);
  }
  const re = spectra.re.slice();
  const im = spectra.im.slice();
  const shape = new Float32Array(nBins);
  for (let frame = 0; frame < nFrames; frame += 1) {
    if (frame < gains.nFrames) {
      shape.fill(0);
      const row = gains.values.subarray(frame * nBands, (frame + 1) * nBands);
      for (let band = 0; band < nBands; band += 1) {
        const gain = Math.min(MOST, Math.max(1 / MOST, row[band] as number));
        for (let bin = 0; bin < nBins; bin += 1) {
          const weight = filters[band * nBins + bin] as number;
          if (weight > 0) shape[bin] = (shape[bin] as number) + (weight * gain) / (reach[bin] as number);
        }
      }
      // Bins that no band reaches, lowest and highest, follow the nearest one.
      const first = reach.findIndex((weight) => weight > 0);
      const last = reach.findLastIndex((weight) => weight > 0);
      shape.fill(shape[first] as number, 0, first);
      shape.fill(shape[last] as number, last + 1);
    }
    for (let bin = 0; bin < nBins; bin += 1) {
      const n = frame * nBins + bin;
      re[n] = (re[n] as number) * (shape[bin] as number);
      im[n] = (im[n] as number) * (shape[bin] as number);
    }
  }
  return { ...spectra, re, im };
}

/** The root mean square of every band. */
export function balance({ values, nFrames, nBands }: Bands): Float32Array {
  const out = new Float32Array(nBands);
  values.forEach((value, n) => {
    out[n % nBands] = (out[n % nBands] as number) + (value * value) / nFrames;
  });
  return out.map(Math.sqrt);
}

/** The loudness of every frame in decibels, not less than 60 below the loudest. */
export function levels({ values, nFrames, nBands }: Bands): Float32Array {
  const out = Float32Array.from({ length: nFrames }, (_, frame) => {
    const row = values.subarray(frame * nBands, (frame + 1) * nBands);
    return 10 * Math.log10(row.reduce((sum, value) => sum + value * value, 1e-20));
  });
  const highest = out.reduce((a, b) => Math.max(a, b), -Infinity);
  return out.map((level) => Math.max(level, highest - 60));
}

/** The gains that give the content's bands the style's balance: one row. */
export function balanceGains(content: Bands, style: Bands): Bands {
  const [one, other] = [balance(content), balance(style)];
  const floor = 1e-4 * one.reduce((a, b) => Math.max(a, b), 1e-12);
  return { values: one.map((value, band) => (other[band] as number) / Math.max(value, floor)), nFrames: 1, nBands: content.nBands };
}

/** The gain of every frame that spreads the content's loudness as the style's is spread: the n-th loudest moment gets the
 * loudness of the style's n-th loudest.
 */
export function dynamicsGains(content: Bands, style: Bands): Float32Array {
  const [own, other] = [levels(content), levels(style).sort()];
  const order = Array.from(own.keys()).sort((a, b) => (own[a] as number) - (own[b] as number));
  const gains = new Float32Array(own.length);
  order.forEach((frame, rank) => {
    const place = own.length > 1 ? (rank * (other.length - 1)) / (own.length - 1) : 0;
    gains[frame] = 10 ** (((other[Math.round(place)] as number) - (own[frame] as number)) / 20);
  });
  return gains;
}

/** The mean distance of two balances, level aside, in decibels. */
export function balanceDb(one: Bands, other: Bands): number {
  const db = (bands: Bands) => balance(bands).map((value) => 20 * Math.log10(Math.max(value, 1e-6)));
  return distance(centred(db(one)), centred(db(other)));
}

/** The mean distance of two spreads of loudness, level aside, in decibels. */
export function spreadDb(one: Bands, other: Bands): number {
  const at = (bands: Bands) => {
    const sorted = levels(bands).sort();
    return centred(Float32Array.from({ length: 100 }, (_, n) => sorted[Math.round((n * (sorted.length - 1)) / 99)] as number));
  };
  return distance(at(one), at(other));
}

function centred(values: Float32Array): Float32Array {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return values.map((value) => value - mean);
}

function distance(one: Float32Array, other: Float32Array): number {
  return one.reduce((sum, value, n) => sum + Math.abs(value - (other[n] as number)), 0) / one.length;
}
