/** Data the page carries in `<script type="application/json">`; throws when the template forgot it. */
export function pageData<T>(id: string): T {
  const element = document.getElementById(id);
  if (!element?.textContent) throw new Error(`the page carries no data called ${id}`);
  return JSON.parse(element.textContent) as T;
}
