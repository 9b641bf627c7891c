// Plays one of several decoded sounds, and switches between them at the same playhead.

import { playhead } from "./logic.mjs";

const FADE_S = 0.008; // short enough to be instant, long enough not to click
const AHEAD_S = 0.005;

export class Player {
  /** @param context an AudioContext, or what behaves like one */
  constructor(context) {
    this.context = context;
    this.master = context.createGain();
    this.master.connect(context.destination);
    this.sounds = new Map();
    this.chosen = null;
    this.isPlaying = false;
    this.isLooping = true;
    this.offset = 0;
    this.startedAt = 0;
    this.voice = null;
  }

  /** New sounds, by name; whatever was playing stops. */
  load(sounds) {
    this.pause();
    this.sounds = sounds;
    this.chosen = null;
    this.offset = 0;
  }

  /** The length of the chosen sound, in seconds. */
  get length() {
    return this.sounds.get(this.chosen)?.duration ?? 0;
  }

  /** Where the chosen sound is, in seconds. */
  get position() {
    return this.positionAt(this.context.currentTime);
  }

  /** Whether a sound that is not looped has come to its end. */
  get isAtEnd() {
    return this.isPlaying && !this.isLooping && this.position >= this.length;
  }

  /** Play a sound from where the one before is, or was when it was stopped. */
  choose(name) {
    const at = this.context.currentTime + AHEAD_S;
    const position = this.isAtEnd ? 0 : this.positionAt(at);
    this.chosen = name;
    this.start(at, position);
  }

  pause() {
    this.offset = this.isAtEnd ? 0 : this.position;
    this.stop(this.context.currentTime);
    this.isPlaying = false;
  }

  seek(seconds) {
    this.offset = seconds;
    if (this.isPlaying) this.start(this.context.currentTime, seconds);
  }

  loop(isLooping) {
    const position = this.isAtEnd ? 0 : this.position;
    this.isLooping = isLooping;
    this.offset = position;
    if (this.isPlaying) this.start(this.context.currentTime, position);
  }

  level(gain) {
    this.master.gain.setTargetAtTime(gain, this.context.currentTime, FADE_S);
  }

  positionAt(time) {
    const seconds = this.isPlaying ? this.offset + Math.max(time - this.startedAt, 0) : this.offset;
    return playhead(seconds, this.length, this.isLooping);
  }

  start(at, position) {
    this.stop(at);
    const source = this.context.createBufferSource();
    const gain = this.context.createGain();
    source.buffer = this.sounds.get(this.chosen);
    source.loop = this.isLooping;
    source.connect(gain).connect(this.master);
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(1, at + FADE_S);
    this.offset = this.length > 0 ? position % this.length : 0;
    this.startedAt = at;
    this.isPlaying = true;
    this.voice = { source, gain };
    source.start(at, this.offset);
  }

  stop(at) {
    if (this.voice === null) return;
    const { source, gain } = this.voice;
    gain.gain.cancelScheduledValues(at);
    gain.gain.setValueAtTime(1, at);
    gain.gain.linearRampToValueAtTime(0, at + FADE_S);
    source.stop(at + FADE_S);
    this.voice = null;
  }
}
