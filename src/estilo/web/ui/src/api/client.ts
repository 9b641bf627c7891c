/** The server's routes as functions. Every refusal becomes a Refusal whose message can be shown as it is. */

import type { About, Choice, Clip, Heard, Job, JobRequest, Part, StylePart } from "./types";

/** What the server would not do, in words. `seconds` says when to try again, where that is known. */
export class Refusal extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly seconds: number | null = null,
  ) {
    super(message);
    this.name = "Refusal";
  }
}

let language = "en";

/** The language that the server is asked to speak. */
export function speak(code: string): void {
  language = code;
}

export const about = (): Promise<About> => get("/api/about");
export const clips = (): Promise<Clip[]> => get("/api/clips");
export const heard = (clip: string): Promise<Heard> => get(`/api/clips/${clip}/heard`);
export const builtIn = (name: string): Promise<Clip> => send("POST", `/api/clips/built-in/${encodeURIComponent(name)}`);
export const choose = (content: Part, styles: StylePart[], signal?: AbortSignal): Promise<Choice> =>
  send("POST", "/api/choice", { content, styles }, signal);
export const start = (request: JobRequest): Promise<{ id: string }> => send("POST", "/api/jobs", request);
export const job = (id: string): Promise<Job> => get(`/api/jobs/${id}`);
export const cancel = (id: string): Promise<unknown> => send("DELETE", `/api/jobs/${id}`);
export const audioUrl = (clip: string): string => `/api/clips/${clip}/audio`;
export const fileUrl = (id: string, kind: string): string => `/api/jobs/${id}/files/${kind}`;

/** The session's queue and history, oldest first. */
export const jobs = (): Promise<Job[]> => get("/api/jobs");

/** Sends a file. `onFraction` is told how much of it the server has, 0 to 1. */
export function upload(file: Blob, name: string, onFraction: (fraction: number) => void): Promise<Clip> {
  // fetch cannot say how much of a body has been sent, XMLHttpRequest can.
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/clips?name=${encodeURIComponent(name)}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("Accept-Language", language);
    request.responseType = "text";
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) onFraction(event.loaded / event.total);
    };
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve(JSON.parse(request.responseText) as Clip);
      else reject(refusal(request.status, request.responseText, null));
    };
    request.onerror = () => reject(new Refusal("", 0));
    request.send(file);
  });
}

/** Follows a job until it ends; where events break off it asks every half second instead. Returns what stops it. */
export function follow(id: string, onJob: (job: Job) => void): () => void {
  let stopped = false;
  const ended = (state: string) => state === "done" || state === "failed" || state === "cancelled";
  const source = new EventSource(`/api/jobs/${id}/events`);
  const tell = (event: MessageEvent<string>) => {
    if (stopped) return;
    const told = JSON.parse(event.data) as Job;
    onJob(told);
    if (ended(told.state)) stop();
  };
  const stop = () => {
    stopped = true;
    source.close();
  };
  const poll = async () => {
    while (!stopped) {
      try {
        const told = await job(id);
        if (stopped) return;
        onJob(told);
        if (ended(told.state)) return stop();
      } catch (error) {
        if (error instanceof Refusal && error.status === 404) return stop();
      }
      await new Promise((resume) => setTimeout(resume, 500));
    }
  };
  source.onmessage = tell;
  source.onerror = () => {
    if (stopped) return;
    source.close();
    void poll();
  };
  return stop;
}

function get<T>(path: string): Promise<T> {
  return send<T>("GET", path);
}

async function send<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json", "Accept-Language": language };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer: Response;
  try {
    answer = await fetch(path, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Refusal("", 0);
  }
  const text = await answer.text();
  if (!answer.ok) throw refusal(answer.status, text, answer.headers.get("Retry-After"));
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

/** The words of a refusal, wherever in the answer they are. */
export function refusal(status: number, text: string, retryAfter: string | null): Refusal {
  let seconds = retryAfter === null ? null : Number(retryAfter);
  let message = "";
  try {
    const answer = JSON.parse(text) as {
      error?: string | { message?: string; expected?: string; got?: string; what_to_do?: string };
      seconds?: number;
      detail?: unknown;
    };
    if (typeof answer.seconds === "number") seconds = answer.seconds;
    if (typeof answer.error === "string") message = answer.error;
    else if (answer.error) {
      const { message: said, expected, got, what_to_do: advice } = answer.error;
      message = said ?? [expected, got, advice].filter(Boolean).join(" ");
    } else if (typeof answer.detail === "string") message = answer.detail;
  } catch {
    // Not JSON: the status alone says what happened, and the page has words for it.
  }
  return new Refusal(message, status, Number.isFinite(seconds) ? seconds : null);
}
