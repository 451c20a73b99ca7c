/** Requests to our API: the session's cookie, Django's CSRF token, problems as one error class. */

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

export function csrfToken(): string {
  const found = document.cookie.split("; ").find((c) => c.startsWith("csrftoken="));
  return found ? decodeURIComponent(found.slice("csrftoken=".length)) : "";
}

async function problem(response: Response): Promise<Problem> {
  let body: Record<string, unknown> = {};
  try {
    body = (await response.json()) as Record<string, unknown>;
  } catch {
    // not JSON: the status tells
  }
  const text = typeof body.detail === "string" ? body.detail : `The server answered ${response.status}.`;
  return new Problem(response.status, String(body.code ?? response.status), text, body);
}

async function ask(url: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { credentials: "same-origin", ...init });
  } catch {
    throw new Problem(0, "offline", "HemaView cannot be reached; is the network there?", {});
  }
  if (!response.ok) throw await problem(response);
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
