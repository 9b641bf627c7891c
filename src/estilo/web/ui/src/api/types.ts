/** What the server says and takes, as docs/developing/web-api.md describes it. */

export interface Field {
  type?: string;
  title?: string;
  description?: string;
  unit?: string | null;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  enum?: readonly (string | number)[];
  const?: string | number | boolean;
  anyOf?: readonly Field[];
  $ref?: string;
}

export interface Schema {
  properties?: Record<string, Field>;
  $defs?: Record<string, Field>;
}

export interface Engine {
  name: string;
  title: string;
  about: string;
  is_default: boolean;
  has_strength: boolean;
  schema: Schema;
}

export interface Preset {
  name: string;
  about: string;
  engine: string;
}

export interface About {
  version: string;
  engines: Engine[];
  presets: Preset[];
  clips: { name: string; about: string }[];
  formats: { in: string[]; out: string[] };
  limits: { bytes: number; seconds: number; queue: number };
}

export interface Clip {
  id: string;
  name: string;
  duration_s: number;
  sample_rate: number;
  n_channels: number;
  loudness_lufs: number | null;
  /** [lowest, highest] sample of each of at most 1000 stretches, −1 to 1. */
  peaks: [number, number][];
}

export interface Heard {
  kind?: string | null;
  words?: string | null;
  tempo_bpm?: number | null;
  key?: string | null;
  n_notes?: number | null;
}

export interface Part {
  clip: string;
  start_s: number | null;
  end_s: number | null;
}

export interface StylePart extends Part {
  weight: number;
}

export interface Choice {
  engine: string;
  words: string;
}

export interface JobRequest {
  content: Part;
  styles: StylePart[];
  engine?: string;
  preset?: string;
  strength?: number;
  settings: Record<string, unknown>;
}

export interface Score {
  name: string;
  label: string;
  value: number | null;
  words: string;
}

export interface Grain {
  start_s: number;
  end_s: number;
  style: number;
  style_start_s: number;
  style_end_s?: number | null;
  semitones?: number | null;
  pitch?: number | string | null;
}

export interface Result {
  output: Clip;
  gains_db: { content: number; style: number; output: number };
  scores: Score[];
  sentence: string;
  /** The engine that ran: the one that was chosen where the choice was left to estilo. */
  engine?: string | null;
  /** What else is worth knowing, a line each. */
  notes?: string[];
  faults: { kind: string; start_s?: number | null; end_s?: number | null; words: string }[];
  grains: Grain[];
  commands: { terminal: string; python: string };
  files: { kind: string; size?: number | null }[];
  warnings: string[];
}

export type JobState = "waiting" | "running" | "done" | "failed" | "cancelled";

export interface Job {
  id: string;
  state: JobState;
  place: number | null;
  fraction: number | null;
  seconds_left: number | null;
  words: string | null;
  engine: string | null;
  strength: number | null;
  preset?: string | null;
  settings: Record<string, unknown> | null;
  created: string;
  error?: { message: string } | null;
  content?: Part;
  styles?: StylePart[];
  result?: Result | null;
}
