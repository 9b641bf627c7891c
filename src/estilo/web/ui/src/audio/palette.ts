/** The colours of pictures of sound: one hue, from the page's own ground to its strongest contrast. */

type Colour = readonly [number, number, number];

const DARK: readonly Colour[] = [
  [22, 24, 29],
  [62, 30, 27],
  [150, 58, 38],
  [238, 112, 74],
  [255, 190, 148],
  [255, 246, 232],
];
const LIGHT: readonly Colour[] = [
  [250, 248, 244],
  [249, 222, 207],
  [240, 164, 131],
  [209, 84, 46],
  [124, 38, 18],
  [32, 13, 9],
];
const LESS: Colour = [43, 122, 160];
const MORE: Colour = [214, 88, 48];

function between(colours: readonly Colour[], at: number): Colour {
  const place = Math.min(Math.max(at, 0), 1) * (colours.length - 1);
  const low = colours[Math.floor(place)] as Colour;
  const high = colours[Math.min(colours.length - 1, Math.floor(place) + 1)] as Colour;
  const t = place - Math.floor(place);
  return [0, 1, 2].map((n) => (low[n] as number) * (1 - t) + (high[n] as number) * t) as unknown as Colour;
}

/** 256 colours for loudness: red, green, blue and alpha, 0 to 1, as wavesurfer takes them. */
export function loudnessColours(dark: boolean): number[][] {
  return Array.from({ length: 256 }, (_, n) => [...between(dark ? DARK : LIGHT, n / 255).map((value) => value / 255), 1]);
}

/** 256 colours for a difference: blue where there is less, the accent where there is more, ground in the middle. */
export function differenceColours(dark: boolean): number[][] {
  const ground = (dark ? DARK : LIGHT)[0] as Colour;
  return Array.from({ length: 256 }, (_, n) => [...between([LESS, ground, MORE], n / 255).map((value) => value / 255), 1]);
}
