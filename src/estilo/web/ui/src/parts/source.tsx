/** A place for one recording: dropped, picked, recorded or built in; then seen, heard and cut. */

import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { record, type Recording } from "../audio/record";
import { clear, cut, takeBuiltIn, takeFile, takeFiles } from "../state/actions";
import { store, useApp, type Slot } from "../state/store";
import { number, sentence, useWords } from "../words";
import { Icon } from "./icons";
import { Wave } from "./wave";

interface SourceProps {
  slot: Slot;
  title: string;
  about: string;
  role: "content" | "style";
  /** Whether there are other styles, which this one is weighed against. */
  many: boolean;
}

export function Source({ slot, title, about, role, many }: SourceProps): JSX.Element {
  const w = useWords();
  const [over, setOver] = useState(false);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    void takeFiles(slot.key, [...(event.dataTransfer?.files ?? [])]);
  };
  return (
    <section
      class={`source ${over ? "over" : ""}`}
      data-role={role}
      aria-label={title}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <div class="source-head">
        <h2>{title}</h2>
        {slot.clip && <span class="file-name">{slot.clip.name}</span>}
        {(slot.stage !== "empty" || many) && (
          <button type="button" class="quiet round" aria-label={w.source.remove(title)} title={w.source.remove(title)} onClick={() => clear(slot.key)}>
            <Icon name="close" />
          </button>
        )}
      </div>
      {slot.stage === "ready" && slot.clip ? <Ready slot={slot} many={many} /> : <Waiting slot={slot} about={about} role={role} />}
    </section>
  );
}

type WaitingProps = Pick<SourceProps, "slot" | "about" | "role">;

function Waiting({ slot, about, role }: WaitingProps): JSX.Element {
  const w = useWords();
  if (slot.stage === "sending") {
    return (
      <div class="drop busy" role="status">
        <p>{w.source.reading(slot.name)}</p>
        <progress value={slot.fraction > 0 && slot.fraction < 1 ? slot.fraction : undefined} max={1} aria-label={w.source.reading(slot.name)} />
      </div>
    );
  }
  return (
    <div class="drop">
      {slot.stage === "refused" ? (
        <p class="notice bad" role="alert">
          {slot.refusal}
        </p>
      ) : (
        <>
          <p class="drop-title">{w.source.drop}</p>
          <p class="drop-about">{about}</p>
        </>
      )}
      <Ways slot={slot} role={role} />
    </div>
  );
}

/** The ways in that need no dragging. */
function Ways({ slot, role }: Pick<SourceProps, "slot" | "role">): JSX.Element {
  const w = useWords();
  const { about } = useApp();
  const picker = useRef<HTMLInputElement>(null);
  const [recording, setRecording] = useState<Recording | null>(null);
  const listen = async () => {
    if (recording) {
      setRecording(null);
      await takeFile(slot.key, await recording.stop(), w.source.recordingName);
      return;
    }
    try {
      setRecording(await record());
    } catch {
      store.slot(slot.key, { stage: "refused", refusal: w.errors.microphone });
    }
  };
  return (
    <div class="ways">
      <button type="button" class="outline" onClick={() => picker.current?.click()}>
        <Icon name="file" />
        {w.source.pick}
      </button>
      <input
        ref={picker}
        type="file"
        multiple={role === "style"}
        class="unseen"
        tabIndex={-1}
        aria-label={w.source.pick}
        accept={["audio/*", "video/*", ...(about?.formats.in ?? []).map((format) => `.${format.replace(/^\./, "")}`)].join(",")}
        onChange={(event) => {
          void takeFiles(slot.key, [...(event.currentTarget.files ?? [])]);
        }}
      />
      <button type="button" class={`outline ${recording ? "recording" : ""}`} aria-pressed={recording !== null} onClick={() => void listen()}>
        <Icon name={recording ? "stop" : "mic"} />
        {recording ? w.source.stop : w.source.record}
      </button>
      {about && about.clips.length > 0 && (
        <div class="built-in">
          <span>{w.source.builtIn}</span>
          {about.clips.map((clip) => (
            <button key={clip.name} type="button" class="chip" title={clip.about} onClick={() => void takeBuiltIn(slot.key, clip.name)}>
              {w.clipNames[clip.name] ?? clip.name}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

function Ready({ slot, many }: { slot: Slot; many: boolean }): JSX.Element {
  const w = useWords();
  const clip = slot.clip;
  if (!clip) return <></>;
  const facts = [
    w.seconds(clip.duration_s),
    `${number(clip.sample_rate / 1000, clip.sample_rate % 1000 === 0 ? 0 : 1)} kHz`,
    clip.n_channels === 1 ? w.source.mono : clip.n_channels === 2 ? w.source.stereo : w.source.channels(clip.n_channels),
    ...(clip.loudness_lufs === null ? [] : [`${number(clip.loudness_lufs, 1)} LUFS`]),
  ];
  return (
    <>
      <Wave clip={clip} start={slot.start} end={slot.end} onCut={(start, end) => cut(slot.key, start, end)} />
      <p class="facts">{facts.join(" · ")}</p>
      <p class="heard" role="status">
        {slot.heard ? sentence(w.heard(slot.heard)) : w.source.listening}
      </p>
      {many && (
        <label class="weight">
          <span>{w.style.weight}</span>
          <input
            type="range"
            min={0}
            max={4}
            step={0.25}
            value={slot.weight}
            onInput={(event) => store.slot(slot.key, { weight: event.currentTarget.valueAsNumber })}
          />
          <output>{number(slot.weight, 2)}</output>
        </label>
      )}
    </>
  );
}
