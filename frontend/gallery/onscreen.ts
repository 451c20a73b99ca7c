/** Which cells of the gallery a reader has before their eyes. */

interface Span {
  top: number;
  bottom: number;
}

/** Whether at least half of a picture lies within the part of the list that is shown. */
export function halfInside(picture: Span, list: Span): boolean {
  const height = Math.min(picture.bottom, list.bottom) - Math.max(picture.top, list.top);
  return height >= (picture.bottom - picture.top) / 2;
}

/** Keys of the cells whose picture has come and is on screen. */
export function onScreen(list: HTMLElement): ReadonlySet<string> {
  const span = list.getBoundingClientRect();
  const keys = new Set<string>();
  for (const picture of list.querySelectorAll<HTMLElement>("[data-cell]")) {
    const image = picture.querySelector("img");
    if (image?.complete && image.naturalWidth > 0 && halfInside(picture.getBoundingClientRect(), span))
      keys.add(picture.dataset.cell ?? "");
  }
  return keys;
}
