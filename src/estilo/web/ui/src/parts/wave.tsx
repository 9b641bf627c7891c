/** A recording as waveform and spectrogram, with the part of it that is taken. */

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import WaveSurfer from "wavesurfer.js";
import Regions, { type Region } from "wavesurfer.js/dist/plugins/regions.js";
import Spectrogram from "wavesurfer.js/dist/plugins/spectrogram.js";
import { audioUrl } from "../api/client";
import type { Clip } from "../api/types";
import { soundAlone } from "../audio/alone";
import { loudnessColours } from "../audio/palette";
import { useDark } from "../state/appearance";
import { useWords } from "../words";
import { Icon } from "./icons";
import { dress } from "./wave-sheet";

interface WaveProps {
  clip: Clip;
  start: number | null;
  end: number | null;
  onCut(start: number | null, end: number | null): void;
}

const SHORTEST_S = 0.1;
const LONG_S = 300;

export function Wave({ clip, start, end, onCut }: WaveProps): JSX.Element {
  const w = useWords();
  const dark = useDark();
  const box = useRef<HTMLDivElement>(null);
  const surfer = useRef<WaveSurfer | null>(null);
  const region = useRef<{ regions: ReturnType<typeof Regions.create>; shown: Region | null } | null>(null);
  const [playing, setPlaying] = useState(false);
  const told = useRef(onCut);
  told.current = onCut;

  useEffect(() => {
    if (!box.current) return;
    const style = getComputedStyle(box.current);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const regions = Regions.create();
    const drawn = WaveSurfer.create({
      container: box.current,
      height: 72,
      waveColor: colour("--wave"),
      progressColor: colour("--accent"),
      cursorColor: colour("--ink"),
      cursorWidth: 2,
      hideScrollbar: true,
      normalize: true,
      // Enough for a picture up to 12 kHz; long recordings make do with less of it.
      sampleRate: clip.duration_s > LONG_S ? 12_000 : 24_000,
      plugins: [
        regions,
        Spectrogram.create({
          height: 112,
          fftSamples: 1024,
          scale: "mel",
          colorMap: loudnessColours(dark),
          autoGain: true,
          rangeDB: 70,
        }),
      ],
    });
    surfer.current = drawn;
    region.current = { regions, shown: null };
    dress(drawn.getWrapper());
    drawn.load(audioUrl(clip.id)).catch(() => undefined);
    const pause = () => drawn.pause();
    drawn.on("play", () => {
      soundAlone(pause);
      setPlaying(true);
    });
    drawn.on("pause", () => setPlaying(false));
    drawn.on("finish", () => setPlaying(false));
    regions.enableDragSelection({ color: colour("--part") });
    const settle = (moved: Region) => {
      if (region.current) {
        for (const other of regions.getRegions()) if (other !== moved) other.remove();
        region.current.shown = moved;
      }
      if (moved.end - moved.start < SHORTEST_S) told.current(null, null);
      else told.current(round(moved.start), round(moved.end));
    };
    regions.on("region-created", (made) => {
      if (!drawing.current) settle(made);
    });
    regions.on("region-updated", settle);
    return () => {
      drawn.destroy();
      surfer.current = null;
      region.current = null;
      setPlaying(false);
    };
  }, [clip.id, dark]);

  const drawing = useRef(false);
  useEffect(() => {
    const here = region.current;
    const drawn = surfer.current;
    if (!here || !drawn || !box.current) return undefined;
    const colour = getComputedStyle(box.current).getPropertyValue("--part").trim();
    const draw = () => {
      drawing.current = true;
      if (start === null || end === null) {
        here.regions.clearRegions();
        here.shown = null;
      } else if (here.shown) here.shown.setOptions({ start, end });
      else here.shown = here.regions.addRegion({ start, end, color: colour });
      drawing.current = false;
    };
    if (drawn.getDuration() > 0) draw();
    return drawn.on("ready", draw);
  }, [clip.id, dark, start, end]);

  const play = () => {
    const drawn = surfer.current;
    if (!drawn) return;
    if (drawn.isPlaying()) drawn.pause();
    else if (start !== null && end !== null) void drawn.play(start, end);
    else void drawn.play();
  };
  return (
    <div class="wave">
      <div ref={box} class="wave-box" role="img" aria-label={w.wave.picture(clip.name)} />
      <div class="wave-tools">
        <button type="button" class="round" aria-label={playing ? w.wave.pause(clip.name) : w.wave.play(clip.name)} onClick={play}>
          <Icon name={playing ? "pause" : "play"} />
        </button>
        <Ends clip={clip} start={start} end={end} onCut={onCut} />
      </div>
    </div>
  );
}

const round = (seconds: number): number => Math.round(1000 * seconds) / 1000;

/** The part in numbers: what dragging does, for the keyboard. */
function Ends({ clip, start, end, onCut }: WaveProps): JSX.Element {
  const w = useWords();
  const change = (from: number, to: number) => {
    const low = Math.min(Math.max(0, from), clip.duration_s - SHORTEST_S);
    const high = Math.max(low + SHORTEST_S, Math.min(to, clip.duration_s));
    const whole = low === 0 && high === clip.duration_s;
    onCut(whole ? null : round(low), whole ? null : round(high));
  };
  const field = (label: string, value: number, onValue: (value: number) => void) => (
    <label>
      <span>{label}</span>
      <input
        type="number"
        min={0}
        max={clip.duration_s}
        step={0.1}
        value={round(value)}
        onChange={(event) => {
          if (Number.isFinite(event.currentTarget.valueAsNumber)) onValue(event.currentTarget.valueAsNumber);
        }}
      />
    </label>
  );
  const [from, to] = [start ?? 0, end ?? clip.duration_s];
  return (
    <div class="ends" role="group" aria-label={w.wave.part}>
      {field(w.wave.from, from, (value) => change(value, to))}
      {field(w.wave.to, to, (value) => change(from, value))}
      <span class="unit">s</span>
      {start === null ? (
        <span class="hint">{w.wave.drag}</span>
      ) : (
        <button type="button" class="quiet" onClick={() => onCut(null, null)}>
          {w.wave.whole}
        </button>
      )}
    </div>
  );
}
