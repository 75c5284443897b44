import { Anchor, Box, Button, Group, Paper, Table, Text, Title, UnstyledButton } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconDownload } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { formatValue, type Metric, MetricName } from '@/ui/metric'
import type { Table as ReportTableData } from './report'

type Cell = string | number | null

/** A table of a report: sortable, each name with its meaning, the first number with a bar, and a file of it. */
export function ReportTable(props: {
  table: ReportTableData
  metrics: Map<string, Metric>
  csvUrl: string
  sort: string | undefined
  onSort(sort: string): void
  onPick?: ((row: { key: string; name: string }) => void) | undefined
}) {
  const { table, metrics, onPick } = props
  const [sortKey, direction] = (props.sort ?? '').split('.')
  const column = table.columns.findIndex(each => each.key === sortKey)
  const rows = column < 0 ? table.rows : [...table.rows].sort(byCell(column, direction === 'up'))
  const most = Math.max(1, ...table.rows.map(row => Number(row.cells[1] ?? 0)))
  return (
    <Paper withBorder p="md">
      <Group justify="space-between" mb="xs">
        <Title order={2}>{table.title}</Title>
        <Button
          component="a"
          href={props.csvUrl}
          download
          size="compact-sm"
          variant="default"
          leftSection={<IconDownload size={14} aria-hidden />}
        >
          Download CSV
        </Button>
      </Group>
      {table.rows.length === 0 ? (
        <Text size="sm" c="dimmed" py="md">
          Nothing to show for these days.
        </Text>
      ) : (
        <Table.ScrollContainer minWidth={Math.min(1100, 220 + table.columns.length * 88)}>
          <Table highlightOnHover>
            <Table.Thead>
              <Table.Tr>
                {table.columns.map((each, index) => {
                  const metric = metrics.get(each.metric ?? '')
                  const isSorted = each.key === sortKey
                  return (
                    <Table.Th
                      key={each.key}
                      ta={index === 0 ? 'left' : 'right'}
                      aria-sort={isSorted ? (direction === 'up' ? 'ascending' : 'descending') : 'none'}
                    >
                      <Group gap={4} wrap="nowrap" justify={index === 0 ? 'flex-start' : 'flex-end'}>
                        {metric ? (
                          <MetricName metric={metric} size="xs" />
                        ) : (
                          <Text span size="xs">
                            {each.name}
                          </Text>
                        )}
                        <UnstyledButton
                          aria-label={`Sort by ${each.name}`}
                          onClick={() =>
                            props.onSort(`${each.key}.${isSorted && direction === 'down' ? 'up' : 'down'}`)
                          }
                          style={{ display: 'inline-flex', opacity: isSorted ? 1 : 0.45 }}
                        >
                          {isSorted && direction === 'up' ? (
                            <IconArrowUp size={13} />
                          ) : (
                            <IconArrowDown size={13} />
                          )}
                        </UnstyledButton>
                      </Group>
                    </Table.Th>
                  )
                })}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map(row => (
                <Table.Tr key={row.key}>
                  {row.cells.map((cell, index) => (
                    <Table.Td
                      key={table.columns[index]?.key}
                      ta={index === 0 ? 'left' : 'right'}
                      className={index === 0 ? undefined : 'numbers'}
                      style={index === 0 ? { minWidth: 180, maxWidth: 320 } : undefined}
                    >
                      {index === 0 ? (
                        <Name row={row} onPick={onPick} />
                      ) : index === 1 ? (
                        <Group gap={8} wrap="nowrap" justify="flex-end">
                          <Box
                            aria-hidden
                            style={{
                              width: 64,
                              height: 6,
                              borderRadius: 3,
                              background: 'var(--tend-line)',
                              flex: 'none',
                            }}
                          >
                            <Box
                              style={{
                                width: `${(100 * Number(cell ?? 0)) / most}%`,
                                height: '100%',
                                borderRadius: 3,
                                background: 'var(--mantine-primary-color-filled)',
                              }}
                            />
                          </Box>
                          {shown(cell, table.columns[index]?.unit)}
                        </Group>
                      ) : (
                        shown(cell, table.columns[index]?.unit)
                      )}
                    </Table.Td>
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {table.cut && (
        <Text size="sm" c="dimmed" mt="xs">
          The first {table.rows.length} are shown. A filter or fewer days show the rest.
        </Text>
      )}
    </Paper>
  )
}

const shown = (cell: Cell, unit: string | undefined) =>
  typeof cell === 'number' || cell === null ? formatValue(cell, unit ?? 'count') : cell

function byCell(column: number, isUp: boolean) {
  return (a: { cells: Cell[] }, b: { cells: Cell[] }) => {
    const [x, y] = [a.cells[column] ?? null, b.cells[column] ?? null]
    // What has no value comes last, whichever way.
    if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1
    const order = typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y))
    return isUp ? order : -order
  }
}

function Name(props: {
  row: ReportTableData['rows'][number]
  onPick?: ((row: { key: string; name: string }) => void) | undefined
}) {
  const { row, onPick } = props
  const name = String(row.cells[0] ?? '')
  if (onPick) {
    return (
      <Anchor
        component="button"
        type="button"
        size="sm"
        ta="left"
        onClick={() => onPick({ key: row.key, name })}
      >
        {name}
      </Anchor>
    )
  }
  if (row.link) {
    return (
      <Anchor component={Link} to={row.link} size="sm">
        {name}
      </Anchor>
    )
  }
  return (
    <Text size="sm" truncate title={name}>
      {name}
    </Text>
  )
}
