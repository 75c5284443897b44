import {
  Anchor,
  Badge,
  Button,
  Group,
  Modal,
  Paper,
  Progress,
  SimpleGrid,
  Stack,
  Table,
  Text,
  Title,
} from '@mantine/core'
import { IconRefresh } from '@tabler/icons-react'
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { useContactRights } from '@/audience/contact'
import { formatNumber, personName, When } from '@/ui/format'
import { Empty, Page } from '@/ui/page'
import { ErrorNote, Loaded, Waiting } from '@/ui/states'
import { BulkChanges } from './bulk-changes'

const readQuality = () => call(client.GET('/api/v1/data-quality'))
type Quality = Awaited<ReturnType<typeof readQuality>>
type Finding = Quality['findings'][number]['name']

const findingWords: Record<Finding, [string, string]> = {
  no_address: ['No address', 'Nothing can be sent to them.'],
  invalid_address: ['Address that cannot work', 'Malformed, or a known slip such as gmial.com.'],
  disposable_address: ['Throw-away address', 'A mailbox for ten minutes: nobody reads there tomorrow.'],
  no_consent: ['No word about consent', 'Neither yes nor no to marketing is on record.'],
  no_name: ['No name', 'Greetings fall back to general words.'],
}

/** What is missing or wrong in the data, in numbers with the contacts behind each. */
export function QualityScreen() {
  const queries = useQueryClient()
  const rights = useContactRights()
  const [shown, setShown] = useState<Finding | null>(null)
  const quality = useQuery({
    queryKey: ['quality'],
    queryFn: readQuality,
    refetchInterval: query => (query.state.data?.jobId ? 1_000 : false),
  })
  const count = useMutation({
    mutationFn: () => call(client.POST('/api/v1/data-quality/count')),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['quality'] }),
  })
  const refresh = (
    <Button
      variant="default"
      leftSection={<IconRefresh size={16} />}
      loading={count.isPending || Boolean(quality.data?.jobId)}
      disabled={rights.build !== null}
      title={rights.build ?? undefined}
      onClick={() => count.mutate()}
    >
      Count again
    </Button>
  )
  return (
    <Page
      title="Data quality"
      words={
        quality.data?.countedAt ? (
          <>
            {formatNumber(quality.data.total)} contacts, counted <When at={quality.data.countedAt} />
          </>
        ) : (
          'What is missing or wrong in the data.'
        )
      }
      actions={refresh}
    >
      <Loaded query={quality}>
        {data =>
          data.countedAt === null ? (
            <Empty
              title="Not counted yet"
              words="Every night all contacts are looked over. It can be done right now, too."
              {...(rights.build ? {} : { action: { label: 'Count now', onClick: () => count.mutate() } })}
            />
          ) : (
            <Stack gap="lg">
              <Findings data={data} onShow={setShown} />
              <Fields data={data} />
            </Stack>
          )
        }
      </Loaded>
      <BulkChanges />
      {shown && <Behind finding={shown} onClose={() => setShown(null)} />}
    </Page>
  )
}

function Findings({ data, onShow }: { data: Quality; onShow(finding: Finding): void }) {
  const share = (count: number) => (data.total === 0 ? 0 : (100 * count) / data.total)
  return (
    <SimpleGrid cols={{ base: 1, xs: 2, lg: 3 }}>
      <Paper withBorder p="md" component="section" aria-label="Duplicates">
        <Text size="sm" fw={600}>
          Possible duplicates
        </Text>
        <Anchor component={Link} to="/duplicates" fz={24} fw={600} className="numbers">
          {data.duplicates === null ? 'Look' : formatNumber(data.duplicates)}
        </Anchor>
        <Text size="sm" c="dimmed">
          Pairs of records that may be one person.
        </Text>
      </Paper>
      {data.findings.map(({ name, count }) => {
        const [title, words] = findingWords[name]
        return (
          <Paper key={name} withBorder p="md" component="section" aria-label={title}>
            <Text size="sm" fw={600}>
              {title}
            </Text>
            {count === 0 ? (
              <Text fz={24} fw={600} className="numbers">
                0
              </Text>
            ) : (
              <Anchor component="button" fz={24} fw={600} className="numbers" onClick={() => onShow(name)}>
                {formatNumber(count)}
              </Anchor>
            )}
            <Text size="sm" c="dimmed">
              {share(count).toFixed(share(count) < 10 ? 1 : 0)}% of all. {words}
            </Text>
          </Paper>
        )
      })}
    </SimpleGrid>
  )
}

