/** Waveforms found for magnitudes alone, by the iteration of Griffin and Lim (1984). */

import { analyse, magnitudes, rebuild, type Spectra } from "../audio/fft";
import { randomness } from "./random";

/** Phases guessed at random, and then agreed with themselves in `rounds` rounds. `onRound` lets the page live meanwhile.
 *
 * The magnitudes are those of `spectra`; its phases are not looked at.
 */
export async function guessed(spectra: Spectra, rounds: number, onRound: () => Promise<void>, seed = 1): Promise<Float32Array> {
  const wanted = magnitudes(spectra);
  const random = randomness(seed);
  const re = new Float32Array(wanted.length);
  const im = new Float32Array(wanted.length);
  wanted.forEach((magnitude, n) => {
    const angle = 2 * Math.PI * random();
    re[n] = magnitude * Math.cos(angle);
    im[n] = magnitude * Math.sin(angle);
  });
  let wave = rebuild({ ...spectra, re, im });
  for (let round = 0; round < rounds; round += 1) {
    const heard = analyse(wave, spectra.nFft, spectra.hop);
    wanted.forEach((magnitude, n) => {
      const [r, i] = [heard.re[n] as number, heard.im[n] as number];
      const scale = magnitude / Math.max(Math.hypot(r, i), 1e-12);
      re[n] = r * scale;
      im[n] = i * scale;
    });
    wave = rebuild({ ...spectra, re, im });
    await onRound();
  }
  return wave;
}

/** How far below the sound itself that lies in which two spectrograms differ, in decibels. */
export function differenceDb(one: Spectra, other: Spectra): number {
  const [a, b] = [magnitudes(one), magnitudes(other)];
  let [apart, all] = [0, 1e-20];
  a.forEach((magnitude, n) => {
    apart += (magnitude - (b[n] as number)) ** 2;
    all += magnitude ** 2;
  });
  return -10 * Math.log10(Math.max(apart / all, 1e-12));
}
