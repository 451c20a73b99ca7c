/** The programs of the WebGL layer: a ring around each cell that follows its box, far out the mark of its class. */

/** Classes (up to 255) in two rows: colour and mark; then whether it is hidden. */
export const TABLE_WIDTH = 256;

export const VERTEX = `#version 300 es
precision highp float;
precision highp int;
layout(location = 0) in float x;
layout(location = 1) in float y;
layout(location = 2) in float w;
layout(location = 3) in float h;
layout(location = 4) in float cls;
layout(location = 5) in float score;
layout(location = 6) in vec2 label; // class or 255, state
uniform vec2 along_x;
uniform vec2 along_y;
uniform vec2 origin;
uniform vec2 size; // css px of the canvas
uniform float threshold;
uniform bool ringed;
uniform sampler2D table;
out vec2 place; // css px from the centre, along the cell's own axes
flat out vec2 radii;
flat out vec3 colour;
flat out int mark;
flat out int state;

void main() {
  state = int(label.y);
  int shown = int(label.x) == 255 ? int(cls) : int(label.x);
  vec4 known = texelFetch(table, ivec2(shown, 0), 0);
  bool hidden = texelFetch(table, ivec2(shown, 1), 0).r > 0.5 || (state == 0 && score < threshold);
  float scale = length(along_x);
  radii = ringed ? (vec2(w, h) * 0.5 + 2.0) * scale : vec2(3.5);
  vec2 reach = radii + 3.0;
  vec2 corner = vec2(float(gl_VertexID & 1), float(gl_VertexID >> 1)) * 2.0 - 1.0;
  place = corner * reach;
  vec2 turned = ringed ? place.x * along_x / scale + place.y * along_y / scale : place;
  vec2 at = origin + x * along_x + y * along_y + turned;
  colour = state == 3 ? vec3(0.333) : known.rgb;
  mark = state == 3 ? 6 : int(known.a * 255.0 + 0.5);
  gl_Position = hidden ? vec4(2.0, 2.0, 2.0, 1.0) : vec4(at.x / size.x * 2.0 - 1.0, 1.0 - at.y / size.y * 2.0, 0.0, 1.0);
}
`;

export const FRAGMENT = `#version 300 es
precision highp float;
precision highp int;
in vec2 place;
flat in vec2 radii;
flat in vec3 colour;
flat in int mark;
flat in int state;
uniform bool ringed;
uniform float opacity;
uniform float ratio; // device px a css px
out vec4 shown;

float box(vec2 p, vec2 half_size) {
  vec2 d = abs(p) - half_size;
  return max(d.x, d.y);
}

float inside(vec2 p) { // about the distance to the mark's edge, in its radii
  if (mark == 1) return box(p, vec2(0.8));
  if (mark == 2) return max(abs(p.x) * 0.88 + p.y * -0.5 - 0.43, p.y - 0.72);
  if (mark == 3) return (abs(p.x) + abs(p.y) - 1.0) * 0.71;
  if (mark == 4) return min(box(p, vec2(1.0, 0.32)), box(p, vec2(0.32, 1.0)));
  if (mark == 5) return box(p, vec2(1.0, 0.4));
  if (mark == 6) {
    vec2 q = vec2(p.x + p.y, p.x - p.y) * 0.71;
    return min(box(q, vec2(1.05, 0.28)), box(q, vec2(0.28, 1.05)));
  }
  if (mark == 7) return length(p) - (0.62 + 0.3 * cos(5.0 * atan(p.x, -p.y)));
  return length(p) - 0.85;
}

void main() {
  float ink;
  float halo;
  if (ringed) {
    vec2 unit = place / radii;
    float k = length(unit);
    float away = abs(k * (k - 1.0) / max(length(unit / radii), 1e-4));
    bool person = state == 1 || state == 2;
    float wide = person ? 1.2 : 0.8;
    float far = person ? 2.0 : 1.6;
    ink = clamp((wide - away) * ratio + 0.5, 0.0, 1.0);
    halo = 0.7 * clamp((far - away) * ratio + 0.5, 0.0, 1.0);
    if (state == 3 && fract(atan(unit.y, unit.x) * length(radii) * 0.118) > 0.5) ink = halo = 0.0;
    if (halo <= 0.0) discard;
    float both = ink + halo * (1.0 - ink);
    shown = vec4(mix(vec3(1.0), colour, ink / max(both, 1e-4)), 1.0) * both * opacity;
    return;
  }
  float d = inside(place / radii) * radii.x;
  halo = 0.95 * clamp((1.1 - d) * ratio + 0.5, 0.0, 1.0);
  if (halo <= 0.0) discard;
  float edge = 0.75 * clamp((0.45 - d) * ratio + 0.5, 0.0, 1.0);
  ink = clamp((0.0 - d) * ratio + 0.5, 0.0, 1.0);
  vec3 rgb = mix(mix(vec3(1.0), vec3(0.0), edge), colour, ink);
  shown = vec4(rgb, 1.0) * max(halo, ink) * opacity;
}
`;
