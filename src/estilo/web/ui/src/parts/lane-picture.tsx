/** One lane as a picture: its spectrogram, its waveform, or how it differs from the content. */

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { brightness, picture, type Bands } from "../audio/bands";
import { mono } from "../audio/context";
import { drawBands, drawWave } from "../audio/draw";
import { differenceColours, loudnessColours } from "../audio/palette";
import { useDark } from "../state/appearance";
import { useWords } from "../words";
import type { Track } from "./lanes";

export type View = "spectrogram" | "waveform" | "difference";

const COLUMNS = 900;
const ROWS = 112;
const WIDEST_DB = 30;

interface LanePictureProps {
  track: Track;
  content: Track;
  heard: boolean;
  view: View;
}

const pictures = new WeakMap<AudioBuffer, Bands>();

function bandsOf(buffer: AudioBuffer): Bands {
  let bands = pictures.get(buffer);
  if (!bands) {
    bands = picture(mono(buffer), buffer.sampleRate, COLUMNS, ROWS);
    pictures.set(buffer, bands);
  }
  return bands;
}

export function LanePicture({ track, content, heard, view }: LanePictureProps): JSX.Element {
  const w = useWords();
  const dark = useDark();
  const canvas = useRef<HTMLCanvasElement>(null);
  const differs = view === "difference" && track !== content;
  useEffect(() => {
    const sheet = canvas.current;
    if (!sheet) return undefined;
    // After the lane itself is on the page: long recordings take a moment.
    const frame = requestAnimationFrame(() => {
      const gain = 10 ** (track.gainDb / 20);
      if (view === "waveform") drawWave(sheet, mono(track.buffer), getComputedStyle(sheet).color, gain);
      else if (differs) drawBands(sheet, difference(track, content), differenceColours(dark));
      else drawBands(sheet, brightness(bandsOf(track.buffer)), loudnessColours(dark));
    });
    return () => cancelAnimationFrame(frame);
  }, [track.buffer, content.buffer, view, dark]);
  return <canvas ref={canvas} class={`lane ${heard ? "heard" : ""} ${view}`} role="img" aria-label={w.lanes.pictureOf(track.name, w.lanes.views[view])} />;
}

/** Decibels between two lanes that are equally loud, from 0 (30 dB less) to 1 (30 dB more); silence of both is no difference. */
export function difference(track: Track, content: Track): Bands {
  const [one, other] = [bandsOf(track.buffer), bandsOf(content.buffer)];
  const gain = 10 ** ((track.gainDb - content.gainDb) / 20);
  const floor = other.values.reduce((a, b) => Math.max(a, b), 1e-9) * 1e-3;
  const values = one.values.map((value, n) => {
    const db = 20 * Math.log10((value * gain + floor) / ((other.values[n] ?? 0) + floor));
    return 0.5 + (0.5 * Math.max(-WIDEST_DB, Math.min(WIDEST_DB, db))) / WIDEST_DB;
  });
  return { ...one, values };
}