const shownAtFirst = 20

function Fields({ data }: { data: Quality }) {
  const [isAll, setAll] = useState(false)
  const fields = [...data.fields].sort((a, b) => a.filled - b.filled)
  const empty = fields.filter(field => field.filled === 0)
  const rows = isAll ? fields : fields.slice(0, shownAtFirst)
  return (
    <Paper withBorder p="md" component="section" aria-label="Fields">
      <Group justify="space-between" mb="sm">
        <Title order={2}>Fields, the emptiest first</Title>
        <Text size="sm" c="dimmed">
          {formatNumber(empty.length)} of {formatNumber(fields.length)} hold nothing at all
        </Text>
      </Group>
      <Table.ScrollContainer minWidth={480}>
        <Table verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Field</Table.Th>
              <Table.Th>Type</Table.Th>
              <Table.Th w="35%">Filled</Table.Th>
              <Table.Th ta="right">Contacts</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map(field => {
              const share = data.total === 0 ? 0 : (100 * field.filled) / data.total
              const filter = JSON.stringify({ all: [{ type: 'field', field: field.key, op: 'is_set' }] })
              return (
                <Table.Tr key={field.key}>
                  <Table.Td>
                    {field.label}{' '}
                    {field.filled === 0 && (
                      <Badge size="xs" color="yellow" c="var(--mantine-color-text)">
                        unused
                      </Badge>
                    )}
                  </Table.Td>
                  <Table.Td>{field.custom ? field.type : 'built in'}</Table.Td>
                  <Table.Td>
                    <Progress value={share} aria-label={`${field.label}: ${share.toFixed(0)}% filled`} />
                  </Table.Td>
                  <Table.Td ta="right" className="numbers">
                    <Anchor component={Link} to="/contacts" search={{ filter } as never} size="sm">
                      {formatNumber(field.filled)}
                    </Anchor>
                  </Table.Td>
                </Table.Tr>
              )
            })}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {fields.length > shownAtFirst && (
        <Button variant="subtle" size="compact-sm" mt="xs" onClick={() => setAll(!isAll)}>
          {isAll ? 'Show only the emptiest' : `Show all ${formatNumber(fields.length)}`}
        </Button>
      )}
    </Paper>
  )
}

/** The contacts behind a number. */
function Behind({ finding, onClose }: { finding: Finding; onClose(): void }) {
  const list = useInfiniteQuery({
    queryKey: ['quality', 'behind', finding],
    queryFn: ({ pageParam }) =>
      call(
        client.GET('/api/v1/data-quality/{finding}/contacts', {
          params: { path: { finding }, query: { limit: 50, ...(pageParam ? { cursor: pageParam } : {}) } },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: last => last.next ?? undefined,
  })
  const people = list.data?.pages.flatMap(page => page.items) ?? []
  return (
    <Modal opened onClose={onClose} size="lg" title={findingWords[finding][0]}>
      {list.isPending && <Waiting />}
      {list.isError && <ErrorNote error={list.error} />}
      <Stack gap={6}>
        {people.map(person => (
          <Group key={person.id} justify="space-between">
            <Anchor component={Link} to={`/contacts/${person.id}`} size="sm">
              {personName(person)}
            </Anchor>
            <Text size="sm" c="dimmed">
              {person.email ?? 'no address'}
            </Text>
          </Group>
        ))}
        {list.isSuccess && people.length === 0 && <Text size="sm">Nobody any more.</Text>}
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
    </Modal>
  )
}
