/** What a person can do on the page. Each action asks the server where it has to and puts the answer into the store. */

import * as api from "../api/client";
import { Refusal } from "../api/client";
import type { Clip, Job, JobRequest, Part, StylePart } from "../api/types";
import { words } from "../words";
import { emptySlot, MOST_STYLES, store, type Slot } from "./store";

const followed = new Map<string, () => void>();

/** Asks the server what it can do and what this session has done so far. */
export async function begin(): Promise<void> {
  try {
    const about = await api.about();
    const engine = about.engines.find((one) => one.is_default)?.name ?? about.engines[0]?.name ?? "auto";
    store.set({ about, engine, gone: false });
    const jobs = await api.jobs();
    for (const job of jobs) {
      store.job(job);
      if (!ended(job)) watch(job.id);
    }
    const last = jobs.at(-1);
    if (last) await restore(last);
  } catch (error) {
    store.set({ gone: true, refusal: { message: said(error), until: null } });
  }
}

/** Puts the recordings of a job back into their places: a page that is loaded again goes on where it was. */
async function restore(job: Job): Promise<void> {
  const clips = new Map((await api.clips()).map((clip) => [clip.id, clip]));
  const full = (part: Part & { weight?: number }): Slot | null => {
    const clip = clips.get(part.clip);
    if (!clip) return null;
    return { ...emptySlot(), stage: "ready", clip, start: part.start_s, end: part.end_s, weight: part.weight ?? 1 };
  };
  const content = job.content && full(job.content);
  const styles = (job.styles ?? []).map(full).filter((slot) => slot !== null);
  if (!content || styles.length === 0) return;
  const shown = store.get().jobs.findLast((one) => one.state === "done")?.id ?? null;
  store.set({ content, styles, strength: job.strength ?? 1, shown });
  for (const slot of [content, ...styles]) if (slot.clip) void listen(slot.key, slot.clip);
  void choose();
}

export const ended = (job: Job): boolean => job.state === "done" || job.state === "failed" || job.state === "cancelled";

/** What to tell somebody about an error: the server's own words, or the page's where it has none. */
export function said(error: unknown): string {
  const { errors } = words();
  if (!(error instanceof Refusal)) return errors.unknown;
  if (error.message !== "") return error.message;
  if (error.status === 0) return errors.gone;
  if (error.status === 401 || error.status === 403) return errors.stranger;
  if (error.status === 413) return errors.tooLarge;
  if (error.status === 503) return errors.full;
  return errors.unknown;
}

export async function takeFile(key: number, file: Blob, name: string): Promise<void> {
  const limit = store.get().about?.limits.bytes;
  if (limit !== undefined && file.size > limit) {
    store.slot(key, { stage: "refused", name, refusal: words().errors.fileTooLarge(file.size, limit) });
    return;
  }
  await take(key, name, () => api.upload(file, name, (fraction) => store.slot(key, { fraction })));
}

/** Takes several files at once: the first here, and where this is a style the others as further styles. */
export async function takeFiles(key: number, files: readonly File[]): Promise<void> {
  const [first, ...others] = files;
  if (!first) return;
  const isStyle = store.get().styles.some((slot) => slot.key === key);
  const room = isStyle ? Math.max(0, MOST_STYLES - store.get().styles.length) : 0;
  const more = others.slice(0, room).map((file) => ({ file, slot: emptySlot() }));
  if (more.length > 0) store.set({ styles: [...store.get().styles, ...more.map(({ slot }) => slot)] });
  await takeFile(key, first, first.name);
  for (const { file, slot } of more) await takeFile(slot.key, file, file.name);
}

export async function takeBuiltIn(key: number, name: string): Promise<void> {
  await take(key, name, () => api.builtIn(name));
}

async function take(key: number, name: string, ask: () => Promise<Clip>): Promise<void> {
  const empty = { clip: null, heard: null, start: null, end: null, refusal: "", fraction: 0 };
  store.slot(key, { ...empty, stage: "sending", name });
  store.set({ choice: null });
  try {
    const clip = await ask();
    store.slot(key, { stage: "ready", clip });
    void listen(key, clip);
    void choose();
  } catch (error) {
    store.slot(key, { stage: "refused", refusal: said(error) });
  }
}

async function listen(key: number, clip: Clip): Promise<void> {
  try {
    const heard = await api.heard(clip.id);
    if (store.find(key)?.clip?.id === clip.id) store.slot(key, { heard });
  } catch {
    // What is heard is a help: without it everything works as well.
    store.slot(key, { heard: { words: "" } });
  }
}

