/** The engines as cards that say what they are for, the presets, and under "more" every setting. */

import type { JSX } from "preact";
import { takeEngine, takePreset } from "../state/actions";
import { useApp } from "../state/store";
import { useWords } from "../words";
import { engineTitle } from "./go";
import { Settings } from "./settings";

/** `open` is how it begins: the cards are out of the way once there is a result to be heard. */
export function Engines({ open }: { open: boolean }): JSX.Element {
  const w = useWords();
  const { about, engine, preset } = useApp();
  if (!about) return <></>;
  const presets = about.presets;
  const engines = about.engines.toSorted((one, other) => Number(other.is_default) - Number(one.is_default));
  return (
    <details class="engines" open={open}>
      <summary>
        <h2 id="engines-title">{w.engines.title}</h2>
        <span>{preset ?? engineTitle(engine, about.engines)}</span>
      </summary>
      <div class="cards" role="radiogroup" aria-labelledby="engines-title">
        {engines.map((one) => (
          <label key={one.name} class={`card ${engine === one.name ? "on" : ""}`}>
            <input type="radio" name="engine" value={one.name} checked={engine === one.name} onChange={() => takeEngine(one.name)} />
            <span class="card-title">
              {w.engineNames[one.name]?.title ?? one.title}
              {one.is_default && <em>{w.engines.usual}</em>}
            </span>
            <span class="card-about">{w.engineNames[one.name]?.about ?? one.about}</span>
          </label>
        ))}
      </div>
      <details class="more">
        <summary>{w.more.title}</summary>
        {presets.length > 0 && (
          <label class="preset">
            <span>{w.more.preset}</span>
            <select value={preset ?? ""} onChange={(event) => takePreset(event.currentTarget.value || null)}>
              <option value="">{w.more.noPreset}</option>
              {presets.map((one) => (
                <option key={one.name} value={one.name}>
                  {one.name}
                </option>
              ))}
            </select>
            <small>{presets.find((one) => one.name === preset)?.about ?? w.more.presetSays}</small>
          </label>
        )}
        <Settings />
      </details>
    </details>
  );
}
