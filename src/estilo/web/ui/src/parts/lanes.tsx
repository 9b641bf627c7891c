/** Recordings under one playhead: one is heard, all are seen. */

import type { JSX } from "preact";
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { soundAlone } from "../audio/alone";
import { audioContext } from "../audio/context";
import { Player, type Loop } from "../audio/player";
import { useWords } from "../words";
import { Icon } from "./icons";
import { LanePicture, type View } from "./lane-picture";

export interface Track {
  key: "content" | "style" | "output";
  name: string;
  buffer: AudioBuffer;
  gainDb: number;
}

const STEP_S = 1;
const SHORTEST_S = 0.1;

export function Lanes({ tracks }: { tracks: Track[] }): JSX.Element {
  const w = useWords();
  const [heard, setHeard] = useState(tracks.length - 1);
  const [playing, setPlaying] = useState(false);
  const [loop, setLoop] = useState<Loop | null>(null);
  const [view, setView] = useState<View>("spectrogram");
  const [at, setAt] = useState(0);
  const player = useMemo(() => new Player(audioContext(), tracks, tracks.length - 1), []);
  const duration = player.duration;

  useEffect(() => {
    player.onEnd = () => {
      setPlaying(false);
      setAt(0);
    };
    return () => player.close();
  }, [player]);
  useEffect(() => {
    if (!playing) return undefined;
    let frame = 0;
    const move = () => {
      setAt(player.position);
      frame = requestAnimationFrame(move);
    };
    frame = requestAnimationFrame(move);
    return () => cancelAnimationFrame(frame);
  }, [playing, player]);

  const pause = useCallback(() => {
    player.pause();
    setPlaying(false);
    setAt(player.position);
  }, [player]);
  const toggle = () => {
    if (player.playing) return pause();
    audioContext();
    soundAlone(pause);
    player.play();
    setPlaying(true);
  };
  const hear = (lane: number) => {
    player.switchTo(lane);
    setHeard(player.lane);
  };
  const seek = (to: number) => {
    player.seek(to);
    setAt(Math.min(Math.max(0, to), duration));
  };
  const repeat = (part: Loop | null) => {
    player.repeat(part);
    setLoop(player.loop);
    setAt(player.position);
  };
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || writes(event.target)) return;
      const lane = Number(event.key) - 1;
      if (event.key.length === 1 && lane >= 0 && lane < tracks.length) hear(lane);
      else if (event.key === " " && !presses(event.target)) toggle();
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });

  return (
    <div class="player" data-heard={heard} data-playing={playing}>
      <div class="transport">
        <button type="button" class="main round" aria-label={playing ? w.lanes.pause : w.lanes.play} onClick={toggle}>
          <Icon name={playing ? "pause" : "play"} />
        </button>
        <span class="clock">
          <span>{w.clock(at)}</span> / {w.clock(duration)}
        </span>
        <LoopEnds loop={loop} duration={duration} at={at} onLoop={repeat} />
        <div class="views" role="radiogroup" aria-label={w.lanes.view}>
          {(["spectrogram", "waveform", "difference"] as const).map((one) => (
            <label key={one} class={view === one ? "on" : ""}>
              <input type="radio" name="view" checked={view === one} onChange={() => setView(one)} />
              {w.lanes.views[one]}
            </label>
          ))}
        </div>
      </div>
      <div class="lanes">
        <div class="lane-names" role="group" aria-label={w.lanes.which}>
          {tracks.map((track, n) => (
            <button key={n} type="button" class={`lane-name ${n === heard ? "on" : ""}`} aria-pressed={n === heard} onClick={() => hear(n)}>
              <kbd>{n + 1}</kbd>
              <span>{track.name}</span>
            </button>
          ))}
        </div>
        <Timeline tracks={tracks} heard={heard} at={at} duration={duration} loop={loop} view={view} onSeek={seek} onLoop={repeat} />
      </div>
      <p class="hint">{view === "difference" ? w.lanes.differenceSays : w.lanes.keys(tracks.length)}</p>
    </div>
  );
}

const writes = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches("input:not([type=radio]):not([type=checkbox]):not([type=range]), select, textarea");
const presses = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches("button, a, summary, input, [role=button]");

