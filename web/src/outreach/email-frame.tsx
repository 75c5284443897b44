import { Box } from '@mantine/core'

/** User HTML is shown only from the street's origin, in a frame that may run nothing and reach nothing of ours. */
export function EmailFrame({
  url,
  title,
  width = '100%',
  height = 560,
}: {
  url: string
  title: string
  width?: number | string
  height?: number
}) {
  return (
    <Box
      style={{
        border: '1px solid var(--tend-line)',
        borderRadius: 8,
        overflow: 'hidden',
        background: '#fff',
        width,
        maxWidth: '100%',
        margin: '0 auto',
      }}
    >
      <iframe
        src={url}
        title={title}
        sandbox="allow-popups allow-popups-to-escape-sandbox"
        style={{ border: 0, width: '100%', height, display: 'block' }}
      />
    </Box>
  )
}
