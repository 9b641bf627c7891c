import { describe, expect, it } from "vitest";
import { outside, settings } from "../src/state/fields";
import { typed } from "../src/parts/settings";

describe("settings of a schema", () => {
  const made = settings({
    properties: {
      strength: { type: "number", default: 1 },
      grain_s: { type: "number", default: 0.09, minimum: 0.02, maximum: 1, unit: "s", title: "Grain", description: "How long." },
      polyphony: { anyOf: [{ type: "integer", minimum: 1, maximum: 32 }, { type: "null" }], default: null },
      start: { $ref: "#/$defs/Start", default: "content" },
      raw: { type: "boolean", default: false },
      layers: { type: "array", default: [1, 2] },
      amount: { anyOf: [{ type: "number" }, { const: "auto" }], default: "auto" },
    },
    $defs: { Start: { enum: ["content", "noise"] } },
  });
  const by = Object.fromEntries(made.map((one) => [one.name, one]));

  it("leave strength to its own slider and keep the order", () => {
    expect(made.map((one) => one.name)).toEqual(["grain_s", "polyphony", "start", "raw", "layers", "amount"]);
  });

  it("carry units, bounds and words", () => {
    expect(by["grain_s"]).toMatchObject({ title: "Grain", about: "How long.", unit: "s", initial: 0.09, optional: false });
    expect(by["grain_s"]?.control).toMatchObject({ kind: "number", lowest: 0.02, highest: 1, whole: false });
  });

  it("know what may be left empty, what is chosen from a list, and what has to be typed", () => {
    expect(by["polyphony"]).toMatchObject({ optional: true, control: { kind: "number", whole: true, lowest: 1, highest: 32 } });
    expect(by["start"]?.control).toEqual({ kind: "choice", options: ["content", "noise"] });
    expect(by["raw"]?.control).toEqual({ kind: "switch" });
    expect(by["layers"]?.control).toEqual({ kind: "text" });
    expect(by["amount"]?.control).toEqual({ kind: "text" });
  });

  it("say what is outside of their bounds", () => {
    const control = by["polyphony"]!.control;
    expect([0, 33, 2.5, 32].map((value) => outside(value, control))).toEqual(["low", "high", "part", null]);
  });
});

describe("typed values", () => {
  it.each([
    ["", undefined],
    ["3.5", 3.5],
    ["[1, 2]", [1, 2]],
    ["auto", "auto"],
  ])("%j", (text, value) => expect(typed(text)).toEqual(value));
});