export function clear(key: number): void {
  const { content, styles } = store.get();
  if (content.key === key) store.set({ content: emptySlot() });
  else if (styles.length > 1) store.set({ styles: styles.filter((slot) => slot.key !== key) });
  else store.set({ styles: [emptySlot()] });
  store.set({ choice: null });
  void choose();
}

export function addStyle(): void {
  store.set({ styles: [...store.get().styles, emptySlot()] });
}

/** Takes a part of a recording, or the whole where both ends are null. */
export function cut(key: number, start: number | null, end: number | null): void {
  store.slot(key, { start, end });
  void choose();
}

export function takeEngine(engine: string): void {
  store.set({ engine, preset: null });
}

export function takePreset(name: string | null): void {
  const { about, engine } = store.get();
  const preset = about?.presets.find((one) => one.name === name);
  store.set({ preset: preset?.name ?? null, engine: preset?.engine ?? engine });
}

/** Sets one setting of the engine that is chosen; undefined brings its default back. */
export function set(field: string, value: unknown): void {
  const { settings, engine } = store.get();
  const kept = Object.fromEntries(Object.entries(settings[engine] ?? {}).filter(([name]) => name !== field));
  store.set({ settings: { ...settings, [engine]: value === undefined ? kept : { ...kept, [field]: value } } });
}

let asking: AbortController | null = null;

/** Asks which engine suits what was chosen. Only the last question counts. */
export async function choose(): Promise<void> {
  asking?.abort();
  const request = chosen();
  if (!request) return;
  asking = new AbortController();
  try {
    store.set({ choice: await api.choose(request.content, request.styles, asking.signal) });
  } catch {
    // The engine is chosen at the latest when the job runs.
  }
}

const part = (slot: Slot): Part | null =>
  slot.clip && { clip: slot.clip.id, start_s: slot.start, end_s: slot.end };

function chosen(): { content: Part; styles: StylePart[] } | null {
  const { content, styles } = store.get();
  const first = part(content);
  const others = styles.flatMap((slot) => {
    const one = part(slot);
    return one && slot.weight > 0 ? [{ ...one, weight: slot.weight }] : [];
  });
  return first && others.length > 0 ? { content: first, styles: others } : null;
}

/** Whether there is all that a transfer needs. */
export const canStart = (): boolean => chosen() !== null && !store.get().starting;

export async function start(): Promise<void> {
  const parts = chosen();
  if (!parts || store.get().starting) return;
  const { engine, preset, strength, settings } = store.get();
  const weighs = store.get().about?.engines.find((one) => one.name === engine)?.has_strength ?? true;
  const request: JobRequest = {
    ...parts,
    ...(weighs ? { strength } : {}),
    ...(preset ? { preset } : { engine }),
    settings: settings[engine] ?? {},
  };
  store.set({ starting: true, refusal: null });
  try {
    const { id } = await api.start(request);
    store.job({
      id,
      state: "waiting",
      place: null,
      fraction: null,
      seconds_left: null,
      words: null,
      engine: preset ?? engine,
      strength: weighs ? strength : null,
      settings: request.settings,
      created: new Date().toISOString(),
      ...parts,
    });
    watch(id);
  } catch (error) {
    const seconds = error instanceof Refusal ? error.seconds : null;
    store.set({ refusal: { message: said(error), until: seconds === null ? null : Date.now() + 1000 * seconds } });
  } finally {
    store.set({ starting: false });
  }
}

function watch(id: string): void {
  if (followed.has(id)) return;
  const stop = api.follow(id, (job) => {
    store.job(job);
    if (!ended(job)) return;
    followed.delete(id);
    if (job.state === "done") show(id);
  });
  followed.set(id, stop);
}

export async function cancel(id: string): Promise<void> {
  try {
    await api.cancel(id);
    const job = await api.job(id);
    store.job(job);
  } catch (error) {
    store.set({ refusal: { message: said(error), until: null } });
  }
}

export function show(id: string): void {
  store.set({ shown: id, compared: null });
  requestAnimationFrame(() => {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    document.getElementById("result")?.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
  });
}

/** Puts another result beside the one that is shown, or takes it away again. */
export function compare(id: string | null): void {
  store.set({ compared: store.get().compared === id ? null : id });
}

/** The two built-in clips that show in one click what this is. */
export async function example(content: string, style: string): Promise<void> {
  const { content: first, styles } = store.get();
  const second = styles[0];
  if (!second) return;
  await Promise.all([takeBuiltIn(first.key, content), takeBuiltIn(second.key, style)]);
  await start();
}
