/** Whether the browser draws WebGL by the processor: a canvas is then several times quicker (docs/performance.md). */

const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

export function isSoftware(renderer: string): boolean {
  return SOFTWARE.test(renderer);
}

let answer: boolean | null = null;

/** Whether there is WebGL 2 on a graphics card; asked once. */
export function hasGraphicsCard(): boolean {
  if (answer === null) {
    const gl = document.createElement("canvas").getContext("webgl2");
    const info = gl?.getExtension("WEBGL_debug_renderer_info");
    const renderer = gl ? String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER)) : "";
    answer = gl !== null && !isSoftware(renderer);
    gl?.getExtension("WEBGL_lose_context")?.loseContext();
  }
  return answer;
}
