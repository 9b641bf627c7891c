// A server that answers as docs/developing/web-api.md says, with sounds and results that it makes up: what the page is
// driven against where the real one, or the engines behind it, would be slow or are missing. It sends the same strict
// content security policy, so that what the real page would refuse is refused here too.

import { createReadStream, existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { NAMES, RATE, peaks, sound, wav } from "./sounds.mjs";

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; " +
  "connect-src 'self'; font-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

const number = (initial, minimum, maximum, description, unit, title) => ({
  type: "number", default: initial, minimum, maximum, description, unit, title,
});
const ENGINES = [
  ["auto", "Automatic", "The engine that suits what content and styles are: pitched, voiced, percussive, textural.", {}],
  ["notes", "Notes", "The content's notes, played by the instrument that is heard in the styles.", {
    expression: number(0.5, 0, 1, "How much of the content's playing the instrument takes over.", null, "Expression"),
    split: { type: "boolean", default: false, title: "Split", description: "Whether several styles share the notes out by range." },
  }],
  ["optimise", "Optimise", "Style transfer by optimisation: kernel statistics of the style, structure of the content.", {
    steps: { type: "integer", default: 200, minimum: 1, maximum: 2000, title: "Steps", description: "How often the output is improved." },
    start: { enum: ["content", "style", "noise"], default: "content", title: "Start", description: "What the search begins from." },
  }],
  ["mosaic", "Mosaic", "The content rebuilt from grains of the styles: short stretches of them, transposed.", {
    grain_s: number(0.093, 0.02, 1, "How long a grain is.", "s", "Grain"),
    polyphony: { anyOf: [{ type: "integer", minimum: 1, maximum: 32 }, { type: "null" }], default: 3, title: "Polyphony", description: "Grains at once, at most." },
  }],
  ["sines", "Sines", "Sines and residual: the style's envelopes, attacks and vibrato on every partial.", {}],
  ["eq", "Match equaliser", "One filter that gives the content the style's average spectrum.", {
    smoothing_erb: number(1, 0.1, 10, "How smooth the filter is.", "ERB", "Smoothing"),
  }],
];

const ABOUT = {
  version: "0.0.0",
  engines: ENGINES.map(([name, title, about, fields]) => ({
    name, title, about, is_default: name === "auto", has_strength: true, schema: { type: "object", properties: fields },
  })),
  presets: [{ name: "mosaic-refined", about: "Grains of the style, cut to the content's notes.", engine: "mosaic" }],
  clips: NAMES.map((name) => ({ name, about: `A clip of ${name}, made from numbers.` })),
  formats: { in: ["wav", "flac", "mp3", "ogg"], out: ["wav", "flac", "mp3"] },
  limits: { bytes: 100e6, seconds: 1800, queue: 4 },
};

export function mockServer(dist, { jobMs = 1500 } = {}) {
  const clips = new Map();
  const jobs = new Map();
  let next = 0;
  const fresh = (letter) => `${letter}${(next += 1)}`;

  function keep(name, wave, bytes = wav(wave)) {
    const id = fresh("c");
    const clip = {
      id, name, duration_s: wave.length / RATE, sample_rate: RATE, n_channels: 1, loudness_lufs: -18.2, peaks: peaks(wave),
    };
    clips.set(id, { bytes, wave, clip });
    return clip;
  }

  function made(job) {
    const content = clips.get(job.content.clip).wave;
    const style = clips.get(job.styles[0].clip).wave;
    const wave = content.map((sample, n) => 0.35 * sample + 0.65 * (style[n % style.length] ?? 0) * Math.min(1, 3 * Math.abs(sample)));
    return {
      output: keep("result.wav", Float32Array.from(wave)),
      gains_db: { content: -3, style: -4.5, output: 0 },
      scores: [
        { name: "content_kept", label: "content kept", value: 0.97, words: "" },
        { name: "style_taken", label: "style taken", value: 0.62, words: "" },
        { name: "chroma", label: "chroma", value: 0.934, words: "Cosine of the two chroma vectors, mean over the frames where the content sounds. (higher is better, 1 is best)" },
        { name: "clicks", label: "clicks/s", value: 0, words: "Isolated jumps of the waveform per second. (lower is better, 0 is best)" },
      ],
      engine: "notes",
      sentence: "content kept 97 %, style taken 62 %, artifacts none",
      faults: [],
      grains: Array.from({ length: 60 }, (_, n) => ({
        start_s: n * 0.11, end_s: n * 0.11 + 0.11, style: 0, style_start_s: (n * 1.7) % 6.5, style_end_s: ((n * 1.7) % 6.5) + 0.11, semitones: (n % 5) - 2, pitch: 60 + (n % 12),
      })),
      commands: {
        terminal: "estilo transfer melody.wav bells.wav -o out.wav --engine notes --strength 1",
        python: 'import estilo\n\nresult = estilo.transfer("melody.wav", "bells.wav", engine="notes")\nestilo.save(result.audio, "out.wav")',
      },
      files: ["wav", "flac", "mp3", "png", "json", "mid"].map((kind) => ({ kind, size: null })),
      warnings: [],
      notes: ["The style is 7 s long and was heard as a whole."],
    };
  }

  function start(request) {
    const id = fresh("j");
    // What is not at full strength takes long enough to be cancelled on any machine.
    const lastsMs = request.strength < 1 ? 120_000 : jobMs;
    const job = {
      ...request, id, state: "running", place: null, fraction: 0, seconds_left: lastsMs / 1000, words: "Listening to both",
      engine: request.preset ?? request.engine, created: new Date().toISOString(), result: null,
    };
    jobs.set(id, job);
    const from = Date.now();
    const timer = setInterval(() => {
      if (job.state !== "running") return clearInterval(timer);
      job.fraction = Math.min(1, (Date.now() - from) / lastsMs);
      job.seconds_left = Math.max(0, (lastsMs * (1 - job.fraction)) / 1000);
      job.words = job.fraction < 0.4 ? "Listening to both" : "Playing the notes";
      if (job.fraction >= 1) Object.assign(job, { state: "done", words: "Done", result: made(job) });
    }, 50);
    return id;
  }

  async function api(request, response, url) {
    const [, , room, id, what] = url.pathname.split("/");
    const body = await readBody(request);
    const json = (status, value, headers = {}) => {
      response.writeHead(status, { "Content-Type": "application/json", "Cache-Control": "no-store", ...headers });
      response.end(value === null ? "" : JSON.stringify(value));
    };
    const refuse = (status, expected, got, advice) =>
      json(status, { error: { expected, got, what_to_do: advice, message: `Expected ${expected}, got ${got}. ${advice}` } });
    const route = `${request.method} ${room} ${what ?? ""}`.trim();
    if (route === "GET about") return json(200, ABOUT);
    if (request.method === "POST" && room === "clips" && id === "built-in") return json(201, keep(what, sound(what)));
    if (route === "POST clips") {
      if (body.toString("latin1", 0, 4) !== "RIFF") return refuse(415, "a recording", "a file of text", "Choose a wav, flac, ogg or mp3 file.");
      const samples = (body.length - 44) / 2;
      const wave = Float32Array.from({ length: samples }, (_, n) => body.readInt16LE(44 + 2 * n) / 32768);
      return json(201, keep(url.searchParams.get("name"), wave, body));
    }
    if (route === "GET clips" && !id) return json(200, [...clips.values()].map(({ clip }) => clip));
    if (route === "GET clips heard") return json(200, { kind: "pitched", words: "Pitched and rhythmic: 14 notes, 125 beats per minute, A minor.", tempo_bpm: 125, key: "A minor", n_notes: 14 });
    if (route === "GET clips audio") {
      const clip = clips.get(id);
      if (!clip) return refuse(404, "a recording of this visit", "another", "Upload it again.");
      response.writeHead(200, { "Content-Type": "audio/wav", "Content-Length": clip.bytes.length, "Cache-Control": "no-store" });
      return response.end(clip.bytes);
    }
    if (route === "POST choice") return json(200, { engine: "notes", words: "Content and style both have notes." });
    if (request.method === "POST" && room === "jobs") {
      const open = [...jobs.values()].filter((job) => job.state === "running").length;
      if (open >= ABOUT.limits.queue) return json(503, { error: "The queue is full.", seconds: 3 }, { "Retry-After": "3" });
      return json(202, { id: start(JSON.parse(body.toString())) });
    }
    if (request.method === "GET" && room === "jobs" && !id) return json(200, [...jobs.values()]);
    const job = jobs.get(id);
    if (!job) return refuse(404, "a job of this visit", "another", "Start it again.");
    if (request.method === "DELETE") {
      if (job.state === "running") job.state = "cancelled";
      return json(204, null);
    }
    if (what === undefined) return json(200, job);
    if (what === "events") return events(response, job);
    response.writeHead(200, { "Content-Type": "application/octet-stream", "Content-Disposition": `attachment; filename="result.${url.pathname.split("/").at(-1)}"` });
    return response.end(clips.get(job.result.output.id).bytes);
  }

  function events(response, job) {
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    const tell = () => {
      response.write(`data: ${JSON.stringify(job)}\n\n`);
      if (job.state === "running") return;
      clearInterval(timer);
      response.end();
    };
    const timer = setInterval(tell, 100);
    response.on("close", () => clearInterval(timer));
  }

  return createServer((request, response) => {
    const url = new URL(request.url, "http://127.0.0.1");
    if (url.pathname.startsWith("/api/")) {
      api(request, response, url).catch((error) => {
        response.writeHead(500).end(String(error));
      });
      return;
    }
    const file = join(dist, normalize(url.pathname === "/" ? "/index.html" : url.pathname));
    if (!existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      "Content-Type": TYPES[extname(file)] ?? "application/octet-stream",
      "Content-Security-Policy": POLICY,
      "X-Content-Type-Options": "nosniff",
      "Referrer-Policy": "no-referrer",
    });
    createReadStream(file).pipe(response);
  });
}

async function readBody(request) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces);
}

export const rulesOfAxe = (ui) => readFileSync(join(ui, "node_modules/axe-core/axe.min.js"), "utf8");
