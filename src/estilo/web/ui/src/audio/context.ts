/** The page's one audio context, and recordings decoded by it, kept while they are used. */

import { audioUrl } from "../api/client";

let shared: AudioContext | null = null;
const decoded = new Map<string, Promise<AudioBuffer>>();
const KEPT = 12;

/** Made at the first use: browsers let no page sound before somebody has clicked. */
export function audioContext(): AudioContext {
  shared ??= new AudioContext();
  if (shared.state === "suspended") void shared.resume();
  return shared;
}

/** The recording with this id as the server has decoded it, at the context's sample rate. */
export function recording(clip: string): Promise<AudioBuffer> {
  const known = decoded.get(clip);
  if (known) {
    decoded.delete(clip);
    decoded.set(clip, known);
    return known;
  }
  const coming = fetch(audioUrl(clip))
    .then((answer) => {
      if (!answer.ok) throw new Error(`audio ${answer.status}`);
      return answer.arrayBuffer();
    })
    .then((bytes) => audioContext().decodeAudioData(bytes));
  coming.catch(() => decoded.delete(clip));
  decoded.set(clip, coming);
  for (const oldest of decoded.keys()) {
    if (decoded.size <= KEPT) break;
    decoded.delete(oldest);
  }
  return coming;
}

/** The mean of the channels. */
export function mono(buffer: AudioBuffer, start = 0, end = buffer.duration): Float32Array<ArrayBuffer> {
  const from = Math.round(start * buffer.sampleRate);
  const to = Math.min(buffer.length, Math.round(end * buffer.sampleRate));
  const out = new Float32Array(Math.max(0, to - from));
  for (let channel = 0; channel < buffer.numberOfChannels; channel += 1) {
    const data = buffer.getChannelData(channel);
    for (let n = 0; n < out.length; n += 1) out[n] = (out[n] ?? 0) + (data[from + n] ?? 0) / buffer.numberOfChannels;
  }
  return out;
}
