/** Choices with the words that people know them by. */
export const choose = (...values: string[]) => values.map(value => ({ value, label: words[value] ?? value }))
const words: Record<string, string> = {
  start: 'Left',
  centre: 'Middle',
  end: 'Right',
  below: 'Below',
  none: 'None',
  small: 'Small',
  medium: 'Medium',
  large: 'Large',
  huge: 'Huge',
  normal: 'Normal',
  narrow: 'Narrow',
  half: 'Half',
  wide: 'Wide',
  full: 'Full',
  primary: 'Main button',
  secondary: 'Second button',
  link: 'Link',
  line: 'Line',
  space: 'Space',
  phone: 'Phone',
  tablet: 'Tablet',
  desktop: 'Desktop',
  never: 'Never',
  youtube: 'YouTube',
  vimeo: 'Vimeo',
  website: 'Website',
  article: 'Article',
}

export const colourNames = [
  { value: 'background', label: 'Background' },
  { value: 'surface', label: 'Surface' },
  { value: 'text', label: 'Text' },
  { value: 'muted', label: 'Muted' },
  { value: 'primary', label: 'Primary' },
  { value: 'on-primary', label: 'On primary' },
  { value: 'accent', label: 'Accent' },
  { value: 'on-accent', label: 'On accent' },
  { value: 'border', label: 'Border' },
] as const
/** Colours by name: what they look like says the brand kit. */
export const colours = [...colourNames]
