/** How a result turned out: two shares at a glance, what went wrong, and every measurement for who wants it. */

import type { JSX } from "preact";
import type { Result, Score } from "../api/types";
import { number, sentence, useWords } from "../words";

export function Scores({ made }: { made: Result }): JSX.Element {
  const w = useWords();
  const shares = made.scores.filter((score) => score.name in w.scores.shares && score.value !== null);
  const others = made.scores.filter((score) => !shares.includes(score));
  return (
    <div class="scores">
      <h3>{w.scores.title}</h3>
      {shares.map((score) => (
        <Share key={score.name} share={score.value ?? 0} {...(w.scores.shares[score.name] ?? { title: score.label, says: score.words })} />
      ))}
      {(made.notes ?? []).map((note) => (
        <p key={note}>{sentence(note)}</p>
      ))}
      <h3>{w.scores.faults}</h3>
      {made.faults.length === 0 ? (
        <p>{w.scores.noFaults}</p>
      ) : (
        <ul class="faults">
          {made.faults.map((fault, n) => (
            <li key={n}>{sentence(fault.words)}</li>
          ))}
        </ul>
      )}
      {others.length > 0 && (
        <details>
          <summary>{w.scores.all(others.length)}</summary>
          <dl>
            {others.map((score) => (
              <div key={score.name}>
                <dt>
                  {sentence(score.label)}
                  <span>{figure(score)}</span>
                </dt>
                <dd>{score.words}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </div>
  );
}

function Share({ share, title, says }: { share: number; title: string; says: string }): JSX.Element {
  const w = useWords();
  return (
    <div class="share">
      <strong>{w.percent(share)}</strong>
      <div>
        <h4>{title}</h4>
        <meter min={0} max={1} value={share} aria-label={title} />
        <p>{says}</p>
      </div>
    </div>
  );
}

/** Three digits say all that a measurement means. */
function figure({ value }: Score): string {
  if (value === null) return "";
  const digits = value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return number(value, Math.min(digits, 4));
}
