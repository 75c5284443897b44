import type { BrandKit } from './style.ts'

/** Relative luminance, WCAG 2.2. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map(at => {
    const c = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

/** Contrast of two colours, 1 to 21 (WCAG 2.2, 1.4.3). */
function contrast(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (high + 0.05) / (low + 0.05)
}

const pairs = [
  ['text', 'background'],
  ['text', 'surface'],
  ['muted', 'background'],
  ['muted', 'surface'],
  ['primary', 'background'],
  ['primary', 'surface'],
  ['on-primary', 'primary'],
  ['on-accent', 'accent'],
] as const

/** Pairs of colours that stand on each other and are too alike to be read by everybody (below 4.5:1). */
export function weakPairs(kit: BrandKit): { path: string; message: string }[] {
  return pairs.flatMap(([front, back]) => {
    const ratio = contrast(kit.colours[front], kit.colours[back])
    if (ratio >= 4.5) return []
    const shown = (Math.floor(ratio * 10) / 10).toFixed(1)
    return [
      { path: `kit.colours.${front}`, message: `has a contrast of ${shown}:1 to ${back}; 4.5:1 is needed` },
    ]
  })
}