interface TimelineProps {
  tracks: Track[];
  heard: number;
  at: number;
  duration: number;
  loop: Loop | null;
  view: View;
  onSeek(to: number): void;
  onLoop(loop: Loop | null): void;
}

/** The lanes' pictures and what lies over them: a click moves the playhead, dragging takes a part to repeat. */
function Timeline({ tracks, heard, at, duration, loop, view, onSeek, onLoop }: TimelineProps): JSX.Element {
  const w = useWords();
  const box = useRef<HTMLDivElement>(null);
  const from = useRef<number | null>(null);
  const [drawn, setDrawn] = useState<Loop | null>(null);
  const seconds = (event: PointerEvent): number => {
    const { left, width } = (box.current as HTMLDivElement).getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - left) / width)) * duration;
  };
  const part = (event: PointerEvent): Loop | null => {
    if (from.current === null) return null;
    const to = seconds(event);
    const [start, end] = [Math.min(from.current, to), Math.max(from.current, to)];
    return end - start >= Math.max(SHORTEST_S, duration / 100) ? { start, end } : null;
  };
  const onKey = (event: KeyboardEvent) => {
    const moves: Record<string, number> = { ArrowLeft: at - STEP_S, ArrowRight: at + STEP_S, Home: 0, End: duration };
    const to = moves[event.key];
    if (to === undefined) return;
    event.preventDefault();
    onSeek(to);
  };
  const shown = drawn ?? loop;
  const percent = (value: number) => `${(100 * value) / duration}%`;
  return (
    <div
      ref={box}
      class="timeline"
      role="slider"
      tabIndex={0}
      aria-label={w.lanes.position}
      aria-valuemin={0}
      aria-valuemax={Math.round(100 * duration) / 100}
      aria-valuenow={Math.round(100 * at) / 100}
      aria-valuetext={w.lanes.positionSays(at, duration)}
      onKeyDown={onKey}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        from.current = seconds(event);
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => from.current !== null && setDrawn(part(event))}
      onPointerUp={(event) => {
        const taken = part(event);
        const clicked = seconds(event);
        from.current = null;
        setDrawn(null);
        if (taken) onLoop(taken);
        else {
          if (loop && (clicked < loop.start || clicked > loop.end)) onLoop(null);
          onSeek(clicked);
        }
      }}
      onPointerCancel={() => {
        from.current = null;
        setDrawn(null);
      }}
    >
      {tracks.map((track, n) => (
        <LanePicture key={n} track={track} content={tracks[0] as Track} heard={n === heard} view={view} />
      ))}
      {shown && <div class="loop-part" style={{ left: percent(shown.start), width: percent(shown.end - shown.start) }} />}
      <div class="playhead" style={{ left: percent(at) }} />
    </div>
  );
}

interface LoopEndsProps {
  loop: Loop | null;
  duration: number;
  at: number;
  onLoop(loop: Loop | null): void;
}

/** The part that is repeated, in numbers. */
function LoopEnds({ loop, duration, at, onLoop }: LoopEndsProps): JSX.Element {
  const w = useWords();
  const toggle = () => {
    const start = Math.min(at, Math.max(0, duration - SHORTEST_S));
    onLoop(loop ? null : { start, end: Math.min(duration, start + Math.max(2, duration / 4)) });
  };
  const end = (name: "start" | "end", label: string) => (
    <input
      type="number"
      aria-label={label}
      min={0}
      max={duration}
      step={0.1}
      value={loop ? Math.round(100 * loop[name]) / 100 : ""}
      onChange={(event) => {
        const value = event.currentTarget.valueAsNumber;
        if (!loop || !Number.isFinite(value)) return;
        const changed = { ...loop, [name]: Math.min(duration, Math.max(0, value)) };
        if (changed.end - changed.start >= SHORTEST_S) onLoop(changed);
      }}
    />
  );
  return (
    <div class="loop" role="group" aria-label={w.lanes.loop}>
      <button type="button" class="outline small" aria-pressed={loop !== null} onClick={toggle}>
        <Icon name="loop" />
        {w.lanes.loop}
      </button>
      {loop && (
        <>
          {end("start", w.lanes.loopFrom)}
          <span aria-hidden="true">–</span>
          {end("end", w.lanes.loopTo)}
          <span class="unit">s</span>
        </>
      )}
    </div>
  );
}
