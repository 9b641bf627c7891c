import { describe, expect, it } from "vitest";
import { analyse, fft, rebuild } from "../src/audio/fft";
import { triangles } from "../src/audio/bands";

/** The same numbers every time, −1 to 1. */
export function noise(n: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length: n }, () => {
    state = (1664525 * state + 1013904223) % 2 ** 32;
    return state / 2 ** 31 - 1;
  });
}

describe("fft", () => {
  it.each([2, 8, 64, 256])("is the sum that defines it, of %i samples", (n) => {
    const re = Float64Array.from(noise(n, 3));
    const im = Float64Array.from(noise(n, 4));
    const [r, i] = [re.slice(), im.slice()];
    fft(r, i);
    for (let k = 0; k < n; k += 1) {
      let [sumR, sumI] = [0, 0];
      for (let t = 0; t < n; t += 1) {
        const angle = (-2 * Math.PI * k * t) / n;
        sumR += re[t]! * Math.cos(angle) - im[t]! * Math.sin(angle);
        sumI += re[t]! * Math.sin(angle) + im[t]! * Math.cos(angle);
      }
      expect(r[k]).toBeCloseTo(sumR, 9);
      expect(i[k]).toBeCloseTo(sumI, 9);
    }
  });

  it("refuses lengths that are no powers of two", () => {
    expect(() => fft(new Float64Array(12), new Float64Array(12))).toThrow(/power of two/);
  });
});

describe("spectra", () => {
  it.each([1, 100, 4000, 4097])("give back the waveform that they were made of, %i samples", (n) => {
    const wave = noise(n);
    const back = rebuild(analyse(wave, 512, 128));
    expect(back.length).toBe(n);
    wave.forEach((sample, t) => expect(back[t]).toBeCloseTo(sample, 4));
  });

  it("have a sine at its own bin", () => {
    const rate = 16_000;
    const wave = Float32Array.from({ length: 4096 }, (_, t) => Math.sin((2 * Math.PI * 1000 * t) / rate));
    const { re, im, nBins } = analyse(wave, 1024, 256);
    const frame = 8 * nBins;
    const powers = Array.from({ length: nBins }, (_, k) => re[frame + k]! ** 2 + im[frame + k]! ** 2);
    expect(powers.indexOf(Math.max(...powers))).toBe(1000 / (rate / 1024));
  });
});

describe("triangles", () => {
  it.each([8, 40, 112])("weigh 1 in all, %i of them", (n) => {
    const nBins = 1025;
    const filters = triangles(n, nBins, 44_100);
    for (let band = 0; band < n; band += 1) {
      const sum = filters.subarray(band * nBins, (band + 1) * nBins).reduce((a, b) => a + b, 0);
      expect(sum).toBeCloseTo(1, 4);
    }
  });
});
