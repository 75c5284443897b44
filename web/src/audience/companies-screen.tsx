import { Anchor, Button, Group, Modal, Select, Stack, Table, TextInput, Tooltip } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconFilter, IconPlus, IconSearch } from '@tabler/icons-react'
import { useInfiniteQuery, useMutation } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { call, client } from '@/api/client'
import { useCreating } from '@/ui/create-dialog'
import { ExportButton } from '@/ui/export-button'
import { formatNumber, When } from '@/ui/format'
import { Empty, Page } from '@/ui/page'
import { ErrorNote, Waiting } from '@/ui/states'
import { CompaniesFilter } from './companies-filter'
import { useContactRights } from './contact'
import { readFilter } from './contacts-filter'

type Order = 'name' | 'people' | 'engaged' | 'score' | 'activity'
type Search = { q?: string; sort?: Order; people?: number; engaged?: boolean; filter?: string }
const orders: { value: Order; label: string }[] = [
  { value: 'name', label: 'By name' },
  { value: 'people', label: 'Most people' },
  { value: 'engaged', label: 'Most active people' },
  { value: 'score', label: 'Highest score' },
  { value: 'activity', label: 'Last activity' },
]

/** The companies that contacts work for: by name, with how many people are known there. */
export function CompaniesScreen() {
  const search = useSearch({ strict: false }) as Search
  const { q = '', sort = 'name', people, engaged } = search
  const filter = readFilter(search.filter)
  const [filtering, setFiltering] = useState(false)
  const go = useNavigate()
  const creating = useCreating()
  const { edit: reason } = useContactRights()
  const list = useInfiniteQuery({
    queryKey: ['companies', q, sort, people, engaged, search.filter],
    queryFn: ({ pageParam }) =>
      call(
        client.GET('/api/v1/companies', {
          params: {
            query: {
              limit: 50,
              sort,
              ...(q ? { q } : {}),
              ...(people ? { minPeople: people } : {}),
              ...(engaged ? { engagedOnly: 'true' } : {}),
              ...(filter ? { filter: JSON.stringify(filter) } : {}),
              ...(pageParam ? { cursor: pageParam } : {}),
            },
          },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: last => last.next ?? undefined,
  })
  /** All of it stands in the address, so that a list can be passed on. */
  const show = (change: Partial<Record<keyof Search, unknown>>) => {
    const next = Object.entries({ ...search, ...change }).filter(([, value]) => value)
    void go({ to: '/companies', search: Object.fromEntries(next) as never, replace: true })
  }
  const find = useDebouncedCallback((text: string) => show({ q: text.trim() }), 200)
  const isNarrowed = q !== '' || filter !== null || Boolean(people) || engaged === true
  const items = list.data?.pages.flatMap(page => page.items) ?? []
  const add = (
    <Tooltip label={reason} disabled={!reason}>
      <Button leftSection={<IconPlus size={16} />} disabled={reason !== null} onClick={creating.open}>
        New company
      </Button>
    </Tooltip>
  )
  return (
    <Page
      title="Companies"
      words="Whom people work for. “Group” events of your own systems make and change them too."
      actions={
        <>
          <ExportButton
            what={q ? `companies beginning with “${q}”` : 'all companies'}
            ask={{ kind: 'companies', ...(q ? { q } : {}) }}
          />
          {add}
        </>
      }
    >
      <Group gap="sm">
        <TextInput
          flex={1}
          maw={360}
          aria-label="Search companies"
          placeholder="Beginning of a name or domain"
          leftSection={<IconSearch size={16} />}
          defaultValue={q}
          onChange={event => find(event.currentTarget.value)}
        />
        <Select
          w={200}
          aria-label="Order"
          allowDeselect={false}
          data={orders}
          value={sort}
          onChange={next => show({ sort: next === 'name' ? undefined : next })}
        />
        <Button
          variant={people || engaged || filter ? 'light' : 'default'}
          leftSection={<IconFilter size={16} />}
          aria-expanded={filtering}
          onClick={() => setFiltering(!filtering)}
        >
          {people || engaged || filter ? 'Filtered' : 'Filter'}
        </Button>
      </Group>
      {filtering && (
        <CompaniesFilter
          key={JSON.stringify([people, engaged, search.filter])}
          value={{ ...(people ? { people } : {}), ...(engaged ? { engaged } : {}), filter }}
          onApply={({ filter: wanted, ...rest }) => {
            show({ people: rest.people, engaged: rest.engaged, filter: wanted && JSON.stringify(wanted) })
            setFiltering(false)
          }}
          onClose={() => setFiltering(false)}
        />
      )}
      {list.isPending && <Waiting />}
      {list.isError && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && items.length === 0 && (
        <Empty
          title={isNarrowed ? 'No company is like that' : 'No companies yet'}
          words="A company gathers the people who work there, with what your own systems say about it: plan, size, industry."
          {...(isNarrowed || reason
            ? {}
            : { action: { label: 'Add the first company', onClick: creating.open } })}
        />
      )}
      {items.length > 0 && (
        <Table.ScrollContainer minWidth={560}>
          <Table highlightOnHover verticalSpacing="xs" stickyHeader>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Company</Table.Th>
                <Table.Th>Domain</Table.Th>
                <Table.Th ta="right">People</Table.Th>
                <Table.Th ta="right" title="People who did something themselves in the last 30 days">
                  Active
                </Table.Th>
                <Table.Th ta="right">Score</Table.Th>
                <Table.Th>Last activity</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {items.map(company => (
                <Table.Tr key={company.id}>
                  <Table.Td>
                    <Anchor component={Link} to={`/companies/${company.id}`} size="sm" fw={600}>
                      {company.name}
                    </Anchor>
                  </Table.Td>
                  <Table.Td>{company.domain ?? '-'}</Table.Td>
                  <Table.Td ta="right" className="numbers">
                    {formatNumber(company.people)}
                  </Table.Td>
                  <Table.Td ta="right" className="numbers">
                    {formatNumber(company.engaged)}
                  </Table.Td>
                  <Table.Td ta="right" className="numbers">
                    {formatNumber(Math.round(company.scoreSum))}
                  </Table.Td>
                  <Table.Td>{company.lastActivity ? <When at={company.lastActivity} /> : '-'}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {list.hasNextPage && (
        <Group justify="center">
          <Button
            variant="default"
            loading={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
          >
            Show more
          </Button>
        </Group>
      )}
      <CreateCompany />
    </Page>
  )
}

function CreateCompany() {
  const { opened, close } = useCreating()
  const go = useNavigate()
  const [name, setName] = useState('')
  const [domain, setDomain] = useState('')
  const create = useMutation({
    mutationFn: () =>
      call(client.POST('/api/v1/companies', { body: { name: name.trim(), domain: domain.trim() || null } })),
    onSuccess: made => go({ to: `/companies/${made.id}` }),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    create.mutate()
  }
  return (
    <Modal opened={opened} onClose={close} title="New company">
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            label="Name"
            required
            data-autofocus
            value={name}
            onChange={event => setName(event.currentTarget.value)}
          />
          <TextInput
            label="Domain"
            placeholder="example.org"
            value={domain}
            onChange={event => setDomain(event.currentTarget.value)}
          />
          {create.isError && <ErrorNote error={create.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" loading={create.isPending} disabled={!name.trim()}>
              Create company
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
