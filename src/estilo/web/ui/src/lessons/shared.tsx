/** What every lesson is made of: its frame, buttons that sound, pictures, and answers that take a moment. */

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { brightness, picture, type Bands } from "../audio/bands";
import { drawBands } from "../audio/draw";
import { loudnessColours } from "../audio/palette";
import { Icon } from "../parts/icons";
import { useDark } from "../state/appearance";
import { useWords } from "../words";
import { play, RATE, stop } from "./sounds";

export type Wave = Float32Array<ArrayBuffer>;

export interface LessonProps {
  content: Wave;
  style: Wave;
}

interface FrameProps {
  id: string;
  number: number;
  title: string;
  says: string;
  finding: string | null;
  children: ComponentChildren;
}

export function Lesson({ id, number, title, says, finding, children }: FrameProps): JSX.Element {
  const w = useWords();
  return (
    <section class="lesson" id={id} aria-labelledby={`${id}-title`}>
      <div class="lesson-text">
        <span class="lesson-number" aria-hidden="true">
          {number}
        </span>
        <h2 id={`${id}-title`}>{title}</h2>
        <p>{says}</p>
      </div>
      <div class="lesson-work">
        {children}
        <p class={finding === null ? "busy" : "finding"} role="status">
          {finding ?? w.lessons.working}
        </p>
      </div>
    </section>
  );
}

/** A button that plays a waveform, and stops it. */
export function Hear({ label, wave }: { label: string; wave: Wave | null | undefined }): JSX.Element {
  const w = useWords();
  const [sounds, setSounds] = useState(false);
  const own = useRef(false);
  const turn = (on: boolean) => {
    own.current = on;
    setSounds(on);
  };
  useEffect(() => () => {
    if (own.current) stop();
  }, []);
  const press = () => {
    if (sounds) return stop();
    if (!wave) return;
    play(wave, () => turn(false));
    turn(true);
  };
  return (
    <button type="button" class="outline" disabled={!wave} onClick={press}>
      <Icon name={sounds ? "stop" : "play"} />
      {sounds ? `${w.lessons.stop}: ${label}` : label}
    </button>
  );
}

/** The spectrogram of a waveform. */
export function Spectrogram({ wave, label }: { wave: Wave | null | undefined; label: string }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const dark = useDark();
  useEffect(() => {
    if (canvas.current && wave) drawBands(canvas.current, brightness(picture(wave, RATE, 500, 96)), loudnessColours(dark));
  }, [wave, dark]);
  return <canvas ref={canvas} class="picture" role="img" aria-label={label} />;
}

/** Any picture of values from 0 to 1. */
export function Picture({ bands, label, kind }: { bands: Bands; label: string; kind: string }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const dark = useDark();
  useEffect(() => {
    if (canvas.current) drawBands(canvas.current, bands, loudnessColours(dark));
  }, [bands, dark]);
  return <canvas ref={canvas} class={kind} role="img" aria-label={label} />;
}

interface SliderProps {
  label: string;
  value: number;
  min: number;
  max: number;
  step: number;
  says: string;
  onValue(value: number): void;
}

export function Slider({ label, value, min, max, step, says, onValue }: SliderProps): JSX.Element {
  return (
    <label class="slider">
      <span>{label}</span>
      <output>{says}</output>
      <input
        type="range"
        min={min}
        max={max}
        step={step}
        value={value}
        aria-valuetext={says}
        style={{ "--filled": `${(100 * (value - min)) / (max - min)}%` }}
        onInput={(event) => onValue(event.currentTarget.valueAsNumber)}
      />
    </label>
  );
}

/** Lets the page draw and be used before work goes on. */
export const breathe = (): Promise<void> => new Promise((resume) => setTimeout(resume));

class Outdated extends Error {}

/** What `work` answers, or null until then. When `inputs` change the work that goes on is left, at its next breath. */
export function useAnswer<T>(work: (breath: () => Promise<void>) => Promise<T>, inputs: readonly unknown[]): T | null {
  const [answer, setAnswer] = useState<T | null>(null);
  useEffect(() => {
    let current = true;
    setAnswer(null);
    const breath = async () => {
      await breathe();
      if (!current) throw new Outdated();
    };
    // A slider that is dragged asks many times: only where it rests is worth the work.
    const timer = setTimeout(() => {
      work(breath)
        .then((found) => current && setAnswer(found))
        .catch((error: unknown) => {
          if (!(error instanceof Outdated)) throw error;
        });
    }, 80);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, inputs);
  return answer;
}
