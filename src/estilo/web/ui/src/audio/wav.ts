/** A waveform as the bytes of a wav file: what a microphone gave is sent like any other file. */

/** 16 bit, little-endian; samples beyond −1 and 1 are held there. */
export function wavBytes(channels: readonly Float32Array[], sampleRate: number): Uint8Array<ArrayBuffer> {
  const n = channels[0]?.length ?? 0;
  const frame = 2 * channels.length;
  const out = new DataView(new ArrayBuffer(44 + n * frame));
  const text = (at: number, letters: string) => {
    for (let k = 0; k < letters.length; k += 1) out.setUint8(at + k, letters.charCodeAt(k));
  };
  text(0, "RIFF");
  out.setUint32(4, 36 + n * frame, true);
  text(8, "WAVEfmt ");
  out.setUint32(16, 16, true);
  out.setUint16(20, 1, true);
  out.setUint16(22, channels.length, true);
  out.setUint32(24, sampleRate, true);
  out.setUint32(28, sampleRate * frame, true);
  out.setUint16(32, frame, true);
  out.setUint16(34, 16, true);
  text(36, "data");
  out.setUint32(40, n * frame, true);
  for (let k = 0; k < n; k += 1) {
    channels.forEach((channel, which) => {
      const sample = Math.max(-1, Math.min(1, channel[k] ?? 0));
      out.setInt16(44 + k * frame + 2 * which, Math.round(sample * 32_767), true);
    });
  }
  return new Uint8Array(out.buffer);
}
