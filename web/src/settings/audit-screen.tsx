import { Alert, Button, Group, Text } from '@mantine/core'
import { IconDownload, IconShieldCheck } from '@tabler/icons-react'
import { useInfiniteQuery, useMutation } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { Empty, Page } from '@/ui/page'
import { ErrorNote, Waiting } from '@/ui/states'
import { AuditFilters, type AuditSearch, queryOf } from './audit-filters'
import { AuditTable } from './audit-table'
import { useIsAdmin } from './roles'

/** Who changed what, and the proof that nobody has touched up the record. */
export function AuditScreen() {
  const mayRead = useIsAdmin()
  const search = useSearch({ strict: false }) as AuditSearch
  const go = useNavigate()
  const query = queryOf(search)
  const list = useInfiniteQuery({
    queryKey: ['audit', query],
    queryFn: ({ pageParam }) =>
      call(
        client.GET('/api/v1/audit', {
          params: { query: { ...query, limit: 50, ...(pageParam ? { cursor: pageParam } : {}) } },
        }),
      ),
    initialPageParam: '',
    getNextPageParam: last => last.next ?? undefined,
    enabled: mayRead,
  })
  const set = (change: AuditSearch) =>
    void go({
      to: '.',
      search: Object.fromEntries(
        Object.entries({ ...search, ...change }).filter(([, value]) => value),
      ) as never,
      replace: true,
    })
  const items = list.data?.pages.flatMap(page => page.items) ?? []
  const csv = `/api/v1/audit/csv?${new URLSearchParams(query)}`
  return (
    <Page
      title="Audit log"
      words="Who changed what, newest first. Rows are chained: altering, removing or moving one is found."
      actions={
        mayRead && (
          <>
            <ChainCheck />
            <Button component="a" href={csv} variant="default" leftSection={<IconDownload size={16} />}>
              CSV
            </Button>
          </>
        )
      }
    >
      {!mayRead && <Text size="sm">Only owners and admins read the audit.</Text>}
      {mayRead && (
        <>
          <AuditFilters value={search} onChange={set} />
          {list.isPending && <Waiting />}
          {list.isError && <ErrorNote error={list.error} onRetry={() => void list.refetch()} />}
          {list.data && items.length === 0 && (
            <Empty title="Nothing like that" words="No change fits these filters. Widen them to see more." />
          )}
          {items.length > 0 && <AuditTable items={items} onActor={actor => set({ actor })} />}
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
        </>
      )}
    </Page>
  )
}

function ChainCheck() {
  const check = useMutation({ mutationFn: () => call(client.GET('/api/v1/audit/check')) })
  if (check.data)
    return (
      <Alert color={check.data.sound ? 'tend' : 'red'} py={6} role="status">
        {check.data.sound
          ? 'The chain is unbroken.'
          : `Row ${check.data.brokenAt} does not fit: it was altered, removed or moved.`}
      </Alert>
    )
  return (
    <Button
      variant="default"
      leftSection={<IconShieldCheck size={16} />}
      loading={check.isPending}
      onClick={() => check.mutate()}
    >
      Check the chain
    </Button>
  )
}
