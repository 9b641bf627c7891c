/** All that the page knows, in one frozen place: parts read it, actions replace it, and nothing else changes it. */

import { useEffect, useState } from "preact/hooks";
import type { About, Choice, Clip, Heard, Job } from "../api/types";

/** A place for a recording. */
export interface Slot {
  key: number;
  stage: "empty" | "sending" | "ready" | "refused";
  /** How much of the file is sent, 0 to 1. */
  fraction: number;
  /** What the person calls it, while there is no clip yet. */
  name: string;
  clip: Clip | null;
  heard: Heard | null;
  start: number | null;
  end: number | null;
  weight: number;
  refusal: string;
}

export interface State {
  about: About | null;
  content: Slot;
  styles: readonly Slot[];
  engine: string;
  preset: string | null;
  strength: number;
  /** Settings that were changed from their defaults, by engine. */
  settings: Readonly<Record<string, Record<string, unknown>>>;
  choice: Choice | null;
  jobs: readonly Job[];
  /** The results that are looked at: one, or two side by side. */
  shown: string | null;
  compared: string | null;
  starting: boolean;
  /** What the server would not do, and when to try again (milliseconds since 1970). */
  refusal: { message: string; until: number | null } | null;
  /** Whether the server answers. */
  gone: boolean;
}

/** How many styles a transfer takes at most. */
export const MOST_STYLES = 6;

let nextKey = 0;

export function emptySlot(): Slot {
  nextKey += 1;
  return {
    key: nextKey,
    stage: "empty",
    fraction: 0,
    name: "",
    clip: null,
    heard: null,
    start: null,
    end: null,
    weight: 1,
    refusal: "",
  };
}

export class Store {
  private state: State;
  private readonly listeners = new Set<() => void>();

  constructor(initial?: Partial<State>) {
    this.state = {
      about: null,
      content: emptySlot(),
      styles: [emptySlot()],
      engine: "auto",
      preset: null,
      strength: 1,
      settings: {},
      choice: null,
      jobs: [],
      shown: null,
      compared: null,
      starting: false,
      refusal: null,
      gone: false,
      ...initial,
    };
  }

  get(): State {
    return this.state;
  }

  set(change: Partial<State>): void {
    this.state = { ...this.state, ...change };
    for (const listener of [...this.listeners]) listener();
  }

  /** Changes the slot with this key, wherever it is by now. */
  slot(key: number, change: Partial<Slot>): void {
    const { content, styles } = this.state;
    if (content.key === key) this.set({ content: { ...content, ...change } });
    else this.set({ styles: styles.map((slot) => (slot.key === key ? { ...slot, ...change } : slot)) });
  }

  find(key: number): Slot | undefined {
    return [this.state.content, ...this.state.styles].find((slot) => slot.key === key);
  }

  /** Puts what is told of a job in its place, or at the end where it is new. */
  job(told: Job): void {
    const { jobs } = this.state;
    const known = jobs.findIndex((job) => job.id === told.id);
    this.set({ jobs: known < 0 ? [...jobs, told] : jobs.map((job, n) => (n === known ? { ...job, ...told } : job)) });
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

export const store = new Store();

/** The state, for a part that is drawn again whenever it changes. */
export function useApp(): State {
  const [state, setState] = useState(store.get());
  useEffect(() => {
    setState(store.get());
    return store.subscribe(() => setState(store.get()));
  }, []);
  return state;
}
