import {
  Anchor,
  Badge,
  Box,
  Button,
  Code,
  Grid,
  Group,
  Paper,
  Stack,
  Table,
  Tabs,
  Text,
  TextInput,
  Title,
  UnstyledButton,
} from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconDownload, IconMail, IconSearch, IconWebhook } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { When } from '@/ui/format'
import { Empty, Page } from '@/ui/page'
import { ErrorNote, Loaded, Waiting } from '@/ui/states'
import { EmailFrame } from './email-frame'

/** What the sandbox "sent": a list on the left, the letter on the right; its links work. */
export function MailboxScreen() {
  const { id, to = '' } = useSearch({ strict: false }) as { id?: string; to?: string }
  const go = useNavigate()
  const list = useInfiniteQuery({
    queryKey: ['mailbox', to],
    queryFn: ({ pageParam }) =>
      call(
        client.GET('/api/v1/sandbox/mailbox', {
          params: {
            query: { limit: 50, ...(to ? { to } : {}), ...(pageParam ? { cursor: pageParam } : {}) },
          },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: last => last.next ?? undefined,
    refetchInterval: 10_000,
  })
  const search = useDebouncedCallback(
    (text: string) => void go({ to: '/mailbox', search: text ? { to: text } : {}, replace: true }),
    300,
  )
  const items = list.data?.pages.flatMap(page => page.items) ?? []
  const chosen = id ?? items[0]?.id
  const open = (letter: string) => void go({ to: '/mailbox', search: { ...(to ? { to } : {}), id: letter } })
  return (
    <Page
      title="Mailbox"
      words="In the sandbox nothing reaches anybody: what would have been sent is here. Opens and clicks count as if the person had made them."
    >
      {list.isError && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <Waiting />}
      {list.isSuccess && items.length === 0 && !to && (
        <Empty
          title="No mail yet"
          words="Publish a workflow that writes to somebody, send an event, and move the clock in the bar above: the mail shows up here within a second."
        />
      )}
      {(items.length > 0 || to) && (
        <Grid gap="md">
          <Grid.Col span={{ base: 12, md: 4 }}>
            <Stack gap="xs">
              <TextInput
                aria-label="To"
                placeholder="Only to this address"
                leftSection={<IconSearch size={16} />}
                defaultValue={to}
                onChange={event => search(event.currentTarget.value)}
              />
              {items.length === 0 && (
                <Text size="sm" c="dimmed">
                  Nothing was sent to this address.
                </Text>
              )}
              <Stack gap={4}>
                {items.map(letter => (
                  <UnstyledButton
                    key={letter.id}
                    onClick={() => open(letter.id)}
                    aria-current={letter.id === chosen}
                    p="sm"
                    style={{
                      borderRadius: 8,
                      border: '1px solid var(--tend-line)',
                      background: letter.id === chosen ? 'var(--mantine-primary-color-light)' : undefined,
                    }}
                  >
                    <Group gap={6} justify="space-between" wrap="nowrap">
                      <Text size="sm" truncate>
                        {letter.to}
                      </Text>
                      <When at={letter.at} size="xs" />
                    </Group>
                    <Group gap={6} wrap="nowrap">
                      {letter.channel === 'email' ? (
                        <IconMail size={14} aria-label="Email" />
                      ) : (
                        <IconWebhook size={14} aria-label="Webhook" />
                      )}
                      <Text size="sm" fw={600} truncate>
                        {letter.subject || '(no subject)'}
                      </Text>
                    </Group>
                  </UnstyledButton>
                ))}
              </Stack>
              {list.hasNextPage && (
                <Button
                  variant="default"
                  loading={list.isFetchingNextPage}
                  onClick={() => void list.fetchNextPage()}
                >
                  Show older
                </Button>
              )}
            </Stack>
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 8 }}>{chosen && <Letter key={chosen} id={chosen} />}</Grid.Col>
        </Grid>
      )}
    </Page>
  )
}

function Letter({ id }: { id: string }) {
  const letter = useQuery({
    queryKey: ['letter', id],
    queryFn: () => call(client.GET('/api/v1/sandbox/mailbox/{id}', { params: { path: { id } } })),
  })
  return (
    <Paper withBorder p="md">
      <Loaded query={letter}>
        {data => (
          <Stack gap="md">
            <Box>
              <Title order={2}>{data.subject || '(no subject)'}</Title>
              <Text size="sm" c="dimmed">
                From {data.from} to{' '}
                <Anchor component={Link} to={`/contacts/${data.contactId}`} size="sm" underline="always">
                  {data.to}
                </Anchor>
                , <When at={data.at} />
              </Text>
              {data.also && <Badge mt={4}>also left by {data.also}</Badge>}
            </Box>
            <Tabs defaultValue={data.previewUrl ? 'html' : 'text'} keepMounted={false}>
              <Tabs.List>
                {data.previewUrl && <Tabs.Tab value="html">As seen</Tabs.Tab>}
                <Tabs.Tab value="text">Text</Tabs.Tab>
                <Tabs.Tab value="links">Links ({data.links.length})</Tabs.Tab>
                <Tabs.Tab value="headers">Headers</Tabs.Tab>
                <Tabs.Tab value="source">Source</Tabs.Tab>
              </Tabs.List>
              {data.previewUrl && (
                <Tabs.Panel value="html" pt="md">
                  <EmailFrame url={data.previewUrl} title={`The mail “${data.subject}”`} height={620} />
                </Tabs.Panel>
              )}
              <Tabs.Panel value="text" pt="md">
                <Text size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
                  {data.text}
                </Text>
              </Tabs.Panel>
              <Tabs.Panel value="links" pt="md">
                <Stack gap="xs">
                  {data.links.length === 0 && (
                    <Text size="sm" c="dimmed">
                      It holds no links.
                    </Text>
                  )}
                  {data.links.map(link => (
                    <Box key={link.url}>
                      <Anchor href={link.url} target="_blank" rel="noopener noreferrer" size="sm">
                        {link.label || 'A link without words'}
                      </Anchor>
                      <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
                        {link.url}
                      </Text>
                    </Box>
                  ))}
                </Stack>
              </Tabs.Panel>
              <Tabs.Panel value="headers" pt="md">
                <Table.ScrollContainer minWidth={400}>
                  <Table>
                    <Table.Tbody>
                      {data.headers.map((header, at) => (
                        // biome-ignore lint/suspicious/noArrayIndexKey: headers may repeat and never move
                        <Table.Tr key={at}>
                          <Table.Td style={{ verticalAlign: 'top', whiteSpace: 'nowrap' }}>
                            <Text size="sm" fw={600}>
                              {header.name}
                            </Text>
                          </Table.Td>
                          <Table.Td style={{ overflowWrap: 'anywhere' }}>
                            <Text size="sm">{header.value}</Text>
                          </Table.Td>
                        </Table.Tr>
                      ))}
                    </Table.Tbody>
                  </Table>
                </Table.ScrollContainer>
              </Tabs.Panel>
              <Tabs.Panel value="source" pt="md">
                <Group mb="xs">
                  <Button
                    component="a"
                    href={`/api/v1/sandbox/mailbox/${id}/source`}
                    variant="default"
                    size="compact-sm"
                    leftSection={<IconDownload size={14} />}
                  >
                    Download byte by byte
                  </Button>
                </Group>
                <Code block mah={560} style={{ overflow: 'auto' }} tabIndex={0}>
                  {data.source}
                </Code>
              </Tabs.Panel>
            </Tabs>
          </Stack>
        )}
      </Loaded>
    </Paper>
  )
}
