/** The descent of Gatys, Ecker and Bethge (2015) on a small picture of sound: 48 bands, compressed by log(1 + x).
 *
 * With C the content's picture, G the Gram matrix and T frames, a picture X goes downhill on
 * (1 − w) |X − C|² / |C|² + w |G(X) − G(S)|² / |G(C) − G(S)|², the first part of which is 0 at the start and the second w.
 */

import type { Bands } from "../audio/bands";
import { gram } from "./gram";

export const KEPT_STEPS = [0, 1, 3, 10, 30] as const;

export interface Descent {
  /** The pictures after 0, 1, 3, 10 and 30 steps. */
  pictures: Float32Array[];
  /** |X − C|² / |C|² and |G(X) − G(S)|² / |G(C) − G(S)|² after every step from 0 on. */
  content: number[];
  style: number[];
}

/** Steps downhill from the content. Each is half as long as long as it would lead uphill. */
export function descend(content: Bands, style: Bands, weight: number): Descent {
  const { values: c, nFrames, nBands } = content;
  const wanted = gram(style);
  const size = Math.max(squares(c), 1e-20);
  const far = Math.max(squaresBetween(gram(content), wanted), 1e-20);
  const losses = (x: Float32Array): [number, number] => [
    squaresBetween(x, c) / size,
    squaresBetween(gram({ values: x, nFrames, nBands }), wanted) / far,
  ];
  const total = ([one, other]: [number, number]) => (1 - weight) * one + weight * other;

  let x = c.slice();
  let now = losses(x);
  let length = size;
  const out: Descent = { pictures: [x], content: [now[0]], style: [now[1]] };
  const last = KEPT_STEPS[KEPT_STEPS.length - 1] as number;
  for (let step = 1; step <= last; step += 1) {
    const slope = gradient(x, c, wanted, { nFrames, nBands, size, far, weight });
    length *= 4;
    for (let attempt = 0; attempt < 40; attempt += 1) {
      const next = x.map((value, n) => Math.max(0, value - length * (slope[n] as number)));
      const there = losses(next);
      if (total(there) < total(now)) {
        x = next;
        now = there;
        break;
      }
      length /= 2;
    }
    out.content.push(now[0]);
    out.style.push(now[1]);
    if (KEPT_STEPS.some((kept) => kept === step)) out.pictures.push(x);
  }
  return out;
}

interface Sizes {
  nFrames: number;
  nBands: number;
  size: number;
  far: number;
  weight: number;
}

/** The derivative of the sum of both losses by every value of the picture. */
export function gradient(x: Float32Array, c: Float32Array, wanted: Float64Array, sizes: Sizes): Float64Array {
  const { nFrames, nBands, size, far, weight } = sizes;
  const off = gram({ values: x, nFrames, nBands }).map((value, n) => value - (wanted[n] as number));
  const out = new Float64Array(x.length);
  for (let frame = 0; frame < nFrames; frame += 1) {
    for (let a = 0; a < nBands; a += 1) {
      let sum = 0;
      for (let b = 0; b < nBands; b += 1) sum += (x[frame * nBands + b] as number) * (off[b * nBands + a] as number);
      const n = frame * nBands + a;
      out[n] = ((1 - weight) * 2 * ((x[n] as number) - (c[n] as number))) / size + (weight * 4 * sum) / (nFrames * far);
    }
  }
  return out;
}

function squares(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}

function squaresBetween(one: Float32Array | Float64Array, other: Float32Array | Float64Array): number {
  let sum = 0;
  for (let n = 0; n < one.length; n += 1) sum += ((one[n] as number) - (other[n] as number)) ** 2;
  return sum;
}
