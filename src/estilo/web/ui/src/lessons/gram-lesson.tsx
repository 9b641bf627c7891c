/** What a Gram matrix keeps: frames of the style in any order have the same one. */

import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { banded, triangles, type Bands } from "../audio/bands";
import { analyse, rebuild } from "../audio/fft";
import { number, useWords } from "../words";
import { apart, bandsInOrder, gram, shuffledOrder, spectraInOrder } from "./gram";
import { Hear, Lesson, Picture, Slider, Spectrogram, useAnswer, type LessonProps, type Wave } from "./shared";
import { RATE } from "./sounds";

const N_FFT = 1024;
const HOP = 256;
const N_BANDS = 40;
const BLOCKS = [1, 2, 4, 8, 16, 32] as const;

export function GramLesson({ style }: LessonProps): JSX.Element {
  const w = useWords();
  const [which, setWhich] = useState(3);
  const [seed, setSeed] = useState(1);
  const block = BLOCKS[which] ?? 8;
  const { spectra, bands, matrix } = useMemo(() => {
    const analysed = analyse(style, N_FFT, HOP);
    const gathered = banded(analysed, triangles(N_BANDS, analysed.nBins, RATE));
    return { spectra: analysed, bands: gathered, matrix: gram(gathered) };
  }, [style]);
  const answer = useAnswer(async () => {
    const order = shuffledOrder(spectra.nFrames, block, seed);
    const after = gram(bandsInOrder(bands, order));
    return { wave: rebuild(spectraInOrder(spectra, order)) as Wave, after, change: apart(matrix, after) };
  }, [spectra, block, seed]);
  const before = useMemo(() => asPicture(matrix), [matrix]);
  const after = useMemo(() => answer && asPicture(answer.after), [answer]);
  const words = w.lessons.gram;
  return (
    <Lesson id="lesson-2" number={2} title={words.title} says={words.says} finding={answer && words.found(number(100 * answer.change, 2))}>
      <Slider
        label={words.block}
        value={which}
        min={0}
        max={BLOCKS.length - 1}
        step={1}
        says={`${number((1000 * block * HOP) / RATE)} ms`}
        onValue={setWhich}
      />
      <Spectrogram wave={answer?.wave ?? style} label={words.picture} />
      <div class="matrices">
        <figure>
          <Picture bands={before} label={words.before} kind="matrix" />
          <figcaption>{words.before}</figcaption>
        </figure>
        <figure>
          <Picture bands={after ?? before} label={words.after} kind="matrix" />
          <figcaption>{words.after}</figcaption>
        </figure>
      </div>
      <div class="row">
        <button type="button" class="outline" onClick={() => setSeed(seed + 1)}>
          {words.shuffle}
        </button>
        <Hear label={words.original} wave={style} />
        <Hear key={`${seed}.${block}`} label={words.shuffled} wave={answer?.wave} />
      </div>
    </Lesson>
  );
}

/** Decibels below the largest value, 60 of them from black to white. */
function asPicture(matrix: Float64Array): Bands {
  const size = Math.sqrt(matrix.length);
  const highest = matrix.reduce((a, b) => Math.max(a, b), 1e-20);
  const values = Float32Array.from(matrix, (value) => Math.max(0, 1 + (10 * Math.log10(Math.max(value, 1e-20) / highest)) / 60));
  return { values, nFrames: size, nBands: size };
}
