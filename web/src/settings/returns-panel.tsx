import { Alert, Anchor, Code, Group, Paper, Stack, Table, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { formatNumber, When } from '@/ui/format'
import { Loaded } from '@/ui/states'
import { NewsWebhooks } from './news-webhooks'
import { Copy } from './show-once'

const readStatus = () => call(client.GET('/api/v1/returns/status'))
type Status = Awaited<ReturnType<typeof readStatus>>

/** Bounces and complaints: where they come in, what came, and how a provider is told to send them. */
export function ReturnsPanel() {
  const status = useQuery({ queryKey: ['returns', 'status'], queryFn: readStatus, refetchInterval: 15_000 })
  return (
    <Paper withBorder p="md">
      <Loaded query={status} lines={4}>
        {data => (
          <Stack gap="md">
            <Title order={2}>What comes back</Title>
            <Listening status={data} />
            <Week status={data} />
            <NewsWebhooks />
          </Stack>
        )}
      </Loaded>
    </Paper>
  )
}

function Listening({ status }: { status: Status }) {
  return (
    <Stack gap={6}>
      {status.port === null ? (
        <Alert color="gray" title="Nothing listens for bounces by mail">
          <Text size="sm">
            Set <Code>TEND_BOUNCE_PORT</Code>, and let the MX record of <Code>{status.domain}</Code> lead
            there. Or have your provider tell by webhook, below.
          </Text>
        </Alert>
      ) : (
        <Text size="sm">
          Bounces are taken on port {status.port}. The MX record of <Code>{status.domain}</Code> must lead
          there.
        </Text>
      )}
      <Text size="sm">
        Every mail leaves with a return path of its own, <Code>{status.returnPath}</Code>; nobody can make one
        up.
      </Text>
      <Group gap="xs">
        <Text size="sm">Have feedback loops (complaints) and stray bounces sent to</Text>
        {status.reports.map(address => (
          <Group key={address} gap={6} wrap="nowrap">
            <Code>{address}</Code>
            <Copy text={address} />
          </Group>
        ))}
      </Group>
    </Stack>
  )
}

const kinds = [
  { key: 'hard', label: 'bounced for good', words: 'the address is written to no more' },
  { key: 'soft', label: 'bounced for now', words: 'after three in 30 days the address is given up' },
  { key: 'block', label: 'refused as unwanted', words: 'about us or the content; counts for the breakers' },
  { key: 'complaint', label: 'reported as spam', words: 'consent withdrawn, never written to again' },
  { key: 'auto-reply', label: 'automatic answers', words: 'change nothing' },
] as const

function Week({ status }: { status: Status }) {
  return (
    <Stack gap={6}>
      <Text size="sm" fw={600}>
        The last seven days
        {status.lastAt && (
          <>
            {' '}
            · last one <When at={status.lastAt} />
          </>
        )}
      </Text>
      <Table withRowBorders={false} verticalSpacing={3}>
        <Table.Tbody>
          {kinds.map(kind => (
            <Table.Tr key={kind.key}>
              <Table.Td w={70} ta="right" className="numbers">
                {formatNumber(status.week[kind.key])}
              </Table.Td>
              <Table.Td>
                {kind.label}{' '}
                <Text span size="sm" c="dimmed">
                  · {kind.words}
                </Text>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {status.parked > 0 && (
        <Text size="sm">
          {status.parked} returned {status.parked === 1 ? 'mail' : 'mails'} could not be read and are kept for
          a week.
        </Text>
      )}
      <Anchor component={Link} to="/deliveries" search={{ came: 'bounced' } as never} size="sm">
        See what bounced
      </Anchor>
    </Stack>
  )
}
