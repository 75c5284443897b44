import { Code, Group, Stack, Text } from '@mantine/core'
import { Copy } from './show-once'

/** The street stands beside the office: same host, its own port or name. */
function streetUrl(): string {
  const meta = document.querySelector('meta[name="tend-street"]')?.getAttribute('content')
  if (meta) return meta
  const { protocol, hostname, port } = window.location
  return `${protocol}//${hostname}${port ? `:${Number(port) + 1}` : ''}`
}

/** What to put where, ready to copy. */
export function Snippets({
  writeKey,
  type,
  needsConsent = false,
}: {
  writeKey: string
  type: 'server' | 'browser'
  needsConsent?: boolean
}) {
  const street = streetUrl()
  const page = `<script async src="${street}/tend.js" data-key="${writeKey}"${needsConsent ? ' data-consent="required"' : ''}></script>`
  const server = `import { Analytics } from '@segment/analytics-node'

const analytics = new Analytics({ writeKey: '${writeKey}', host: '${street}', path: '/v1/batch' })
analytics.track({ userId: 'ann', event: 'Whitepaper Downloaded' })`
  const text = type === 'browser' ? page : server
  return (
    <Stack gap={6}>
      <Group justify="space-between">
        <Text size="sm">
          {type === 'browser' ? 'Into the head of every page:' : 'With Segment’s own library for Node:'}
        </Text>
        <Copy text={text} />
      </Group>
      <Code block>{text}</Code>
      {needsConsent && (
        <Text size="sm" c="dimmed">
          The page calls <Code>tend.consent('granted')</Code> when the visitor agrees, and{' '}
          <Code>tend.consent('denied')</Code> when he takes it back.
        </Text>
      )}
    </Stack>
  )
}
