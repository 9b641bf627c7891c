/** Pictures of sound on a canvas. Values are 0 to 1; the canvas keeps one pixel for each and the page stretches it. */

import type { Bands } from "./bands";

/** Time to the right, low bands at the bottom. */
export function drawBands(canvas: HTMLCanvasElement, bands: Bands, colours: readonly number[][]): void {
  const { nFrames, nBands, values } = bands;
  canvas.width = Math.max(1, nFrames);
  canvas.height = Math.max(1, nBands);
  const context = canvas.getContext("2d");
  if (!context || nFrames === 0) return;
  const image = context.createImageData(nFrames, nBands);
  for (let frame = 0; frame < nFrames; frame += 1) {
    for (let band = 0; band < nBands; band += 1) {
      const colour = colours[Math.round(255 * Math.min(1, Math.max(0, values[frame * nBands + band] ?? 0)))];
      const at = 4 * ((nBands - 1 - band) * nFrames + frame);
      image.data.set([0, 1, 2, 3].map((n) => 255 * (colour?.[n] ?? 0)), at);
    }
  }
  context.putImageData(image, 0, 0);
}

/** Give a canvas as many pixels as the screen has where it is shown, two for each of the page's at most. */
function fitted(canvas: HTMLCanvasElement): { ratio: number; width: number; height: number } {
  const ratio = Math.min(2, devicePixelRatio || 1);
  const width = Math.max(1, Math.round(canvas.clientWidth * ratio));
  const height = Math.max(1, Math.round(canvas.clientHeight * ratio));
  canvas.width = width;
  canvas.height = height;
  return { ratio, width, height };
}

/** The outline of a waveform, in the colour of the text around it. */
export function drawWave(canvas: HTMLCanvasElement, wave: Float32Array, colour: string, gain = 1): void {
  const { ratio, width, height } = fitted(canvas);
  const context = canvas.getContext("2d");
  if (!context) return;
  context.fillStyle = colour;
  const step = wave.length / width;
  for (let x = 0; x < width; x += 1) {
    let low = 0;
    let high = 0;
    for (let n = Math.floor(x * step); n < (x + 1) * step; n += 1) {
      const sample = gain * (wave[n] ?? 0);
      if (sample < low) low = sample;
      if (sample > high) high = sample;
    }
    const top = (0.5 - 0.46 * Math.min(1, high)) * height;
    const bottom = (0.5 - 0.46 * Math.max(-1, low)) * height;
    context.fillRect(x, top, 1, Math.max(ratio, bottom - top));
  }
}

/** Curves over the same steps, each drawn in its own colour. Values are scaled together, from 0 to the highest. */
export function drawCurves(canvas: HTMLCanvasElement, curves: { values: readonly number[]; colour: string }[], at: number): void {
  const { ratio, width, height } = fitted(canvas);
  const context = canvas.getContext("2d");
  if (!context) return;
  const highest = Math.max(1e-9, ...curves.flatMap((curve) => curve.values));
  const pad = 8 * ratio;
  for (const { values, colour } of curves) {
    const x = (n: number) => pad + ((width - 2 * pad) * n) / Math.max(1, values.length - 1);
    const y = (value: number) => height - pad - ((height - 2 * pad) * value) / highest;
    context.strokeStyle = context.fillStyle = colour;
    context.lineWidth = 2 * ratio;
    context.lineJoin = "round";
    context.beginPath();
    values.forEach((value, n) => (n === 0 ? context.moveTo(x(n), y(value)) : context.lineTo(x(n), y(value))));
    context.stroke();
    context.beginPath();
    context.arc(x(at), y(values[at] ?? 0), 4.5 * ratio, 0, 2 * Math.PI);
    context.fill();
  }
}
