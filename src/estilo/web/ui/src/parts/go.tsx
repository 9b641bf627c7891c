/** How much style, and the one button. Below it what is being made and what waits. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Job } from "../api/types";
import { cancel, canStart, ended, start } from "../state/actions";
import { store, useApp } from "../state/store";
import { number, sentence, useWords, words } from "../words";

export function Go(): JSX.Element {
  const w = useWords();
  const { strength, about, engine, choice, jobs, refusal, starting, gone } = useApp();
  const chosen = about?.engines.find((one) => one.name === engine);
  const weighs = chosen?.has_strength ?? true;
  const open = jobs.filter((job) => !ended(job));
  return (
    <section class="go" aria-label={w.go.label}>
      <div class="strength">
        <label for="strength">{w.go.strength}</label>
        <output for="strength">{w.percent(strength)}</output>
        <input
          id="strength"
          type="range"
          min={0}
          max={1}
          step={0.01}
          value={strength}
          style={{ "--filled": `${100 * strength}%` }}
          disabled={!weighs}
          aria-describedby="strength-says"
          aria-valuetext={w.percent(strength)}
          onInput={(event) => store.set({ strength: event.currentTarget.valueAsNumber })}
        />
        <p id="strength-says">{weighs ? w.go.strengthSays(strength) : w.go.noStrength}</p>
      </div>
      <div class="press">
        <button type="button" class="main" disabled={!canStart()} onClick={() => void start()}>
          {starting ? w.go.starting : w.go.button}
        </button>
        <p role="status">{!canStart() && !starting ? w.go.needs : choice && engine === "auto" ? w.go.would(engineTitle(choice.engine, about?.engines), sentence(choice.words)) : ""}</p>
      </div>
      {refusal && !gone && <Full message={refusal.message} until={refusal.until} />}
      {open.length > 0 && (
        <ul class="queue" aria-label={w.queue.label}>
          {open.map((job) => (
            <Running key={job.id} job={job} />
          ))}
        </ul>
      )}
    </section>
  );
}

export function engineTitle(name: string, engines: readonly { name: string; title: string }[] | undefined): string {
  return words().engineNames[name]?.title ?? engines?.find((one) => one.name === name)?.title ?? sentence(name);
}

function Running({ job }: { job: Job }): JSX.Element {
  const w = useWords();
  const { about } = useApp();
  const waits = job.state === "waiting";
  const says = waits ? w.queue.waiting(job.place) : (job.words ?? w.queue.running);
  return (
    <li class="job-open">
      <div class="job-line">
        <strong>{engineTitle(job.engine ?? "", about?.engines)}</strong>
        <span>{says}</span>
        <span class="left">{job.seconds_left === null || job.seconds_left === undefined ? "" : w.queue.left(job.seconds_left)}</span>
        <button type="button" class="quiet" onClick={() => void cancel(job.id)}>
          {w.queue.cancel}
        </button>
      </div>
      <progress max={1} value={waits || job.fraction === null ? undefined : job.fraction} aria-label={says} />
    </li>
  );
}

/** What the server would not do, counting down to when it may. */
function Full({ message, until }: { message: string; until: number | null }): JSX.Element {
  const w = useWords();
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (until === null) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [until]);
  const left = until === null ? 0 : Math.max(0, Math.ceil((until - now) / 1000));
  return (
    <p class="notice bad" role="alert">
      {message} {left > 0 ? w.go.again(number(left)) : ""}
    </p>
  );
}
