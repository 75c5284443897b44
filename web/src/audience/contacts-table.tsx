import { Anchor, Box, Checkbox, Group, Table, Text, UnstyledButton } from '@mantine/core'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { personName } from '@/ui/format'
import type { Column, Sort } from './contacts-columns'

type Asking = { q?: string; filter?: string; sort: Sort; cursor?: string; limit: number }
const readPart = (query: Asking, signal: AbortSignal) =>
  call(client.GET('/api/v1/contacts', { params: { query }, signal }))
export type Row = Awaited<ReturnType<typeof readPart>>['items'][number]

/** A whole page: where few match, it takes several answers to find them. */
export async function readContacts(
  asking: Asking,
  signal: AbortSignal,
): Promise<{ items: Row[]; next: string | null }> {
  const items: Row[] = []
  let cursor = asking.cursor
  for (;;) {
    const limit = asking.limit - items.length
    const part = await readPart({ ...asking, limit, ...(cursor ? { cursor } : {}) }, signal)
    items.push(...part.items)
    if (part.next === null || items.length >= asking.limit) return { items, next: part.next }
    cursor = part.next
  }
}

type Props = {
  rows: Row[]
  columns: Column[]
  sort: Sort
  onSort(sort: Sort): void
  chosen: Set<string>
  onChoose(chosen: Set<string>): void
}

/** One page of contacts; the name is the way to the contact. */
export function ContactsTable({ rows, columns, sort, onSort, chosen, onChoose }: Props) {
  const isAll = rows.every(row => chosen.has(row.id))
  const toggle = (id: string) => {
    const next = new Set(chosen)
    if (!next.delete(id)) next.add(id)
    onChoose(next)
  }
  return (
    <Box mah={{ base: 'none', sm: 'calc(100dvh - 344px)' }} mih={240} style={{ overflow: 'auto' }}>
      <Table highlightOnHover verticalSpacing={6} stickyHeader miw={200 + columns.length * 130}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={36}>
              <Checkbox
                size="xs"
                aria-label="Choose all on this page"
                checked={isAll}
                indeterminate={!isAll && chosen.size > 0}
                onChange={() => onChoose(isAll ? new Set() : new Set(rows.map(row => row.id)))}
              />
            </Table.Th>
            <Head title="Name" by="name" sort={sort} onSort={onSort} />
            {columns.map(column => (
              <Head key={column.key} title={column.title} by={column.sort} sort={sort} onSort={onSort} />
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(row => (
            <Table.Tr key={row.id} bg={chosen.has(row.id) ? 'var(--mantine-primary-color-light)' : undefined}>
              <Table.Td>
                <Checkbox
                  size="xs"
                  aria-label={`Choose ${personName(row)}`}
                  checked={chosen.has(row.id)}
                  onChange={() => toggle(row.id)}
                />
              </Table.Td>
              <Table.Td maw={260}>
                <Anchor
                  component={Link}
                  to={`/contacts/${row.id}`}
                  size="sm"
                  fw={600}
                  truncate
                  display="block"
                >
                  {personName(row)}
                </Anchor>
              </Table.Td>
              {columns.map(column => (
                <Table.Td key={column.key} maw={260}>
                  <Text size="sm" truncate component="div">
                    {column.show(row)}
                  </Text>
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Box>
  )
}

/** Each order has the one direction in which its index runs. */
const ways: Record<Sort, 'ascending' | 'descending'> = {
  name: 'ascending',
  email: 'ascending',
  created: 'descending',
  updated: 'descending',
}

function Head({
  title,
  by,
  sort,
  onSort,
}: {
  title: string
  by: Sort | undefined
  sort: Sort
  onSort(sort: Sort): void
}) {
  if (!by) return <Table.Th>{title}</Table.Th>
  const isSorted = by === sort
  const Icon = ways[by] === 'ascending' ? IconArrowUp : IconArrowDown
  return (
    <Table.Th aria-sort={isSorted ? ways[by] : 'none'}>
      <UnstyledButton
        onClick={() => onSort(by)}
        fw="inherit"
        fz="inherit"
        title={`Sort by ${title.toLowerCase()}`}
      >
        <Group gap={4} wrap="nowrap" component="span">
          {title}
          <Icon size={14} aria-hidden style={{ opacity: isSorted ? 1 : 0.25 }} />
        </Group>
      </UnstyledButton>
    </Table.Th>
  )
}
