/** Bands as the ear has them, evenly spaced in mel, and what they hold of a spectrum. */

import { analyse, magnitudes, type Spectra } from "./fft";

/** A picture of sound: n_frames columns of n_bands values each, one after the other. */
export interface Bands {
  values: Float32Array;
  nFrames: number;
  nBands: number;
}

export const toMel = (hz: number): number => 2595 * Math.log10(1 + hz / 700);
export const fromMel = (mel: number): number => 700 * (10 ** (mel / 2595) - 1);

/** Triangles over the bins, each of weight 1 in all: row after row of n_bins weights. */
export function triangles(nBands: number, nBins: number, sampleRate: number, lowest = 40, highest = sampleRate / 2): Float32Array {
  const edges = Array.from({ length: nBands + 2 }, (_, n) =>
    fromMel(toMel(lowest) + ((toMel(highest) - toMel(lowest)) * n) / (nBands + 1)),
  );
  const out = new Float32Array(nBands * nBins);
  const spacing = sampleRate / 2 / (nBins - 1);
  for (let band = 0; band < nBands; band += 1) {
    const [low, middle, high] = edges.slice(band, band + 3) as [number, number, number];
    let sum = 0;
    for (let bin = 0; bin < nBins; bin += 1) {
      const hz = bin * spacing;
      const weight = Math.max(0, Math.min((hz - low) / (middle - low), (high - hz) / (high - middle)));
      out[band * nBins + bin] = weight;
      sum += weight;
    }
    const nearest = Math.round(middle / spacing);
    if (sum === 0) out[band * nBins + nearest] = sum = 1;
    for (let bin = 0; bin < nBins; bin += 1) out[band * nBins + bin] = (out[band * nBins + bin] as number) / sum;
  }
  return out;
}

/** Magnitudes gathered into bands. */
export function banded(spectra: Spectra, filters: Float32Array): Bands {
  const { nFrames, nBins } = spectra;
  const nBands = filters.length / nBins;
  const magnitude = magnitudes(spectra);
  const values = new Float32Array(nFrames * nBands);
  for (let band = 0; band < nBands; band += 1) {
    const row = filters.subarray(band * nBins, (band + 1) * nBins);
    const from = row.findIndex((weight) => weight > 0);
    const to = row.findLastIndex((weight) => weight > 0);
    for (let frame = 0; frame < nFrames; frame += 1) {
      let sum = 0;
      for (let bin = from; bin <= to; bin += 1) sum += (row[bin] as number) * (magnitude[frame * nBins + bin] as number);
      values[frame * nBands + band] = sum;
    }
  }
  return { values, nFrames, nBands };
}

/** Decibels below the loudest value, as 0 (`range_db` below it or less) to 1. */
export function brightness(bands: Bands, rangeDb = 70, reference = bands.values.reduce((a, b) => Math.max(a, b), 0)): Bands {
  const values = bands.values.map((value) =>
    reference > 0 ? Math.min(1, Math.max(0, 1 + (20 * Math.log10(Math.max(value, 1e-9) / reference)) / rangeDb)) : 0,
  );
  return { ...bands, values };
}

/** The picture of a waveform: about `columns` columns of `rows` bands. */
export function picture(wave: Float32Array, sampleRate: number, columns: number, rows: number): Bands {
  const nFft = 2048;
  const hop = Math.max(128, Math.ceil(wave.length / Math.max(1, columns)));
  const spectra = analyse(wave, nFft, hop);
  const highest = Math.min(16_000, sampleRate / 2);
  return banded(spectra, triangles(rows, spectra.nBins, sampleRate, 40, highest));
}
