/** A control for every setting of the engine that is chosen, made from its schema. */

import type { JSX } from "preact";
import { set } from "../state/actions";
import { outside, settings, type Setting } from "../state/fields";
import { useApp } from "../state/store";
import { sentence, useWords } from "../words";

export function Settings(): JSX.Element {
  const w = useWords();
  const { about, engine, settings: changed } = useApp();
  const chosen = about?.engines.find((one) => one.name === engine);
  const fields = chosen ? settings(chosen.schema) : [];
  if (fields.length === 0) return <p class="none">{w.more.none}</p>;
  return (
    <div class="settings">
      {fields.map((field) => (
        <One key={`${engine}.${field.name}`} field={field} value={changed[engine]?.[field.name]} />
      ))}
    </div>
  );
}

function One({ field, value }: { field: Setting; value: unknown }): JSX.Element {
  const w = useWords();
  const id = `setting-${field.name}`;
  const current = value === undefined ? field.initial : value;
  const wrong = typeof current === "number" ? outside(current, field.control) : null;
  return (
    <div class={`setting ${value === undefined ? "" : "changed"}`}>
      <label for={id}>
        {sentence(field.title)}
        {field.unit && <span class="unit">{field.unit}</span>}
      </label>
      <div class="setting-control">
        <Input id={id} field={field} current={current} />
        {value !== undefined && (
          <button type="button" class="quiet" aria-label={w.more.resetOf(field.title)} onClick={() => set(field.name, undefined)}>
            {w.more.reset}
          </button>
        )}
      </div>
      <p id={`${id}-about`}>
        {field.about} {bounds(field, w.more.between)}
      </p>
      {wrong && (
        <p class="notice bad" role="alert">
          {wrong === "part" ? w.more.whole : w.more.outside}
        </p>
      )}
    </div>
  );
}

function bounds({ control, unit }: Setting, between: (low: number, high: number, unit: string) => string): string {
  if (control.kind !== "number" || control.lowest === null || control.highest === null) return "";
  return between(control.lowest, control.highest, unit);
}

function Input({ id, field, current }: { id: string; field: Setting; current: unknown }): JSX.Element {
  const w = useWords();
  const { control, name, optional } = field;
  const shared = { id, "aria-describedby": `${id}-about` };
  if (control.kind === "switch") {
    return <input {...shared} type="checkbox" role="switch" checked={current === true} onChange={(event) => set(name, event.currentTarget.checked)} />;
  }
  if (control.kind === "choice") {
    return (
      <select
        {...shared}
        value={current === null || current === undefined ? "" : String(current)}
        onChange={(event) => {
          const picked = control.options.find((option) => String(option) === event.currentTarget.value);
          set(name, picked);
        }}
      >
        {optional && <option value="">{w.more.unset}</option>}
        {control.options.map((option) => (
          <option key={String(option)} value={String(option)}>
            {String(option)}
          </option>
        ))}
      </select>
    );
  }
  if (control.kind === "number") return <Numeric {...shared} field={field} current={current} />;
  return (
    <input
      {...shared}
      type="text"
      value={typeof current === "string" ? current : current === null || current === undefined ? "" : JSON.stringify(current)}
      placeholder={w.more.unset}
      onChange={(event) => set(name, typed(event.currentTarget.value))}
    />
  );
}

function Numeric({ id, field, current, ...rest }: { id: string; field: Setting; current: unknown; "aria-describedby": string }): JSX.Element {
  const { control, name } = field;
  if (control.kind !== "number") return <></>;
  const { lowest, highest, step } = control;
  const take = (value: number) => set(name, Number.isFinite(value) ? value : undefined);
  const value = typeof current === "number" ? current : "";
  return (
    <>
      {lowest !== null && highest !== null && (
        <input
          type="range"
          tabIndex={-1}
          aria-hidden="true"
          min={lowest}
          max={highest}
          step={step}
          value={value === "" ? lowest : value}
          onInput={(event) => take(event.currentTarget.valueAsNumber)}
        />
      )}
      <input
        {...rest}
        id={id}
        type="number"
        min={lowest ?? undefined}
        max={highest ?? undefined}
        step={control.whole ? 1 : "any"}
        value={value}
        onChange={(event) => take(event.currentTarget.valueAsNumber)}
      />
    </>
  );
}

/** What somebody typed, as the value that JSON has for it, or as the words themselves. */
export function typed(text: string): unknown {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text.trim();
  }
}
