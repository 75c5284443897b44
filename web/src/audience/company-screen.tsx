import {
  Anchor,
  Badge,
  Button,
  Group,
  Paper,
  SimpleGrid,
  Stack,
  Table,
  Text,
  TextInput,
  Title,
  Tooltip,
} from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { type FormEvent, type ReactNode, useState } from 'react'
import { call, client } from '@/api/client'
import { formatNumber, personName, When } from '@/ui/format'
import { Page } from '@/ui/page'
import { ErrorNote, Loaded, LoadedScreen, Waiting } from '@/ui/states'
import { useContactRights } from './contact'
import { readContacts } from './contacts-table'

const readCompany = (id: string) => call(client.GET('/api/v1/companies/{id}', { params: { path: { id } } }))
type Company = Awaited<ReturnType<typeof readCompany>>

/** One company: what is known about it, and the people who work there. */
export function CompanyScreen() {
  const { id } = useParams({ strict: false }) as { id: string }
  const company = useQuery({ queryKey: ['company', id], queryFn: () => readCompany(id) })
  return (
    <LoadedScreen query={company} lines={10}>
      {data => (
        <Page title={data.name} words={<CompanyLine company={data} />}>
          <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="lg">
            <Stack gap="lg">
              <Standing id={data.id} />
              <Profile key={data.version} company={data} />
              <Attributes attrs={data.attrs} />
            </Stack>
            <People id={data.id} />
          </SimpleGrid>
        </Page>
      )}
    </LoadedScreen>
  )
}

/** How the company stands at this moment, counted from its people. */
function Standing({ id }: { id: string }) {
  const standing = useQuery({
    queryKey: ['company', id, 'standing'],
    queryFn: () => call(client.GET('/api/v1/companies/{id}/standing', { params: { path: { id } } })),
  })
  return (
    <Paper withBorder p="md" component="section" aria-label="How it stands">
      <Loaded query={standing} lines={2}>
        {now => (
          <SimpleGrid cols={{ base: 2, xs: 4 }}>
            <Figure label="People" value={formatNumber(now.people)} />
            <Figure label="Active in 30 days" value={formatNumber(now.engaged)} />
            <Figure
              label={now.model ? `Score: ${now.model}` : 'Score'}
              value={formatNumber(Math.round(now.scoreSum))}
              words={`${now.scoreAverage.toFixed(1)} a person`}
            />
            <Figure
              label="Last activity"
              value={now.lastActivity ? <When at={now.lastActivity} /> : 'none'}
            />
          </SimpleGrid>
        )}
      </Loaded>
    </Paper>
  )
}

function Figure({ label, value, words }: { label: string; value: ReactNode; words?: string }) {
  return (
    <div>
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      <Text component="div" fw={600} fz={18} className="numbers">
        {value}
      </Text>
      {words && (
        <Text size="xs" c="dimmed">
          {words}
        </Text>
      )}
    </div>
  )
}

function CompanyLine({ company }: { company: Company }) {
  return (
    <>
      {company.domain ? `${company.domain} · ` : ''}
      {formatNumber(company.people)} {company.people === 1 ? 'person' : 'people'} · added{' '}
      <When at={company.createdAt} />
    </>
  )
}

function Profile({ company }: { company: Company }) {
  const queries = useQueryClient()
  const { edit: reason } = useContactRights()
  const [name, setName] = useState(company.name)
  const [domain, setDomain] = useState(company.domain ?? '')
  const isChanged = name.trim() !== company.name || domain.trim() !== (company.domain ?? '')
  const save = useMutation({
    mutationFn: () =>
      call(
        client.PATCH('/api/v1/companies/{id}', {
          params: { path: { id: company.id } },
          body: { version: company.version, name: name.trim(), domain: domain.trim() || null },
        }),
      ),
    onSuccess: saved => {
      queries.setQueryData(['company', company.id], saved)
      notifications.show({ message: 'Saved.' })
      return queries.invalidateQueries({ queryKey: ['companies'] })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate()
  }
  return (
    <Paper withBorder p="md" component="section" aria-label="Profile">
      <form onSubmit={submit}>
        <Stack gap="sm">
          <Title order={2}>Profile</Title>
          <TextInput
            label="Name"
            required
            disabled={reason !== null}
            value={name}
            onChange={event => setName(event.currentTarget.value)}
          />
          <TextInput
            label="Domain"
            placeholder="example.org"
            disabled={reason !== null}
            value={domain}
            onChange={event => setDomain(event.currentTarget.value)}
          />
          {company.externalId && (
            <Text size="sm" c="dimmed">
              Called {company.externalId} in your own systems.
            </Text>
          )}
          {save.isError && <ErrorNote error={save.error} />}
          <Group>
            <Tooltip label={reason} disabled={!reason}>
              <Button
                type="submit"
                loading={save.isPending}
                disabled={reason !== null || !isChanged || !name.trim()}
              >
                Save the profile
              </Button>
            </Tooltip>
          </Group>
        </Stack>
      </form>
    </Paper>
  )
}

const shown = (value: unknown) =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value)

function Attributes({ attrs }: { attrs: Record<string, unknown> }) {
  const entries = Object.entries(attrs)
  return (
    <Paper withBorder p="md" component="section" aria-label="What your systems say">
      <Title order={2} mb="sm">
        What your systems say
      </Title>
      {entries.length === 0 && (
        <Text size="sm" c="dimmed">
          Nothing yet. Traits of “group” events show here.
        </Text>
      )}
      {entries.length > 0 && (
        <Table>
          <Table.Tbody>
            {entries.map(([key, value]) => (
              <Table.Tr key={key}>
                <Table.Th scope="row" w="40%" fw={500}>
                  {key}
                </Table.Th>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>{shown(value)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Paper>
  )
}

function People({ id }: { id: string }) {
  const filter = JSON.stringify({ all: [{ type: 'field', field: 'company_id', op: 'is', value: id }] })
  const list = useInfiniteQuery({
    queryKey: ['contacts', 'of-company', id],
    queryFn: ({ pageParam, signal }) =>
      readContacts({ limit: 25, sort: 'name', filter, ...(pageParam ? { cursor: pageParam } : {}) }, signal),
    initialPageParam: '',
    getNextPageParam: last => last.next ?? undefined,
  })
  const people = list.data?.pages.flatMap(page => page.items) ?? []
  return (
    <Paper withBorder p="md" component="section" aria-label="People">
      <Group justify="space-between" mb="sm">
        <Title order={2}>People</Title>
        <Anchor component={Link} to="/contacts" search={{ filter } as never} size="sm">
          Show them in the list of contacts
        </Anchor>
      </Group>
      {list.isPending && <Waiting lines={5} />}
      {list.isError && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && people.length === 0 && (
        <Text size="sm" c="dimmed">
          Nobody is known to work here.
        </Text>
      )}
      <Stack gap={8}>
        {people.map(person => (
          <Group key={person.id} justify="space-between" wrap="nowrap" gap="sm">
            <div style={{ minWidth: 0 }}>
              <Anchor component={Link} to={`/contacts/${person.id}`} size="sm" fw={600}>
                {personName(person)}
              </Anchor>
              <Text size="sm" c="dimmed" truncate>
                {[person.jobTitle, person.email].filter(Boolean).join(' · ')}
              </Text>
            </div>
            <Badge color="gray" c="var(--mantine-color-text)">
              {person.stage}
            </Badge>
          </Group>
        ))}
        {list.hasNextPage && (
          <Button
            variant="default"
            loading={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
          >
            Show more
          </Button>
        )}
      </Stack>
    </Paper>
  )
}
