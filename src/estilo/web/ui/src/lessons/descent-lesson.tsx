/** Content against style: the descent step by step, seen, heard and drawn as two curves. */

import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { banded, triangles, type Bands } from "../audio/bands";
import { drawCurves } from "../audio/draw";
import { analyse, rebuild } from "../audio/fft";
import { useDark } from "../state/appearance";
import { number, useWords } from "../words";
import { descend, KEPT_STEPS } from "./descent";
import { withGains } from "./shaping";
import { Hear, Lesson, Picture, Slider, useAnswer, type LessonProps, type Wave } from "./shared";
import { RATE } from "./sounds";

const N_FFT = 1024;
const HOP = 256;
const N_BANDS = 48;

export function DescentLesson({ content, style }: LessonProps): JSX.Element {
  const w = useWords();
  const [weight, setWeight] = useState(0.8);
  const [which, setWhich] = useState(KEPT_STEPS.length - 1);
  const start = useMemo(() => {
    const spectra = analyse(content, N_FFT, HOP);
    const filters = triangles(N_BANDS, spectra.nBins, RATE);
    const own = banded(spectra, filters);
    const other = banded(analyse(style, N_FFT, HOP), filters);
    // Both as loud as each other, and on a scale on which quiet bands count as well.
    return { spectra, filters, own: compressed(own), other: compressed(other) };
  }, [content, style]);
  const answer = useAnswer(async (breath) => {
    await breath();
    const { spectra, filters, own, other } = start;
    const way = descend(own, other, weight);
    const waves: Wave[] = [];
    for (const picture of way.pictures) {
      const gains = picture.map((value, n) => (Math.expm1(value) + FLOOR) / (Math.expm1(own.values[n] as number) + FLOOR));
      waves.push(rebuild(withGains(spectra, filters, { ...own, values: gains })) as Wave);
      await breath();
    }
    return { way, waves };
  }, [start, weight]);
  const step = KEPT_STEPS[which] ?? 0;
  const shown: Bands = useMemo(() => {
    const values = answer?.way.pictures[which] ?? start.own.values;
    const highest = Math.max(...[start.own, start.other].map((bands) => bands.values.reduce((a, b) => Math.max(a, b), 1e-9)));
    return { ...start.own, values: values.map((value) => value / highest) };
  }, [answer, which, start]);
  const words = w.lessons.descent;
  const finding =
    answer && words.found(number(100 * (answer.way.style[step] ?? 1)), number(100 * Math.sqrt(answer.way.content[step] ?? 0)));
  return (
    <Lesson id="lesson-3" number={3} title={words.title} says={words.says} finding={finding}>
      <Slider label={words.weight} value={weight} min={0} max={1} step={0.05} says={w.percent(weight)} onValue={setWeight} />
      <div class="steps" role="radiogroup" aria-label={words.step}>
        {KEPT_STEPS.map((kept, n) => (
          <label key={kept} class={n === which ? "on" : ""}>
            <input type="radio" name="descent-step" checked={n === which} onChange={() => setWhich(n)} />
            {`${words.step} ${kept}`}
          </label>
        ))}
      </div>
      <Picture bands={shown} label={words.picture} kind="picture" />
      {answer && <Curves content={answer.way.content} style={answer.way.style} at={step} label={words.curves} />}
      <p class="legend">
        <span class="one">{words.style}</span>
        <span class="two">{words.content}</span>
      </p>
      <div class="row">
        <Hear key={`${step}.${weight}`} label={words.hear(step)} wave={answer?.waves[which]} />
      </div>
    </Lesson>
  );
}

const FLOOR = 1e-2;

/** log(1 + x) of magnitudes whose mean square is 1. */
function compressed(bands: Bands): Bands {
  const power = bands.values.reduce((sum, value) => sum + value * value, 0) / bands.values.length;
  const scale = 1 / Math.sqrt(Math.max(power, 1e-20));
  return { ...bands, values: bands.values.map((value) => Math.log1p(scale * value)) };
}

function Curves({ content, style, at, label }: { content: number[]; style: number[]; at: number; label: string }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const dark = useDark();
  useEffect(() => {
    if (!canvas.current) return;
    const colour = (name: string) => getComputedStyle(canvas.current as Element).getPropertyValue(name).trim();
    drawCurves(canvas.current, [
      { values: content.map(Math.sqrt), colour: colour("--soft") },
      { values: style, colour: colour("--accent") },
    ], at);
  }, [content, style, at, dark]);
  return <canvas ref={canvas} class="curves" role="img" aria-label={label} />;
}
