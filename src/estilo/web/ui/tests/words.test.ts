import { describe, expect, it } from "vitest";
import { en } from "../src/words/en";
import { es } from "../src/words/es";

/** What a function of the words says, whether it is made for numbers or for names. */
function called(say: (...given: unknown[]) => string): string {
  try {
    return say(1.5, 2.5, "Hz");
  } catch {
    return say("a", "b", "c");
  }
}

/** Every word of the page with its place. */
function flat(value: unknown, place = ""): Map<string, string> {
  const out = new Map<string, string>();
  if (typeof value === "string") out.set(place, value);
  else if (typeof value === "function") out.set(place, called(value as (...given: unknown[]) => string));
  else if (value && typeof value === "object") {
    for (const [name, one] of Object.entries(value)) for (const [at, text] of flat(one, `${place}.${name}`)) out.set(at, text);
  }
  return out;
}

const SAME = /\.(seconds|percent|clock|fileNames\..*|go\.would|source\.mono|lanes\.positionSays|queue\..*)$/;

describe("words", () => {
  const [english, spanish] = [flat(en), flat(es)];

  it("are the same places in both languages", () => {
    expect([...spanish.keys()].sort()).toEqual([...english.keys()].sort());
  });

  it("are never empty but where there is nothing to say", () => {
    for (const [place, text] of [...english, ...spanish]) if (place !== ".heard") expect(text.trim(), place).not.toBe("");
  });

  it("are translated", () => {
    for (const [place, text] of english) if (!SAME.test(place) && text.length > 12) expect(spanish.get(place), place).not.toBe(text);
  });

  it("say vos in Spanish, never tú or usted", () => {
    for (const [place, text] of spanish) expect(text, place).not.toMatch(/\b(tú|usted|elige|escucha un|puedes|suelta|haz)\b/i);
  });
});
