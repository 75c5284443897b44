import { Button, Group, Table, Tooltip } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { type InfiniteData, type UseInfiniteQueryResult, useInfiniteQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useEditReason } from '@/shell/me'
import { useCreating } from '@/ui/create-dialog'
import { formatDay, When } from '@/ui/format'
import { ErrorNote, Waiting } from '@/ui/states'
import { Status } from '@/ui/status'
import { OwnerName } from '@/ui/steward'

type PageOf<T> = { items: T[]; next: string | null }
export type List<T> = { query: UseInfiniteQueryResult<InfiniteData<PageOf<T>>>; items: T[] }

/** A list that is read page by page, again every `everyMs`; `key` names it with everything that it is filtered by. */
export function useList<T>(
  key: readonly unknown[],
  readPage: (page: { limit: number; cursor?: string }) => Promise<PageOf<T>>,
  everyMs?: number,
): List<T> {
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => readPage({ limit: 50, ...(pageParam ? { cursor: pageParam } : {}) }),
    initialPageParam: '',
    getNextPageParam: (last: PageOf<T>) => last.next ?? undefined,
    ...(everyMs ? { refetchInterval: everyMs } : {}),
  })
  return { query, items: query.data?.pages.flatMap(page => page.items) ?? [] }
}

export type Column<T> = { title: string; isNumber?: boolean; maw?: number; cell(item: T): ReactNode }

/** The list in each of its states: waiting, failed, empty (with what it is for), or a table that can be continued. */
export function ListTable<T extends { id: string }>(props: {
  list: List<T>
  columns: Column<T>[]
  minWidth: number
  empty: ReactNode
}) {
  const { query, items } = props.list
  if (query.isPending) return <Waiting />
  if (query.isError) return <ErrorNote error={query.error} onRetry={() => void query.refetch()} />
  if (items.length === 0) return <>{props.empty}</>
  return (
    <>
      <PlainTable items={items} columns={props.columns} minWidth={props.minWidth} />
      {query.hasNextPage && (
        <Group justify="center">
          <Button
            variant="default"
            loading={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            Show more
          </Button>
        </Group>
      )}
    </>
  )
}

export function PlainTable<T extends { id: string }>(props: {
  items: T[]
  columns: Column<T>[]
  minWidth: number
}) {
  return (
    <Table.ScrollContainer minWidth={props.minWidth}>
      <Table highlightOnHover verticalSpacing="sm" stickyHeader>
        <Table.Thead>
          <Table.Tr>
            {props.columns.map(column => (
              <Table.Th key={column.title} {...(column.isNumber ? { ta: 'right' } : {})}>
                {column.title}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {props.items.map(item => (
            <Table.Tr key={item.id}>
              {props.columns.map(column => (
                <Table.Td
                  key={column.title}
                  {...(column.isNumber ? { ta: 'right', className: 'numbers' } : {})}
                  {...(column.maw ? { maw: column.maw } : {})}
                >
                  {column.cell(item)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

type Definition = {
  status: 'draft' | 'live' | 'paused' | 'archived'
  ownerId: string | null
  reviewOn: string | null
  updatedAt: string
}

export const statusColumn: Column<Pick<Definition, 'status'>> = {
  title: 'State',
  cell: item => <Status status={item.status} />,
}
export const ownerColumn: Column<Pick<Definition, 'ownerId'>> = {
  title: 'Owner',
  cell: item => <OwnerName id={item.ownerId} />,
}
export const reviewColumn: Column<Pick<Definition, 'reviewOn'>> = {
  title: 'Review',
  cell: item => (item.reviewOn ? formatDay(item.reviewOn) : '-'),
}
export const changedColumn: Column<Pick<Definition, 'updatedAt'>> = {
  title: 'Changed',
  cell: item => <When at={item.updatedAt} />,
}

/** Opens the dialog that makes a new one; who may not is told why. */
export function CreateButton({ noun }: { noun: string }) {
  const creating = useCreating()
  const reason = useEditReason()
  return (
    <Tooltip label={reason} disabled={!reason}>
      <Button leftSection={<IconPlus size={16} />} onClick={creating.open} disabled={reason !== null}>
        New {noun}
      </Button>
    </Tooltip>
  )
}

/** The one action of an empty list, for those who may do it. */
export function useFirst(label: string): { action?: { label: string; onClick(): void } } {
  const creating = useCreating()
  const reason = useEditReason()
  return reason === null ? { action: { label, onClick: creating.open } } : {}
}
