/** Which moments of the styles went where: the output's time above, the styles' times below. */

import type { JSX } from "preact";
import type { Grain } from "../api/types";
import { useWords } from "../words";

const MOST = 400;
const HEIGHT = 120;
const WIDTH = 1000;

export function Grains({ grains, duration }: { grains: readonly Grain[]; duration: number }): JSX.Element {
  const w = useWords();
  const every = Math.ceil(grains.length / MOST);
  const drawn = grains.filter((_, n) => n % every === 0);
  const last = Math.max(...grains.map((grain) => grain.style_start_s + grain.end_s - grain.start_s));
  return (
    <details class="grains">
      <summary>{w.grains.title(grains.length)}</summary>
      <p>{w.grains.about}</p>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={w.grains.title(grains.length)}>
        {drawn.map((grain, n) => {
          const top = (WIDTH * (grain.start_s + grain.end_s)) / 2 / duration;
          const bottom = (WIDTH * (grain.style_start_s + (grain.end_s - grain.start_s) / 2)) / last;
          return <line key={n} x1={top} y1={0} x2={bottom} y2={HEIGHT} vector-effect="non-scaling-stroke" />;
        })}
      </svg>
      <div class="table-scroll" tabIndex={0} role="region" aria-label={w.grains.table}>
        <table>
          <thead>
            <tr>
              <th scope="col">{w.grains.output}</th>
              <th scope="col">{w.grains.style}</th>
              <th scope="col">{w.grains.from}</th>
              <th scope="col">{w.grains.pitch}</th>
            </tr>
          </thead>
          <tbody>
            {drawn.map((grain, n) => (
              <tr key={n}>
                <td>
                  {w.seconds(grain.start_s)} – {w.seconds(grain.end_s)}
                </td>
                <td>{grain.style + 1}</td>
                <td>{w.seconds(grain.style_start_s)}</td>
                <td>{grain.pitch ?? ""}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
