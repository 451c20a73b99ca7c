/** Brightness, contrast, gamma and white balance of what is shown: numbers to an SVG filter, no tile fetched again. */

export interface Picture {
  /** Added, as a share of full white. */
  brightness: number;
  /** Factor around middle grey. */
  contrast: number;
  gamma: number;
  /** Factors of red, green and blue. */
  balance: readonly [number, number, number];
}

export const AS_IT_IS: Picture = { brightness: 0, contrast: 1, gamma: 1, balance: [1, 1, 1] };

export function isChanged(p: Picture): boolean {
  return p.brightness !== 0 || p.contrast !== 1 || p.gamma !== 1 || p.balance.some((b) => b !== 1);
}

/** The 5 × 4 matrix of feColorMatrix: balance, then contrast around 0.5, then brightness. */
export function matrix({ brightness, contrast, balance }: Picture): string {
  const offset = 0.5 - 0.5 * contrast + brightness;
  const [r, g, b] = balance.map((v) => round(v * contrast)) as [number, number, number];
  const o = round(offset);
  return `${r} 0 0 0 ${o} 0 ${g} 0 0 ${o} 0 0 ${b} 0 ${o} 0 0 0 1 0`;
}

/** Factors that make a colour (0-255) of empty glass neutral, the brightest channel kept; null where it is too dark. */
export function balanceFor(rgb: readonly [number, number, number]): [number, number, number] | null {
  const most = Math.max(...rgb);
  if (most < 80 || Math.min(...rgb) < 30) return null;
  return rgb.map((v) => Math.min(3, most / v)) as [number, number, number];
}

const round = (v: number) => Math.round(v * 1e4) / 1e4;
