/** Harmonics, envelope and interval: the style's loudest note taken apart, and put together again. */

import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { number, useWords } from "../words";
import { equalisedDb, loudestNote, N_HARMONICS, REED_DB, tone, type Envelope } from "./notes";
import { Hear, Lesson, Slider, type LessonProps, type Wave } from "./shared";
import { RATE } from "./sounds";

const PLAIN_HZ = 220;
const INTERVALS = [0, 3, 4, 5, 7, 12] as const;
const SCALE = [0, 2, 4, 5, 7, 9, 11, 12] as const;
const up = (hz: number, semitones: number): number => hz * 2 ** (semitones / 12);

export function TimbreLesson({ style }: LessonProps): JSX.Element {
  const w = useWords();
  const heard = useMemo(() => loudestNote(style, RATE), [style]);
  const measured = heard?.levelsDb ?? REED_DB;
  const hz = heard?.hz ?? PLAIN_HZ;
  const [own, setOwn] = useState<readonly number[] | null>(null);
  const [envelope, setEnvelope] = useState<Envelope>({ attackS: 0.01, decayS: 1.5 });
  const [interval, setInterval] = useState(4);
  const levels = own ?? measured;
  const sounds = useMemo(() => {
    const note = (at: number, db: readonly number[], length = 1.2) => tone(at, db, envelope, length, RATE);
    const scale = (db: (at: number) => readonly number[]) => joined(SCALE.map((n) => note(up(hz, n), db(up(hz, n)), 0.45)));
    const [low, high] = [note(hz, levels, 1.6), note(up(hz, INTERVALS[interval] ?? 0), levels, 1.6)];
    return {
      note: note(hz, levels) as Wave,
      pair: low.map((sample, n) => sample + (high[n] ?? 0)) as Wave,
      played: scale(() => levels),
      equalised: scale((at) => equalisedDb(at, levels, hz)),
    };
  }, [levels, envelope, interval, hz]);
  const words = w.lessons.timbre;
  const key = `${levels.join()}.${envelope.attackS}.${envelope.decayS}.${interval}`;
  return (
    <Lesson id="lesson-5" number={5} title={words.title} says={words.says} finding={heard ? words.found(number(hz, 1)) : words.none}>
      <div class="harmonics" role="group" aria-label={words.harmonics}>
        {levels.slice(0, N_HARMONICS).map((db, n) => (
          <label key={n}>
            <input
              type="range"
              min={-60}
              max={0}
              step={1}
              value={db}
              aria-label={words.harmonic(n + 1)}
              style={{ "--filled": `${(100 * (db + 60)) / 60}%` }}
              onInput={(event) => setOwn(levels.map((old, k) => (k === n ? event.currentTarget.valueAsNumber : old)))}
            />
            <span aria-hidden="true">{n + 1}</span>
          </label>
        ))}
      </div>
      <div class="sliders">
        <Slider
          label={words.attack}
          value={1000 * envelope.attackS}
          min={1}
          max={300}
          step={1}
          says={`${number(1000 * envelope.attackS)} ms`}
          onValue={(value) => setEnvelope({ ...envelope, attackS: value / 1000 })}
        />
        <Slider
          label={words.decay}
          value={envelope.decayS}
          min={0.2}
          max={6}
          step={0.1}
          says={`${number(envelope.decayS, 1)} s`}
          onValue={(value) => setEnvelope({ ...envelope, decayS: value })}
        />
        <label class="pick">
          <span>{words.interval}</span>
          <select value={interval} onChange={(event) => setInterval(Number(event.currentTarget.value))}>
            {words.intervals.map((name, n) => (
              <option key={n} value={n}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </div>
      <div class="row">
        <Hear key={`n${key}`} label={words.note} wave={sounds.note} />
        <Hear key={`p${key}`} label={words.pair} wave={sounds.pair} />
        {own && (
          <button type="button" class="quiet" onClick={() => setOwn(null)}>
            {words.measured}
          </button>
        )}
      </div>
      <p class="aside">{words.difference}</p>
      <div class="row">
        <Hear key={`s${key}`} label={words.played} wave={sounds.played} />
        <Hear key={`e${key}`} label={words.equalised} wave={sounds.equalised} />
      </div>
    </Lesson>
  );
}

function joined(waves: readonly Float32Array[]): Wave {
  const out = new Float32Array(waves.reduce((sum, wave) => sum + wave.length, 0));
  let at = 0;
  for (const wave of waves) {
    out.set(wave, at);
    at += wave.length;
  }
  return out;
}
