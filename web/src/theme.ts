import { createTheme, type MantineColorsTuple, rem } from '@mantine/core'

/** The one accent: a green that keeps 4.5:1 on white as text and under white text as a button. */
const tend: MantineColorsTuple = [
  '#e9f7f1',
  '#d3ede2',
  '#a6dbc5',
  '#74c8a5',
  '#4bb88a',
  '#2ba877',
  '#15845b',
  '#0f6b4f',
  '#0b5740',
  '#074331',
]

export const theme = createTheme({
  primaryColor: 'tend',
  primaryShade: { light: 7, dark: 6 },
  colors: { tend },
  fontFamily: 'Inter, ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
  headings: {
    fontWeight: '650',
    sizes: {
      h1: { fontSize: rem(24), lineHeight: '32px' },
      h2: { fontSize: rem(18), lineHeight: '28px' },
      h3: { fontSize: rem(15), lineHeight: '24px' },
    },
  },
  defaultRadius: 'md',
  cursorType: 'pointer',
  autoContrast: true,
  // Below this white words have 4.5:1 on a filled button, above it black ones do.
  luminanceThreshold: 0.18,
  spacing: { xs: rem(8), sm: rem(12), md: rem(16), lg: rem(24), xl: rem(32) },
  components: {
    Button: { defaultProps: { size: 'sm' } },
    TextInput: { defaultProps: { size: 'sm' } },
    Select: { defaultProps: { size: 'sm', comboboxProps: { shadow: 'md' } } },
    Table: { defaultProps: { horizontalSpacing: 'sm' } },
    NavLink: { styles: { root: { paddingBlock: 6 } } },
    Alert: { styles: { label: { color: 'var(--mantine-color-text)' } } },
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 300 } },
    Badge: {
      defaultProps: { variant: 'light', radius: 'sm' },
      styles: { root: { textTransform: 'none', flexShrink: 0 }, label: { overflow: 'visible' } },
    },
    Modal: {
      defaultProps: {
        centered: true,
        overlayProps: { backgroundOpacity: 0.4 },
        closeButtonProps: { 'aria-label': 'Close' },
      },
    },
    Notification: { defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } },
    Drawer: {
      defaultProps: { overlayProps: { backgroundOpacity: 0.4 }, closeButtonProps: { 'aria-label': 'Close' } },
    },
  },
})
