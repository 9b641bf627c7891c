/** What a spectrogram loses: the phases, guessed again in more or fewer rounds. */

import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { analyse } from "../audio/fft";
import { number, useWords } from "../words";
import { differenceDb, guessed } from "./phases";
import { Hear, Lesson, Slider, Spectrogram, useAnswer, type LessonProps, type Wave } from "./shared";

const ROUNDS = [0, 1, 2, 4, 8, 16, 32, 64] as const;
const N_FFT = 1024;
const HOP = 256;

export function PhaseLesson({ content }: LessonProps): JSX.Element {
  const w = useWords();
  const [which, setWhich] = useState(0);
  const rounds = ROUNDS[which] ?? 0;
  const spectra = useMemo(() => analyse(content, N_FFT, HOP), [content]);
  const answer = useAnswer(async (breath) => {
    const wave = (await guessed(spectra, rounds, breath)) as Wave;
    return { wave, db: differenceDb(spectra, analyse(wave, N_FFT, HOP)) };
  }, [spectra, rounds]);
  const words = w.lessons.phase;
  return (
    <Lesson id="lesson-1" number={1} title={words.title} says={words.says} finding={answer && words.found(number(answer.db, 1))}>
      <Slider label={words.steps} value={which} min={0} max={ROUNDS.length - 1} step={1} says={String(rounds)} onValue={setWhich} />
      <Spectrogram wave={answer?.wave} label={words.picture} />
      <div class="row">
        <Hear label={words.original} wave={content} />
        <Hear key={rounds} label={words.rebuilt} wave={answer?.wave} />
      </div>
    </Lesson>
  );
}
