/** Gram matrices of pictures of sound, and their moments in another order. */

import type { Bands } from "../audio/bands";
import type { Spectra } from "../audio/fft";
import { randomness } from "./random";

/** The mean over all frames of the product of every band with every other: n_bands rows of n_bands values. */
export function gram({ values, nFrames, nBands }: Bands): Float64Array {
  const out = new Float64Array(nBands * nBands);
  for (let frame = 0; frame < nFrames; frame += 1) {
    const row = values.subarray(frame * nBands, (frame + 1) * nBands);
    for (let a = 0; a < nBands; a += 1) {
      const weight = (row[a] as number) / nFrames;
      for (let b = 0; b < nBands; b += 1) out[a * nBands + b] = (out[a * nBands + b] as number) + weight * (row[b] as number);
    }
  }
  return out;
}

/** The distance of two matrices, as a part of the size of the first. */
export function apart(one: Float64Array, other: Float64Array): number {
  let [sum, all] = [0, 1e-30];
  one.forEach((value, n) => {
    sum += (value - (other[n] as number)) ** 2;
    all += value ** 2;
  });
  return Math.sqrt(sum / all);
}

/** An order of frames in which pieces of `block` frames have been shuffled. */
export function shuffledOrder(nFrames: number, block: number, seed: number): number[] {
  const random = randomness(seed);
  const pieces = Array.from({ length: Math.ceil(nFrames / block) }, (_, n) =>
    Array.from({ length: Math.min(block, nFrames - n * block) }, (__, k) => n * block + k),
  );
  for (let n = pieces.length - 1; n > 0; n -= 1) {
    const other = Math.floor(random() * (n + 1));
    [pieces[n], pieces[other]] = [pieces[other] as number[], pieces[n] as number[]];
  }
  return pieces.flat();
}

function reordered(values: Float32Array, width: number, order: readonly number[]): Float32Array {
  const out = new Float32Array(values.length);
  order.forEach((from, to) => out.set(values.subarray(from * width, (from + 1) * width), to * width));
  return out;
}

export const bandsInOrder = (bands: Bands, order: readonly number[]): Bands => ({
  ...bands,
  values: reordered(bands.values, bands.nBands, order),
});

export const spectraInOrder = (spectra: Spectra, order: readonly number[]): Spectra => ({
  ...spectra,
  re: reordered(spectra.re, spectra.nBins, order),
  im: reordered(spectra.im, spectra.nBins, order),
});
