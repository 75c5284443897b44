import {
  Anchor,
  Badge,
  Box,
  Group,
  Paper,
  SimpleGrid,
  Stack,
  Table,
  Text,
  ThemeIcon,
  Title,
} from '@mantine/core'
import { IconAlertTriangle, IconCheck, IconCircleDashed } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { useMe } from '@/shell/me'
import { formatDay, formatNumber } from '@/ui/format'
import { Page } from '@/ui/page'
import { Loaded } from '@/ui/states'
import { MailMonth } from './mail-month'

const readOverview = () => call(client.GET('/api/v1/overview'))
export type Overview = Awaited<ReturnType<typeof readOverview>>

/** The first screen: what runs, what is stuck, thirty days of mail, and what waits for me. */
export function HomeScreen() {
  const me = useMe()
  const overview = useQuery({ queryKey: ['overview'], queryFn: readOverview, refetchInterval: 30_000 })
  return (
    <Page
      title={me.data ? `Hello, ${me.data.name}` : 'Home'}
      words="What runs, what is stuck, and what waits for you."
    >
      <Loaded query={overview} lines={12}>
        {data => (
          <Stack gap="lg">
            <SetUp steps={data.setUp} />
            <Stuck items={data.stuck} />
            <MailMonth days={data.days} />
            <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
              <Running items={data.running} contacts={data.contacts} />
              <Mine />
            </SimpleGrid>
          </Stack>
        )}
      </Loaded>
    </Page>
  )
}

const steps: Record<string, { words: string; to: string }> = {
  password: { words: 'Set a password, so that you need no link to come back', to: '/settings/account' },
  source: { words: 'Make a source, so that your website can send events', to: '/settings/sources' },
  events: { words: 'See the first page view or event arrive', to: '/settings/sources' },
  email: { words: 'Publish an email', to: '/emails' },
  workflow: { words: 'Publish a workflow', to: '/workflows' },
}

function SetUp({ steps: given }: { steps: Overview['setUp'] }) {
  const done = given.filter(step => step.done).length
  if (done === given.length) return null
  return (
    <Paper withBorder p="md">
      <Group justify="space-between" mb="sm">
        <Title order={2}>Set up</Title>
        <Text size="sm" c="dimmed">
          {done} of {given.length} done
        </Text>
      </Group>
      <Stack gap={6}>
        {given.map(step => (
          <Group key={step.key} gap="sm" wrap="nowrap">
            <ThemeIcon
              size={20}
              radius="xl"
              variant={step.done ? 'filled' : 'light'}
              color={step.done ? 'tend' : 'gray'}
              role="img"
              aria-label={step.done ? 'Done' : 'To do'}
            >
              {step.done ? <IconCheck size={14} /> : <IconCircleDashed size={14} />}
            </ThemeIcon>
            {step.done ? (
              <Text size="sm" c="dimmed" td="line-through">
                {steps[step.key]?.words ?? step.key}
              </Text>
            ) : (
              <Anchor component={Link} to={steps[step.key]?.to ?? '/'} size="sm">
                {steps[step.key]?.words ?? step.key}
              </Anchor>
            )}
          </Group>
        ))}
      </Stack>
    </Paper>
  )
}

function Stuck({ items }: { items: Overview['stuck'] }) {
  if (items.length === 0) {
    return (
      <Group gap="xs">
        <IconCheck size={18} color="var(--mantine-primary-color-filled)" aria-hidden />
        <Text size="sm">Nothing is stuck.</Text>
      </Group>
    )
  }
  return (
    <Paper withBorder p="md" style={{ borderColor: 'var(--mantine-color-red-filled)' }}>
      <Stack gap={6}>
        <Group gap="xs">
          <IconAlertTriangle size={18} color="var(--mantine-color-red-filled)" aria-hidden />
          <Title order={2}>Stuck</Title>
        </Group>
        {items.map(item => (
          <Anchor key={item.words} component={Link} to={item.where} size="sm">
            {item.words}
          </Anchor>
        ))}
      </Stack>
    </Paper>
  )
}

function Running({ items, contacts }: { items: Overview['running']; contacts: number }) {
  return (
    <Paper withBorder p="md">
      <Group justify="space-between" mb="sm">
        <Title order={2}>Running</Title>
        <Text size="sm" c="dimmed">
          about {formatNumber(contacts)} contacts
        </Text>
      </Group>
      {items.length === 0 ? (
        <Text size="sm" c="dimmed">
          No workflow is live. A workflow begins with an event - a download, a form, a crossed threshold - and
          does the rest.
        </Text>
      ) : (
        <Table>
          <Table.Tbody>
            {items.map(item => (
              <Table.Tr key={item.id}>
                <Table.Td>
                  <Anchor component={Link} to={`/workflows/${item.id}`} size="sm">
                    {item.name}
                  </Anchor>
                </Table.Td>
                <Table.Td ta="right" className="numbers">
                  {formatNumber(item.people)} in it
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Paper>
  )
}

function Mine() {
  const reviews = useQuery({
    queryKey: ['reviews', 'mine'],
    queryFn: () => call(client.GET('/api/v1/reviews', { params: { query: { mine: 'true' } } })),
  })
  return (
    <Paper withBorder p="md">
      <Title order={2} mb="sm">
        Waits for you
      </Title>
      <Loaded query={reviews} lines={3}>
        {data => {
          const due = data.items.slice(0, 6)
          return due.length === 0 ? (
            <Text size="sm" c="dimmed">
              You answer for nothing that is live. When you publish something, its review shows here.
            </Text>
          ) : (
            <Stack gap={6}>
              {due.map(item => (
                <Group key={`${item.kind}${item.id}`} justify="space-between" wrap="nowrap">
                  <Anchor component={Link} to={`/${item.kind}/${item.id}`} size="sm">
                    {item.name}
                  </Anchor>
                  {item.overdue ? (
                    <Badge color="red" leftSection={<IconAlertTriangle size={12} />}>
                      Review is due
                    </Badge>
                  ) : (
                    <Box>
                      <Text size="sm" c="dimmed">
                        review on {formatDay(item.reviewOn)}
                      </Text>
                    </Box>
                  )}
                </Group>
              ))}
            </Stack>
          )
        }}
      </Loaded>
    </Paper>
  )
}
