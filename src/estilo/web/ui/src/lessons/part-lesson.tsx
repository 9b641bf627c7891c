/** What one part adds: balance, dynamics and phases, each switched on or off. */

import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { banded, triangles } from "../audio/bands";
import { analyse, rebuild } from "../audio/fft";
import { number, useWords } from "../words";
import { guessed } from "./phases";
import { balanceDb, balanceGains, dynamicsGains, spreadDb, withGains } from "./shaping";
import { Hear, Lesson, Spectrogram, useAnswer, type LessonProps, type Wave } from "./shared";
import { RATE } from "./sounds";

const N_FFT = 1024;
const HOP = 256;
const N_BANDS = 32;
const ROUNDS_WITHOUT = 4;

export function PartLesson({ content, style }: LessonProps): JSX.Element {
  const w = useWords();
  const [parts, setParts] = useState({ eq: true, dynamics: true, phase: true });
  const start = useMemo(() => {
    const spectra = analyse(content, N_FFT, HOP);
    const filters = triangles(N_BANDS, spectra.nBins, RATE);
    return { spectra, filters, own: banded(spectra, filters), other: banded(analyse(style, N_FFT, HOP), filters) };
  }, [content, style]);
  const answer = useAnswer(async (breath) => {
    const { filters, own, other } = start;
    let spectra = start.spectra;
    if (parts.eq) spectra = withGains(spectra, filters, balanceGains(own, other));
    await breath();
    if (parts.dynamics) {
      const gains = dynamicsGains(banded(spectra, filters), other);
      const values = new Float32Array(gains.length * N_BANDS).map((_, n) => gains[Math.floor(n / N_BANDS)] as number);
      spectra = withGains(spectra, filters, { values, nFrames: gains.length, nBands: N_BANDS });
    }
    await breath();
    const wave = (parts.phase ? rebuild(spectra) : await guessed(spectra, ROUNDS_WITHOUT, breath)) as Wave;
    const made = banded(analyse(wave, N_FFT, HOP), filters);
    return { wave, balance: balanceDb(made, other), spread: spreadDb(made, other) };
  }, [start, parts]);
  const words = w.lessons.part;
  const finding = answer && words.found(number(answer.balance, 1), number(answer.spread, 1));
  return (
    <Lesson id="lesson-4" number={4} title={words.title} says={words.says} finding={finding}>
      <fieldset class="switches">
        <legend class="unseen">{words.title}</legend>
        {(["eq", "dynamics", "phase"] as const).map((name) => (
          <label key={name}>
            <input type="checkbox" checked={parts[name]} onChange={(event) => setParts({ ...parts, [name]: event.currentTarget.checked })} />
            {words[name]}
          </label>
        ))}
      </fieldset>
      <Spectrogram wave={answer?.wave} label={words.picture} />
      <div class="row">
        <Hear label={words.content} wave={content} />
        <Hear key={JSON.stringify(parts)} label={words.hear} wave={answer?.wave} />
      </div>
    </Lesson>
  );
}
