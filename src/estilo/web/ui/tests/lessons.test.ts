import { describe, expect, it } from "vitest";
import { banded, triangles, type Bands } from "../src/audio/bands";
import { analyse } from "../src/audio/fft";
import { descend, gradient, KEPT_STEPS } from "../src/lessons/descent";
import { apart, bandsInOrder, gram, shuffledOrder } from "../src/lessons/gram";
import { equalisedDb, loudestNote, REED_DB, tone } from "../src/lessons/notes";
import { differenceDb, guessed } from "../src/lessons/phases";
import { randomness } from "../src/lessons/random";
import { balanceDb, balanceGains, dynamicsGains, spreadDb, withGains } from "../src/lessons/shaping";

const RATE = 16_000;
const at = async () => undefined;

function pluckedTune(): Float32Array {
  const out = new Float32Array(RATE);
  [440, 550, 660].forEach((hz, n) => out.set(tone(hz, REED_DB, { attackS: 0.01, decayS: 0.6 }, 0.3, RATE), n * 5000));
  return out;
}

function bandsOf(seed: number, nFrames: number, nBands: number): Bands {
  const random = randomness(seed);
  return { values: Float32Array.from({ length: nFrames * nBands }, () => random()), nFrames, nBands };
}

describe("what a spectrogram loses", () => {
  it("comes back round by round, and never by more than is there", async () => {
    const wave = pluckedTune();
    const spectra = analyse(wave, 512, 128);
    const found: number[] = [];
    for (const rounds of [0, 4, 32]) found.push(differenceDb(spectra, analyse(await guessed(spectra, rounds, at), 512, 128)));
    expect(found[1]).toBeGreaterThan(found[0]!);
    expect(found[2]).toBeGreaterThan(found[1]!);
    expect(differenceDb(spectra, spectra)).toBeGreaterThan(100);
  });
});

describe("Gram matrices", () => {
  it.each([1, 3, 16, 100])("are the same whatever the order of the moments, pieces of %i", (block) => {
    const bands = bandsOf(2, 100, 8);
    const order = shuffledOrder(100, block, 5);
    expect([...order].sort((a, b) => a - b)).toEqual([...Array(100).keys()]);
    expect(apart(gram(bands), gram(bandsInOrder(bands, order)))).toBeLessThan(1e-6);
  });

  it("differ for other sounds", () => {
    expect(apart(gram(bandsOf(1, 50, 8)), gram(bandsOf(9, 50, 8)))).toBeGreaterThan(0.01);
  });
});

describe("the descent", () => {
  const [content, style] = [bandsOf(3, 20, 6), bandsOf(4, 30, 6)];
  for (const n of style.values.keys()) style.values[n]! *= n % 6 === 0 ? 3 : 0.5;

  it.each([0, 0.3, 0.9, 1])("never goes uphill, weight %f", (weight) => {
    const { content: c, style: s, pictures } = descend(content, style, weight);
    const total = c.map((value, n) => (1 - weight) * value + weight * s[n]!);
    total.slice(1).forEach((value, n) => expect(value).toBeLessThanOrEqual(total[n]! + 1e-12));
    expect([pictures.length, c.length, c[0], s[0]]).toEqual([KEPT_STEPS.length, 31, 0, 1]);
  });

  it("stays with the content where the style weighs nothing, and leaves it where it weighs all", () => {
    expect(descend(content, style, 0).pictures.at(-1)).toEqual(content.values);
    expect(descend(content, style, 1).style.at(-1)).toBeLessThan(0.05);
  });

  it("follows the slope that small steps measure", () => {
    const x = content.values.map((value, n) => value + 0.1 * ((n % 5) - 2));
    const wanted = gram(style);
    const sizes = { nFrames: 20, nBands: 6, size: 2, far: 3, weight: 0.4 };
    const slope = gradient(x, content.values, wanted, sizes);
    const loss = (values: Float32Array) => {
      const own = values.reduce((sum, value, n) => sum + (value - content.values[n]!) ** 2, 0) / 2;
      const other = gram({ ...content, values }).reduce((sum, value, n) => sum + (value - wanted[n]!) ** 2, 0) / 3;
      return 0.6 * own + 0.4 * other;
    };
    for (const n of [0, 7, 50, 119]) {
      const [up, down] = [x.slice(), x.slice()];
      up[n]! += 1e-2;
      down[n]! -= 1e-2;
      expect((loss(up) - loss(down)) / 2e-2).toBeCloseTo(slope[n]!, 2);
    }
  });
});

describe("shaping", () => {
  const filters = triangles(24, 257, RATE);
  const random = randomness(8);
  // Silence has no gain that would make it sound, so there is none.
  const content = analyse(pluckedTune().map((sample) => sample + 1e-2 * (random() - 0.5)), 512, 128);
  const style = analyse(Float32Array.from({ length: RATE }, (_, t) => (random() - 0.5) * Math.exp(-(t % 4000) / 900)), 512, 128);
  const [one, other] = [banded(content, filters), banded(style, filters)];

  it("brings the balance nearer to the style", () => {
    const shaped = banded(withGains(content, filters, balanceGains(one, other)), filters);
    expect(balanceDb(shaped, other)).toBeLessThan(0.5 * balanceDb(one, other));
  });

  it("gives the moments the style's loudness", () => {
    const gains = dynamicsGains(one, other);
    const values = one.values.map((value, n) => value * gains[Math.floor(n / one.nBands)]!);
    expect(spreadDb({ ...one, values }, other)).toBeLessThan(1);
    expect(spreadDb(one, one)).toBe(0);
  });

  it("changes nothing where all gains are 1", () => {
    const flat = { values: new Float32Array(24).fill(1), nFrames: 1, nBands: 24 };
    withGains(content, filters, flat).re.forEach((value, n) => expect(value).toBeCloseTo(content.re[n]!, 4));
  });
});

describe("notes", () => {
  it.each([110, 220, 443.7, 880])("of %f Hz are heard with their harmonics", (hz) => {
    const levels = [-3, 0, -12, -20, -6, -30, -60, -60, -60, -60, -60, -60];
    const note = loudestNote(tone(hz, levels, { attackS: 0.01, decayS: 8 }, 1, RATE), RATE);
    expect(note?.hz).toBeCloseTo(hz, -Math.log10(hz * 0.01));
    for (const n of [0, 1, 2, 3, 4]) expect(Math.abs(note!.levelsDb[n]! - levels[n]!)).toBeLessThan(1.5);
  });

  it("are not heard in noise", () => {
    const random = randomness(3);
    expect(loudestNote(Float32Array.from({ length: RATE }, () => random() - 0.5), RATE)).toBeNull();
  });

  it("sound the same played and equalised at the pitch that was measured, and differ elsewhere", () => {
    const levels = REED_DB.map((db, n) => (n % 2 === 0 ? db : db - 25));
    equalisedDb(300, levels, 300).forEach((db, n) => expect(db).toBeCloseTo(levels[n]!, 9));
    const moved = equalisedDb(450, levels, 300);
    expect(Math.max(...moved.map((db, n) => Math.abs(db - levels[n]!)))).toBeGreaterThan(10);
  });
});
