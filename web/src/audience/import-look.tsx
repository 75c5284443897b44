import { Box, Group, Select, Switch, Table, Text, Title } from '@mantine/core'
import { ErrorNote } from '@/ui/states'
import { type Dialect, type Import, useImportChange } from './import-data'

const encodings = [
  { value: 'utf-8', label: 'UTF-8' },
  { value: 'utf-16le', label: 'UTF-16, little endian' },
  { value: 'utf-16be', label: 'UTF-16, big endian' },
  { value: 'windows-1252', label: 'Windows-1252 (Western European)' },
]
const delimiters = [
  { value: ',', label: 'Comma' },
  { value: ';', label: 'Semicolon' },
  { value: '\t', label: 'Tab' },
  { value: '|', label: 'Bar' },
]

/** How the file is written, as it was recognised; changed here, it is read anew. */
export function ImportDialect({ found }: { found: Import }) {
  const change = useImportChange(found.id)
  const { dialect } = found
  if (!dialect) return null
  const set = (part: Partial<Dialect>) => change.mutate({ dialect: { ...dialect, ...part } })
  return (
    <>
      <Group gap="md" align="flex-end">
        <Select
          label="Encoding"
          w={310}
          allowDeselect={false}
          disabled={change.isPending}
          data={encodings}
          value={dialect.encoding}
          onChange={value => set({ encoding: value as Dialect['encoding'] })}
        />
        <Select
          label="Between the columns"
          w={180}
          allowDeselect={false}
          disabled={change.isPending}
          data={delimiters}
          value={dialect.delimiter}
          onChange={value => set({ delimiter: value as Dialect['delimiter'] })}
        />
        <Switch
          pb={8}
          label="The first row names the columns"
          checked={dialect.header}
          disabled={change.isPending}
          onChange={event => set({ header: event.currentTarget.checked })}
        />
      </Group>
      {change.isError && <ErrorNote error={change.error} />}
    </>
  )
}

/** The first ten rows as they were read: broken letters or merged columns show here. */
export function ImportPreview({ found }: { found: Import }) {
  const rows = found.preview ?? []
  if (rows.length === 0) return null
  return (
    <Box>
      <Title order={2} size="h3" mb="xs">
        The first {rows.length === 1 ? 'row' : `${rows.length} rows`}
      </Title>
      <Table.ScrollContainer minWidth={500} mah={360}>
        <Table verticalSpacing={6} fz="sm" striped withTableBorder>
          <Table.Thead>
            <Table.Tr>
              {found.columns?.map((column, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: columns stand where they stand in the file
                <Table.Th key={i} style={{ whiteSpace: 'nowrap' }}>
                  {column.name}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((cells, r) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows stand where they stand in the file
              <Table.Tr key={r}>
                {found.columns?.map((_, i) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: so do cells
                  <Table.Td key={i} maw={240}>
                    <Text size="sm" truncate>
                      {cells[i] ?? ''}
                    </Text>
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Box>
  )
}
