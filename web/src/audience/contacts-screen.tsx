import { Badge, Button, Group, TextInput, Tooltip } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconFilter, IconPlus, IconSearch } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { call, client } from '@/api/client'
import { countConditions } from '@/decisions/filter'
import { useCreating } from '@/ui/create-dialog'
import { ExportButton } from '@/ui/export-button'
import { formatNumber } from '@/ui/format'
import { Empty, Page } from '@/ui/page'
import { ErrorNote, Waiting } from '@/ui/states'
import { useContactRights } from './contact'
import { ContactCreate } from './contact-create'
import { ContactsBulk } from './contacts-bulk'
import { ColumnChoice, type Sort, useColumns } from './contacts-columns'
import { ContactsFilter, readFilter } from './contacts-filter'
import { Pager, type Search } from './contacts-pager'
import { ContactsTable, readContacts } from './contacts-table'
import { ContactsViews, type View } from './contacts-views'

const pageSize = 50

/** Everybody we know, page by page: search, filter, order and page stand in the address. */
export function ContactsScreen() {
  const search = useSearch({ strict: false }) as Search
  const { q = '', filter: filterText, sort = 'created', after } = search
  const filter = readFilter(filterText)
  const go = useNavigate()
  const creating = useCreating()
  const rights = useContactRights()
  const columns = useColumns()
  const [filtering, setFiltering] = useState(false)
  const [chosen, setChosen] = useState(new Set<string>())
  const estimate = useQuery({
    queryKey: ['contacts', 'estimate'],
    queryFn: () => call(client.GET('/api/v1/contacts/estimate')),
    staleTime: 60_000,
  })
  const list = useQuery({
    queryKey: ['contacts', 'list', q, filterText, sort, after],
    queryFn: ({ signal }) =>
      readContacts(
        {
          limit: pageSize,
          sort,
          ...(q ? { q } : {}),
          ...(filter ? { filter: JSON.stringify(filter) } : {}),
          ...(after ? { cursor: after } : {}),
        },
        signal,
      ),
    placeholderData: keepPreviousData,
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page or question means other contacts
  useEffect(() => setChosen(new Set()), [q, filterText, sort, after])
  /** A new question begins on the first page. */
  const ask = (change: Search) => {
    const next = { ...search, ...change, after: undefined }
    void go({
      to: '/contacts',
      search: Object.fromEntries(Object.entries(next).filter(([, value]) => value)),
      replace: true,
    })
  }
  const open = (view: View) => {
    const { filter: kept, columns: keys, sort: order } = view.definition
    if (keys.length > 0) columns.choose(keys)
    void go({
      to: '/contacts',
      search: {
        view: view.id,
        ...(kept ? { filter: JSON.stringify(kept) } : {}),
        ...(order ? { sort: order as Sort } : {}),
      },
    })
  }
  const find = useDebouncedCallback((text: string) => ask({ q: text.trim() }), 200)
  const rows = list.data?.items ?? []
  const isAsking = q !== '' || filter !== null
  const about = estimate.data
    ? `About ${formatNumber(estimate.data.count)} people, known or still visitors.`
    : 'People, known or still visitors.'
  return (
    <Page
      title="Contacts"
      words={about}
      actions={
        <>
          <ExportButton
            what={isAsking ? 'the contacts shown' : 'all contacts'}
            ask={{ kind: 'contacts', ...(q ? { q } : {}), ...(filter ? { filter: filter as never } : {}) }}
          />
          <Tooltip label={rights.edit} disabled={!rights.edit}>
            <Button
              leftSection={<IconPlus size={16} />}
              disabled={rights.edit !== null}
              onClick={creating.open}
            >
              New contact
            </Button>
          </Tooltip>
        </>
      }
    >
      <Group gap="xs">
        <TextInput
          flex={1}
          maw={360}
          miw={180}
          aria-label="Search contacts"
          placeholder="Beginning of a name or address"
          leftSection={<IconSearch size={16} />}
          defaultValue={q}
          onChange={event => find(event.currentTarget.value)}
        />
        <Button
          variant={filter ? 'light' : 'default'}
          leftSection={<IconFilter size={16} />}
          rightSection={
            filter && (
              <Badge size="sm" variant="filled">
                {countConditions(filter)}
              </Badge>
            )
          }
          aria-expanded={filtering}
          onClick={() => setFiltering(!filtering)}
        >
          Filter
        </Button>
        <ContactsViews
          current={search.view}
          shown={{ filter, columns: columns.shown.map(column => column.key), sort }}
          onOpen={open}
        />
        {filter && (
          <Button variant="subtle" onClick={() => ask({ filter: '' })}>
            Clear filter
          </Button>
        )}
        <Group ml="auto">
          <ColumnChoice {...columns} />
        </Group>
      </Group>
      {filtering && (
        <ContactsFilter
          key={filterText}
          value={filter}
          onClose={() => setFiltering(false)}
          onApply={next => {
            ask({ filter: next ? JSON.stringify(next) : '' })
            setFiltering(false)
          }}
        />
      )}
      {list.isPending && <Waiting lines={12} />}
      {list.isError && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && rows.length === 0 && isAsking && (
        <Empty
          title="Nobody fits"
          words={
            q
              ? `No name or address begins with “${q}”${filter ? ' among those the filter lets through' : ''}.`
              : 'Nobody fits these conditions at the moment.'
          }
          action={{ label: 'Show everybody', onClick: () => void go({ to: '/contacts', search: {} }) }}
        />
      )}
      {list.isSuccess && rows.length === 0 && !isAsking && (
        <Empty
          title="No contacts yet"
          words="Contacts come by themselves when your website or your servers send events, from a file under Imports, or by hand. Visitors become known when they say who they are."
          {...(rights.edit ? {} : { action: { label: 'Add the first contact', onClick: creating.open } })}
        />
      )}
      {rows.length > 0 && (
        <ContactsTable
          rows={rows}
          columns={columns.shown}
          sort={sort}
          onSort={next => ask({ sort: next })}
          chosen={chosen}
          onChoose={setChosen}
        />
      )}
      {(after || list.data?.next) && (
        <Pager
          next={list.data?.next ?? null}
          isFirst={!after}
          busy={list.isPlaceholderData}
          search={search}
        />
      )}
      {chosen.size > 0 && (
        <ContactsBulk
          ids={[...chosen]}
          filter={filter}
          isSearching={q !== ''}
          onDone={() => setChosen(new Set())}
        />
      )}
      <ContactCreate opened={creating.opened} onClose={creating.close} />
    </Page>
  )
}
