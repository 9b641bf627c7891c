import { afterEach, describe, expect, it, vi } from "vitest";
import { refusal } from "../src/api/client";
import type { Clip, JobRequest } from "../src/api/types";
import { canStart, clear, cut, set, start, takeEngine, takeFiles } from "../src/state/actions";
import { emptySlot, MOST_STYLES, Store, store } from "../src/state/store";

const clip = (id: string): Clip => ({ id, name: id, duration_s: 7, sample_rate: 22_050, n_channels: 1, loudness_lufs: -18, peaks: [] });
const ready = (id: string) => ({ ...emptySlot(), stage: "ready" as const, clip: clip(id) });

afterEach(() => vi.unstubAllGlobals());

describe("refusals", () => {
  it("carry the server's words and when to try again", () => {
    const made = refusal(503, JSON.stringify({ error: { message: "The queue is full." }, seconds: 12 }), "9");
    expect([made.message, made.status, made.seconds]).toEqual(["The queue is full.", 503, 12]);
  });

  it("put parts together where there is no sentence, and are empty where there are no words", () => {
    const parts = { expected: "a number", got: "a word", what_to_do: "Give a number." };
    expect(refusal(422, JSON.stringify({ error: parts }), null).message).toBe("a number a word Give a number.");
    expect(refusal(500, "<html>", null).message).toBe("");
  });
});

describe("the store", () => {
  it("puts news of a job in its place", () => {
    const own = new Store();
    const job = { id: "a", state: "waiting" as const, place: 1, fraction: null, seconds_left: null, words: null };
    const more = { engine: "eq", strength: 1, settings: {}, created: "" };
    own.job({ ...job, ...more });
    own.job({ ...job, ...more, id: "b" });
    own.job({ ...job, ...more, state: "done" });
    expect(own.get().jobs.map((one) => [one.id, one.state])).toEqual([["a", "done"], ["b", "waiting"]]);
  });
});

describe("a transfer", () => {
  it("asks for exactly what was chosen", async () => {
    const asked: { path: string; body: unknown }[] = [];
    vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
      asked.push({ path, body: init.body ? JSON.parse(String(init.body)) : null });
      return new Response(path === "/api/jobs" ? '{"id":"j1"}' : '{"engine":"eq","words":"why"}', { status: 200 });
    });
    vi.stubGlobal("EventSource", class {
      close(): void {}
    });
    expect(canStart()).toBe(false);
    const [content, style, empty] = [ready("c1"), { ...ready("s1"), weight: 2 }, emptySlot()];
    store.set({ content, styles: [style, empty], strength: 0.4 });
    takeEngine("mosaic");
    set("grain_s", 0.2);
    set("polyphony", 2);
    set("polyphony", undefined);
    cut(content.key, 1, 3);
    expect(canStart()).toBe(true);
    await start();
    const request = asked.find(({ path }) => path === "/api/jobs")?.body as JobRequest;
    expect(request).toEqual({
      content: { clip: "c1", start_s: 1, end_s: 3 },
      styles: [{ clip: "s1", start_s: null, end_s: null, weight: 2 }],
      engine: "mosaic",
      strength: 0.4,
      settings: { grain_s: 0.2 },
    });
    expect(store.get().jobs.at(-1)?.id).toBe("j1");
    clear(style.key);
    clear(empty.key);
    expect(canStart()).toBe(false);
  });
});

describe("files that are dropped together", () => {
  const files = (n: number) => Array.from({ length: n }, (_, k) => new File(["x"], `${k}.wav`));
  // None is sent: all are larger than what the server takes.
  const about = { limits: { bytes: 0, seconds: 1, queue: 1 } } as NonNullable<ReturnType<typeof store.get>["about"]>;

  it("are styles beside each other, as many as there is room for, and one content", async () => {
    const [content, style] = [emptySlot(), emptySlot()];
    store.set({ about, content, styles: [style] });
    await takeFiles(content.key, files(3));
    await takeFiles(style.key, files(MOST_STYLES + 2));
    expect(store.get().content.name).toBe("0.wav");
    expect(store.get().styles.map((slot) => slot.name)).toEqual(files(MOST_STYLES).map((file) => file.name));
    expect(store.get().styles.every((slot) => slot.stage === "refused" && slot.refusal.includes("MB"))).toBe(true);
  });
});
