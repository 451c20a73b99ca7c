/** Speaking with the server: session cookie, CSRF header, and problem details turned into one error class. */

export interface Problem {
  type?: string;
  title?: string;
  status: number;
  detail?: string;
  code?: string;
  errors?: Record<string, string[] | string>;
  [extra: string]: unknown;
}

/** A refusal by the server; `message` is a sentence for the person, `code` is for the program. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(sentenceOf(problem));
    this.name = "ApiError";
    this.status = problem.status;
    this.code = problem.code ?? "";
    this.problem = problem;
  }
}

/** The sentence a problem carries, field errors included. */
export function sentenceOf(problem: Problem): string {
  const parts: string[] = [];
  if (problem.detail) parts.push(problem.detail);
  for (const [field, messages] of Object.entries(problem.errors ?? {})) {
    const text = Array.isArray(messages) ? messages.join(" ") : String(messages);
    if (text && !parts.some((p) => p.includes(text)))
      parts.push(field === "non_field_errors" ? text : `${field}: ${text}`);
  }
  if (parts.length > 0) return parts.join(" ");
  if (problem.status === 0) return "The server does not answer. What you see stays as it is; try again in a moment.";
  if (problem.status === 401 || problem.status === 403)
    return "You have no right to do this, or your session has ended.";
  if (problem.status === 404) return "This is no longer there.";
  if (problem.status === 429) return "Too many requests; wait a moment.";
  return problem.title ?? `The server answered with error ${problem.status}.`;
}

export function csrfToken(cookie: string = document.cookie): string {
  for (const part of cookie.split(";")) {
    const [name, value] = part.trim().split("=");
    if (name === "csrftoken" && value) return decodeURIComponent(value);
  }
  return document.querySelector<HTMLInputElement>("input[name=csrfmiddlewaretoken]")?.value ?? "";
}

async function problemOf(response: Response): Promise<Problem> {
  const kind = response.headers.get("content-type") ?? "";
  if (kind.includes("json")) {
    const body = (await response.json().catch(() => ({}))) as Partial<Problem>;
    return { ...body, status: response.status };
  }
  return { status: response.status, title: response.statusText };
}

async function send(method: string, url: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      headers,
      credentials: "same-origin",
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError({ status: 0 });
  }
  if (!response.ok) throw new ApiError(await problemOf(response));
  return response;
}

export async function getJson<T>(url: string, signal?: AbortSignal): Promise<T> {
  return (await (await send("GET", url, undefined, signal)).json()) as T;
}

export async function getBytes(url: string, signal?: AbortSignal): Promise<ArrayBuffer> {
  return (await send("GET", url, undefined, signal)).arrayBuffer();
}

export async function postJson<T>(url: string, body: unknown = {}): Promise<T> {
  const response = await send("POST", url, body);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

export async function remove(url: string): Promise<void> {
  await send("DELETE", url);
}
