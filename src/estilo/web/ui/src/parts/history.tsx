/** What this session has made, newest first; any two results can be compared. */

import type { JSX } from "preact";
import type { Job } from "../api/types";
import { compare, ended, show } from "../state/actions";
import { useApp } from "../state/store";
import { sentence, useWords } from "../words";
import { engineTitle } from "./go";

export function History(): JSX.Element {
  const w = useWords();
  const { jobs, shown, compared, about } = useApp();
  const past = jobs.filter(ended).toReversed();
  if (past.length === 0) return <></>;
  return (
    <section class="history" aria-labelledby="history-title">
      <div class="section-head">
        <h2 id="history-title">{w.history.title}</h2>
        <p>{w.history.about}</p>
      </div>
      <ol>
        {past.map((job) => (
          <li key={job.id} class={job.id === shown ? "on" : ""}>
            <div class="past">
              <strong>{engineTitle(job.engine ?? "", about?.engines)}</strong>
              <span>{job.strength === null ? "" : w.history.strength(w.percent(job.strength))}</span>
              <span class="past-time">{time(job.created)}</span>
              <span class="past-words">{describe(job, w)}</span>
            </div>
            {job.state === "done" && (
              <div class="past-tools">
                <button type="button" class="outline small" aria-pressed={job.id === shown} onClick={() => show(job.id)}>
                  {w.history.show}
                </button>
                <button
                  type="button"
                  class="outline small"
                  disabled={shown === null || job.id === shown}
                  aria-pressed={job.id === compared}
                  onClick={() => compare(job.id)}
                >
                  {w.history.compare}
                </button>
              </div>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}

function describe(job: Job, w: ReturnType<typeof useWords>): string {
  if (job.state === "failed") return job.error?.message ?? job.words ?? w.history.failed;
  if (job.state === "cancelled") return w.history.cancelled;
  const changed = Object.entries(job.settings ?? {}).map(([name, value]) => `${name} = ${String(value)}`);
  return [sentence(job.result?.sentence ?? ""), ...changed].filter(Boolean).join(" · ");
}

function time(created: string): string {
  const date = new Date(created);
  return Number.isNaN(date.getTime()) ? "" : date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}
