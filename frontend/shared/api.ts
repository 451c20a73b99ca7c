/** Requests to our API: the session's cookie, Django's CSRF token, problems as one error class. */

import { t } from "./catalogue";
import { line } from "./line";

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly body: Record<string, unknown>,
  ) {
    super(message);
  }
}

/** Whether the request never arrived, or no answer of HemaView came back: the same may be asked again. */
export function unreachable(error: unknown): boolean {
  return error instanceof Problem && error.code === "offline";
}

/** Ask until an answer comes, refusals included; waits while the server cannot be reached. */
export async function untilReached<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!unreachable(error)) throw error;
      await line.back();
    }
  }
}

export function csrfToken(): string {
  const cookie = document.cookie.split("; ").find((c) => c.startsWith("csrftoken="));
  return cookie ? decodeURIComponent(cookie.slice("csrftoken=".length)) : "";
}

/** For whom the page was made: the server refuses to read or save anything once somebody else is signed in in this browser. */
export function personHeader(): Record<string, string> {
  const person = typeof document === "undefined" ? undefined : document.documentElement?.dataset.person;
  return person ? { "X-HemaView-Person": person } : {};
}

function offline(): Problem {
  line.lost("requests");
  return new Problem(0, "offline", t("HemaView cannot be reached at the moment."), {});
}

async function problem(response: Response): Promise<Problem> {
  let body: Record<string, unknown> = {};
  try {
    body = (await response.json()) as Record<string, unknown>;
  } catch {
    // not JSON: the status tells
  }
  const text =
    typeof body.detail === "string"
      ? body.detail
      : t("The server reported an error ({status}).", { status: String(response.status) });
  return new Problem(response.status, String(body.code ?? response.status), text, body);
}

async function ask(url: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, {
      credentials: "same-origin",
      ...init,
      headers: { ...personHeader(), ...(init.headers as Record<string, string> | undefined) },
    });
  } catch {
    if (init.signal?.aborted) throw new Problem(0, "aborted", t("The request was cancelled."), {});
    throw offline();
  }
  if (!response.ok) {
    const refusal = await problem(response);
    // A proxy answers in place of a server that is down; HemaView's own refusals carry a code.
    if ([502, 503, 504].includes(response.status) && !refusal.body.code) throw offline();
    throw refusal;
  }
  line.reached("requests");
  return response;
}

export async function get<T>(url: string, signal?: AbortSignal): Promise<T> {
  return (await (await ask(url, { signal, headers: { Accept: "application/json" } })).json()) as T;
}

export async function getBytes(url: string, signal?: AbortSignal): Promise<ArrayBuffer> {
  return await (await ask(url, { signal })).arrayBuffer();
}

export async function send<T>(method: "POST" | "PATCH" | "DELETE", url: string, body?: unknown): Promise<T> {
  const response = await ask(url, {
    method,
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** The page's own data, left by Django's json_script. */
export function pageData<T>(id: string): T {
  const element = document.getElementById(id);
  if (!element?.textContent) throw new Error(`no page data ${id}`);
  return JSON.parse(element.textContent) as T;
}
