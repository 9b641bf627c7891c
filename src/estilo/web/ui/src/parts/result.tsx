/** What came out: heard beside what went in, judged, and to be kept. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import * as api from "../api/client";
import type { Job, Part, Result as Made } from "../api/types";
import { audioContext, recording } from "../audio/context";
import { fitted } from "../audio/player";
import { useApp } from "../state/store";
import { sentence, useWords } from "../words";
import { Copy } from "./copy";
import { engineTitle } from "./go";
import { Grains } from "./grains";
import { Icon } from "./icons";
import { Lanes, type Track } from "./lanes";
import { Scores } from "./scores";

export function Result({ job }: { job: Job }): JSX.Element {
  const w = useWords();
  const { about, jobs, compared } = useApp();
  const other = jobs.find((one) => one.id === compared);
  const tracks = useTracks(job, other);
  const made = job.result;
  if (!made) return <></>;
  return (
    <section id="result" class="result" aria-labelledby="result-title">
      <div class="section-head">
        <h2 id="result-title">{other ? w.result.comparing : w.result.title}</h2>
        <p>{sentence(made.sentence)}</p>
      </div>
      {tracks === "failed" ? (
        <p class="notice bad" role="alert">
          {w.errors.noSound}
        </p>
      ) : tracks === null ? (
        <p class="notice" role="status">
          {w.result.loading}
        </p>
      ) : (
        <Lanes key={`${job.id}.${compared}`} tracks={tracks} />
      )}
      {made.warnings.map((warning) => (
        <p key={warning} class="notice bad">
          {warning}
        </p>
      ))}
      <div class="after">
        <Scores made={made} />
        <div class="keep">
          <h3>{w.keep.title}</h3>
          <p>{w.keep.about(engineTitle(made.engine ?? job.engine ?? "", about?.engines))}</p>
          <ul class="files">
            {made.files.map(({ kind }) => (
              <li key={kind}>
                <a class="outline" href={api.fileUrl(job.id, kind)} download>
                  <Icon name="down" />
                  {w.fileNames[kind] ?? kind}
                </a>
              </li>
            ))}
          </ul>
          <Copy title={w.keep.terminal} text={made.commands.terminal} />
          <Copy title={w.keep.python} text={made.commands.python} />
        </div>
      </div>
      {made.grains.length > 0 && <Grains grains={made.grains} duration={made.output.duration_s} />}
    </section>
  );
}

/** The lanes of one result, or of two: fetched, decoded, cut to the parts that were taken, equally loud. */
function useTracks(job: Job, other: Job | undefined): Track[] | null | "failed" {
  const w = useWords();
  const [tracks, setTracks] = useState<Track[] | null | "failed">(null);
  useEffect(() => {
    let current = true;
    setTracks(null);
    load(job, other)
      .then((loaded) => current && setTracks(loaded))
      .catch(() => current && setTracks("failed"));
    return () => {
      current = false;
    };
  }, [job.id, other?.id]);
  if (!Array.isArray(tracks)) return tracks;
  const called = (one: Job) => w.lanes.made(engineTitle(one.result?.engine ?? one.engine ?? "", undefined), one.strength);
  const many = tracks.filter((track) => track.key === "style").length > 1;
  const results = other ? [called(job), called(other)] : [w.lanes.output];
  return tracks.map((track, n) => {
    if (track.key === "content") return { ...track, name: w.lanes.content };
    if (track.key === "style") return { ...track, name: many ? w.style.nth(n) : w.lanes.style };
    return { ...track, name: results[n - tracks.length + results.length] ?? w.lanes.output };
  });
}

async function load(job: Job, other: Job | undefined): Promise<Track[]> {
  const made = job.result;
  if (!made) throw new Error("there is no result to be heard");
  const styles = other ? [] : (job.styles ?? []);
  const louder = await louderThanFirst(styles);
  const parts = [
    job.content && { part: job.content, gainDb: made.gains_db.content, key: "content" as const },
    ...styles.map((part, n) => ({ part, gainDb: made.gains_db.style - (louder[n] ?? 0), key: "style" as const })),
    { part: whole(made), gainDb: made.gains_db.output, key: "output" as const },
    other?.result && {
      part: whole(other.result),
      gainDb: asLoudAs(made, other.result),
      key: "output" as const,
    },
  ].filter((one) => one !== undefined && one !== null);
  const buffers = await Promise.all(parts.map(({ part }) => recording(part.clip)));
  const duration = made.output.duration_s;
  return parts.map(({ part, gainDb, key }, n) => {
    const buffer = buffers[n] as AudioBuffer;
    const cut = fitted(audioContext(), buffer, part.start_s ?? 0, part.end_s ?? buffer.duration, duration);
    return { key, name: key, buffer: cut, gainDb };
  });
}

/** By how many LU each style is louder than the first, whose gain the server says. */
async function louderThanFirst(styles: readonly Part[]): Promise<number[]> {
  if (styles.length < 2) return styles.map(() => 0);
  const loudness = new Map((await api.clips()).map((clip) => [clip.id, clip.loudness_lufs]));
  const first = loudness.get(styles[0]?.clip ?? "");
  return styles.map(({ clip }) => (loudness.get(clip) ?? first ?? 0) - (first ?? 0));
}

/** The gain that makes the second result as loud as the first. */
function asLoudAs(first: Made, second: Made): number {
  const [one, other] = [first.output.loudness_lufs, second.output.loudness_lufs];
  return one === null || other === null ? second.gains_db.output : first.gains_db.output + one - other;
}

const whole = (made: Made) => ({ clip: made.output.id, start_s: null, end_s: null });
