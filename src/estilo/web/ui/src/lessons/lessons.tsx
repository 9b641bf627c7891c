/** Five lessons on the recordings of the studio. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { takeBuiltIn } from "../state/actions";
import { useApp } from "../state/store";
import { useWords } from "../words";
import { DescentLesson } from "./descent-lesson";
import { GramLesson } from "./gram-lesson";
import { PartLesson } from "./part-lesson";
import { PhaseLesson } from "./phase-lesson";
import type { LessonProps } from "./shared";
import { excerpt, stop } from "./sounds";
import { TimbreLesson } from "./timbre-lesson";

export function Lessons(): JSX.Element {
  const w = useWords();
  const { about, content, styles } = useApp();
  const style = styles.find((slot) => slot.clip);
  const [sounds, setSounds] = useState<LessonProps | "failed" | null>(null);
  useEffect(() => () => stop(), []);
  useEffect(() => {
    let current = true;
    setSounds(null);
    if (content.clip && style?.clip) {
      Promise.all([excerpt(content.clip, content.start, content.end), excerpt(style.clip, style.start, style.end)])
        .then(([first, second]) => current && setSounds({ content: first as LessonProps["content"], style: second as LessonProps["style"] }))
        .catch(() => current && setSounds("failed"));
    }
    return () => {
      current = false;
    };
  }, [content.clip?.id, content.start, content.end, style?.clip?.id, style?.start, style?.end]);

  const take = () => {
    const clips = about?.clips ?? [];
    const tune = clips[0];
    const other = clips.find((clip) => clip.name === "bells") ?? clips[1];
    if (!content.clip && tune) void takeBuiltIn(content.key, tune.name);
    if (!style && styles[0] && other) void takeBuiltIn(styles[0].key, other.name);
  };
  return (
    <div class="lessons">
      <div class="intro">
        <h1>{w.lessons.title}</h1>
        <p>{w.lessons.about}</p>
        {content.clip && style?.clip && (
          <p class="on">
            {w.content.title}: <strong>{content.clip.name}</strong> · {w.style.title}: <strong>{style.clip.name}</strong>
          </p>
        )}
      </div>
      {!content.clip || !style ? (
        <div class="need">
          <p>{w.lessons.need}</p>
          <button type="button" class="main" onClick={take}>
            {w.lessons.take}
          </button>
        </div>
      ) : sounds === "failed" ? (
        <p class="notice bad" role="alert">
          {w.errors.noSound}
        </p>
      ) : sounds === null ? (
        <p class="notice" role="status">
          {w.lessons.loading}
        </p>
      ) : (
        <>
          <PhaseLesson {...sounds} />
          <GramLesson {...sounds} />
          <DescentLesson {...sounds} />
          <PartLesson {...sounds} />
          <TimbreLesson {...sounds} />
        </>
      )}
    </div>
  );
}
