/** Several recordings under one playhead: all sound all the time, and one of them is heard.
 *
 * Each lane's source is started at the same time of the audio context and from the same place, so that they stay together
 * to the sample; switching only moves gains, across FADE_S, so that there is neither a gap nor a click. The fade is linear
 * because lanes are often nearly the same sound: equal ones stay exactly as loud while it lasts.
 */

export const FADE_S = 0.005;
const AHEAD_S = 0.03;
const CEILING = 0.94;

export interface Lane {
  buffer: AudioBuffer;
  /** What makes this lane as loud as the others, in decibels. */
  gainDb: number;
}

export interface Loop {
  start: number;
  end: number;
}

/** The gains of the lanes: as loud as each other, and all quieter by as much as keeps the loudest peak from clipping. */
export function safeGains(lanes: readonly Lane[]): number[] {
  const gains = lanes.map((lane) => 10 ** (lane.gainDb / 20));
  const highest = Math.max(...lanes.map((lane, n) => peak(lane.buffer) * (gains[n] ?? 1)), 0);
  const down = highest > CEILING ? CEILING / highest : 1;
  return gains.map((gain) => gain * down);
}

function peak(buffer: AudioBuffer): number {
  let highest = 0;
  for (let channel = 0; channel < buffer.numberOfChannels; channel += 1) {
    for (const sample of buffer.getChannelData(channel)) highest = Math.max(highest, Math.abs(sample));
  }
  return highest;
}

/** `buffer` from `start` on, repeated or cut to `length` seconds. */
export function fitted(context: BaseAudioContext, buffer: AudioBuffer, start: number, end: number, length: number): AudioBuffer {
  const rate = buffer.sampleRate;
  const from = Math.max(0, Math.round(start * rate));
  const to = Math.min(buffer.length, Math.max(from + 1, Math.round(end * rate)));
  const n = Math.max(1, Math.round(length * rate));
  const out = context.createBuffer(buffer.numberOfChannels, n, rate);
  for (let channel = 0; channel < buffer.numberOfChannels; channel += 1) {
    const part = buffer.getChannelData(channel).subarray(from, to);
    for (let at = 0; at < n; at += part.length) {
      out.copyToChannel(part.subarray(0, Math.min(part.length, n - at)), channel, at);
    }
  }
  return out;
}

export class Player {
  private readonly gains: GainNode[];
  private readonly levels: number[];
  private sources: AudioBufferSourceNode[] = [];
  private startedAt = 0;
  private offset = 0;
  private heard: number;
  private looped: Loop | null = null;
  readonly duration: number;
  onEnd: () => void = () => undefined;

  constructor(
    private readonly context: BaseAudioContext,
    private readonly lanes: readonly Lane[],
    heard = 0,
    destination: AudioNode = context.destination,
  ) {
    this.heard = heard;
    this.levels = safeGains(lanes);
    this.duration = Math.max(...lanes.map((lane) => lane.buffer.duration));
    this.gains = lanes.map((_, n) => {
      const gain = context.createGain();
      gain.gain.value = n === heard ? (this.levels[n] ?? 1) : 0;
      gain.connect(destination);
      return gain;
    });
  }

  get playing(): boolean {
    return this.sources.length > 0;
  }

  get lane(): number {
    return this.heard;
  }

  get loop(): Loop | null {
    return this.looped;
  }

  /** Where the playhead is, in seconds. */
  get position(): number {
    if (!this.playing) return this.offset;
    const passed = Math.max(0, this.context.currentTime - this.startedAt);
    const at = this.offset + passed;
    const loop = this.looped;
    if (loop && at >= loop.end) return loop.start + ((at - loop.start) % (loop.end - loop.start));
    return Math.min(at, this.duration);
  }

  /** Plays from `from` on, or from where the playhead is. */
  play(from = this.position): void {
    this.silence();
    const loop = this.looped;
    let at = from >= this.duration - 0.01 ? 0 : Math.max(0, from);
    if (loop && (at < loop.start || at >= loop.end)) at = loop.start;
    const when = this.context.currentTime + AHEAD_S;
    this.sources = this.lanes.map((lane, n) => {
      const source = this.context.createBufferSource();
      source.buffer = lane.buffer;
      if (loop) Object.assign(source, { loop: true, loopStart: loop.start, loopEnd: loop.end });
      source.connect(this.gains[n] as GainNode);
      source.start(when, at);
      return source;
    });
    this.startedAt = when;
    this.offset = at;
    const first = this.sources[this.longest()];
    if (first) {
      first.onended = () => {
        if (this.sources[this.longest()] !== first) return;
        this.sources = [];
        this.offset = 0;
        this.onEnd();
      };
    }
  }

  pause(): void {
    const at = this.position;
    this.silence();
    this.offset = at;
  }

  seek(to: number): void {
    const at = Math.min(Math.max(0, to), this.duration);
    if (this.playing) this.play(at);
    else this.offset = at;
  }

  /** Repeats a part, or nothing. The sound goes on from where it is if that is inside. */
  repeat(loop: Loop | null): void {
    const at = this.position;
    this.looped = loop && loop.end - loop.start > 0.05 ? loop : null;
    if (this.playing) this.play(at);
    else if (this.looped) this.offset = this.looped.start;
  }

  /** Lets `lane` be heard, from `at` of the context on. */
  switchTo(lane: number, at = this.context.currentTime): void {
    if (lane === this.heard || !this.gains[lane]) return;
    for (const n of [this.heard, lane]) {
      const { gain } = this.gains[n] as GainNode;
      const from = n === lane ? 0 : (this.levels[n] ?? 1);
      const to = n === lane ? (this.levels[n] ?? 1) : 0;
      gain.cancelScheduledValues(at);
      gain.setValueAtTime(from, at);
      gain.linearRampToValueAtTime(to, at + FADE_S);
    }
    this.heard = lane;
  }

  close(): void {
    this.silence();
    for (const gain of this.gains) gain.disconnect();
  }

  private longest(): number {
    return this.lanes.findIndex((lane) => lane.buffer.duration === this.duration);
  }

  private silence(): void {
    for (const source of this.sources) {
      source.onended = null;
      source.stop();
      source.disconnect();
    }
    this.sources = [];
  }
}
