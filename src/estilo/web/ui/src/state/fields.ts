/** What a setting can be, read from the JSON schema that the server makes of the engines' models. */

import type { Field, Schema } from "../api/types";

export type Control =
  | { kind: "number"; whole: boolean; lowest: number | null; highest: number | null; step: number }
  | { kind: "switch" }
  | { kind: "choice"; options: readonly (string | number)[] }
  | { kind: "text" };

export interface Setting {
  name: string;
  title: string;
  about: string;
  unit: string;
  initial: unknown;
  /** Whether it may be left empty. */
  optional: boolean;
  control: Control;
}

/** The settings of an engine in their order. `strength` has a slider of its own. */
export function settings(schema: Schema): Setting[] {
  return Object.entries(schema.properties ?? {})
    .filter(([name]) => name !== "strength")
    .map(([name, field]) => setting(name, field, schema));
}

function setting(name: string, field: Field, schema: Schema): Setting {
  const kinds = (field.anyOf ?? [field]).map((kind) => resolved(kind, schema));
  const real = kinds.filter((kind) => kind.type !== "null");
  return {
    name,
    title: field.title ?? name,
    about: field.description ?? "",
    unit: field.unit ?? "",
    initial: field.default,
    optional: real.length < kinds.length,
    // A union of things that one control cannot show is typed in, and the server says what it takes.
    control: real.length === 1 && real[0] ? control({ ...real[0], ...(field.anyOf ? {} : field) }) : unionControl(real),
  };
}

function resolved(field: Field, schema: Schema): Field {
  const name = field.$ref?.split("/").at(-1);
  return name ? { ...schema.$defs?.[name], ...field } : field;
}

function unionControl(kinds: readonly Field[]): Control {
  const options = kinds.flatMap((kind) => kind.enum ?? (kind.const !== undefined ? [String(kind.const)] : []));
  const listed = kinds.length > 0 && kinds.every((kind) => kind.enum !== undefined || kind.const !== undefined);
  return listed ? { kind: "choice", options } : { kind: "text" };
}

function control(field: Field): Control {
  if (field.enum) return { kind: "choice", options: field.enum };
  if (field.type === "boolean") return { kind: "switch" };
  if (field.type === "integer" || field.type === "number") {
    const lowest = field.minimum ?? field.exclusiveMinimum ?? null;
    const highest = field.maximum ?? field.exclusiveMaximum ?? null;
    const whole = field.type === "integer";
    return { kind: "number", whole, lowest, highest, step: whole ? 1 : step(lowest, highest) };
  }
  return { kind: "text" };
}

/** About a hundredth of the range, as a power of ten. */
function step(lowest: number | null, highest: number | null): number {
  if (lowest === null || highest === null || highest <= lowest) return 0.01;
  return 10 ** Math.floor(Math.log10((highest - lowest) / 50));
}

/** What is wrong with a value, or nothing. The server judges in the end; this only says so earlier. */
export function outside(value: number, control: Control): "low" | "high" | "part" | null {
  if (control.kind !== "number") return null;
  if (control.lowest !== null && value < control.lowest) return "low";
  if (control.highest !== null && value > control.highest) return "high";
  return control.whole && !Number.isInteger(value) ? "part" : null;
}
