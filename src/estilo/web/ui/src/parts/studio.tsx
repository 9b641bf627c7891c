/** The place where transfers are made: recordings, what to do with them, what came out. */

import type { JSX } from "preact";
import { addStyle, example } from "../state/actions";
import { MOST_STYLES, useApp } from "../state/store";
import { useWords } from "../words";
import { Engines } from "./engines";
import { Go } from "./go";
import { History } from "./history";
import { Icon } from "./icons";
import { Result } from "./result";
import { Source } from "./source";

export function Studio(): JSX.Element {
  const w = useWords();
  const { about, content, styles, jobs, shown, gone, refusal } = useApp();
  const untouched = content.stage === "empty" && styles.every((slot) => slot.stage === "empty") && jobs.length === 0;
  const [tune, texture] = [about?.clips[0], about?.clips.find((clip) => clip.name === "bells") ?? about?.clips[1]];
  const result = jobs.find((job) => job.id === shown);
  return (
    <div class="studio">
      <div class="intro">
        <h1>{w.intro.title}</h1>
        <p>{w.intro.words}</p>
        {untouched && tune && texture && (
          <button type="button" class="outline" onClick={() => void example(tune.name, texture.name)}>
            <Icon name="play" />
            {w.intro.example}
          </button>
        )}
      </div>
      {gone && (
        <p class="notice bad" role="alert">
          {refusal?.message}
        </p>
      )}
      <section class="sources" aria-label={w.sources}>
        <div class="column">
          <Source slot={content} title={w.content.title} about={w.content.about} role="content" many={false} />
        </div>
        <div class="column">
          {styles.map((slot, n) => (
            <Source
              key={slot.key}
              slot={slot}
              title={styles.length > 1 ? w.style.nth(n + 1) : w.style.title}
              about={w.style.about}
              role="style"
              many={styles.length > 1}
            />
          ))}
          {styles.length < MOST_STYLES && styles.some((slot) => slot.stage !== "empty") && (
            <button type="button" class="add" onClick={addStyle}>
              <Icon name="plus" />
              {w.style.add}
            </button>
          )}
        </div>
      </section>
      <Go />
      <Engines open={shown === null} />
      {result?.result && <Result job={result} />}
      <History />
    </div>
  );
}
