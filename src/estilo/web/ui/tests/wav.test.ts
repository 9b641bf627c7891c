import { describe, expect, it } from "vitest";
import { wavBytes } from "../src/audio/wav";

describe("wav files", () => {
  it("say what they hold and hold it, interleaved", () => {
    const bytes = wavBytes([Float32Array.of(0, 1, -1), Float32Array.of(0.5, 2, -2)], 48_000);
    const view = new DataView(bytes.buffer);
    const letters = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
    expect([letters(0), letters(8), letters(12), letters(36)]).toEqual(["RIFF", "WAVE", "fmt ", "data"]);
    expect(view.getUint32(4, true)).toBe(bytes.length - 8);
    expect([view.getUint16(22, true), view.getUint32(24, true), view.getUint16(32, true)]).toEqual([2, 48_000, 4]);
    expect(view.getUint32(40, true)).toBe(12);
    const samples = Array.from({ length: 6 }, (_, n) => view.getInt16(44 + 2 * n, true));
    expect(samples).toEqual([0, 16_384, 32_767, 32_767, -32_767, -32_767]);
  });
});
