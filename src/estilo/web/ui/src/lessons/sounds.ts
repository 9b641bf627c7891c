/** What the lessons work on: a few seconds of a recording, mono, at a rate that leaves the arithmetic quick. */

import type { Clip } from "../api/types";
import { soundAlone } from "../audio/alone";
import { audioContext, mono, recording } from "../audio/context";

export const RATE = 16_000;
export const LONGEST_S = 5;

/** The loudest few seconds of the part of a clip that was taken. */
export async function excerpt(clip: Clip, start: number | null, end: number | null): Promise<Float32Array> {
  const buffer = await recording(clip.id);
  const [from, to] = [start ?? 0, end ?? buffer.duration];
  const wave = mono(buffer, from, to);
  const n = Math.ceil((wave.length * RATE) / buffer.sampleRate);
  const offline = new OfflineAudioContext(1, Math.max(1, n), RATE);
  const source = offline.createBufferSource();
  source.buffer = offline.createBuffer(1, Math.max(1, wave.length), buffer.sampleRate);
  source.buffer.copyToChannel(wave, 0);
  source.connect(offline.destination);
  source.start();
  const low = (await offline.startRendering()).getChannelData(0);
  return loudestPart(low, LONGEST_S * RATE);
}

/** The part of `length` samples that has most energy. */
export function loudestPart(wave: Float32Array<ArrayBuffer>, length: number): Float32Array<ArrayBuffer> {
  if (wave.length <= length) return wave;
  const hop = RATE / 4;
  let [best, most] = [0, -1];
  for (let from = 0; from + length <= wave.length; from += hop) {
    const energy = wave.subarray(from, from + length).reduce((sum, sample) => sum + sample * sample, 0);
    if (energy > most) [best, most] = [from, energy];
  }
  return wave.slice(best, best + length);
}

let sounding: AudioBufferSourceNode | null = null;

export function stop(): void {
  sounding?.stop();
  sounding = null;
}

/** Plays a waveform at the level of all others; one at a time. `onEnd` is told when it has ended or another began. */
export function play(wave: Float32Array<ArrayBuffer>, onEnd: () => void): void {
  stop();
  soundAlone(stop);
  const context = audioContext();
  const energy = wave.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, wave.length);
  const peak = wave.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-9);
  const source = context.createBufferSource();
  source.buffer = context.createBuffer(1, Math.max(1, wave.length), RATE);
  source.buffer.copyToChannel(wave, 0);
  const gain = context.createGain();
  gain.gain.value = Math.min(0.1 / Math.sqrt(energy + 1e-12), 0.9 / peak);
  source.connect(gain).connect(context.destination);
  source.onended = onEnd;
  source.start();
  sounding = source;
}
