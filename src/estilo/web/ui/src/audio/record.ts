/** The microphone: recorded, decoded by the browser, and given on as a wav file. */

import { audioContext } from "./context";
import { wavBytes } from "./wav";

export interface Recording {
  stop(): Promise<Blob>;
}

/** Starts at once. Rejects where there is no microphone or nobody allows it. */
export async function record(): Promise<Recording> {
  const stream = await navigator.mediaDevices.getUserMedia({
    // What a telephone needs would bend the sound of an instrument.
    audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
  });
  const recorder = new MediaRecorder(stream);
  const pieces: Blob[] = [];
  recorder.ondataavailable = (event) => pieces.push(event.data);
  recorder.start();
  return {
    stop: async () => {
      const ended = new Promise((resolve) => recorder.addEventListener("stop", resolve, { once: true }));
      recorder.stop();
      await ended;
      for (const track of stream.getTracks()) track.stop();
      const bytes = await new Blob(pieces).arrayBuffer();
      const buffer = await audioContext().decodeAudioData(bytes);
      const channels = Array.from({ length: buffer.numberOfChannels }, (_, n) => buffer.getChannelData(n));
      return new Blob([wavBytes(channels, buffer.sampleRate)], { type: "audio/wav" });
    },
  };
}
