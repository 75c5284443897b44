import { Button, Group, Select, Stack, Table, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { useEditReason } from '@/shell/me'
import { ErrorNote } from '@/ui/states'
import { type ColumnMap, type Import, useImportChange } from './import-data'
import { ImportDialect, ImportPreview } from './import-look'
import { builtIn, choiceOf, formats, keyOf, types } from './import-targets'

/** Where each column goes: guessed first, decided here. */
export function ImportMap({ found, onNext }: { found: Import; onNext(): void }) {
  const reason = useEditReason()
  const [mapping, setMapping] = useState(found.mapping ?? [])
  const change = useImportChange(found.id)
  const fields = useQuery({ queryKey: ['fields'], queryFn: () => call(client.GET('/api/v1/fields')) })
  const custom = (fields.data?.items ?? []).filter(field => field.archivedAt === null)
  const typeOf = (map: ColumnMap) =>
    map.create?.type ?? custom.find(field => `attrs.${field.key}` === map.to)?.type
  const set = (index: number, map: ColumnMap) =>
    setMapping(mapping.map((old, i) => (i === index ? map : old)))
  const choose = (index: number, name: string, choice: string) => {
    if (choice === 'new') set(index, { to: `attrs.${keyOf(name)}`, create: { label: name, type: 'text' } })
    else set(index, { to: choice === '' ? null : choice })
  }
  const taken = mapping.map(map => map.to)
  const hasAddress = taken.includes('email')
  const twice = taken.find((to, i) => to !== null && taken.indexOf(to) !== i)
  const data = [
    { group: 'Every contact has', items: builtIn.map(([value, label]) => ({ value, label })) },
    {
      group: 'Custom fields',
      items: custom.map(field => ({ value: `attrs.${field.key}`, label: field.label })),
    },
    { group: 'Or', items: [{ value: 'new', label: 'A new custom field' }] },
  ]
  const problem = !hasAddress
    ? 'Say which column holds the email address.'
    : twice
      ? 'Two columns go to the same field.'
      : null
  return (
    <Stack gap="lg">
      <ImportDialect found={found} />
      <Table.ScrollContainer minWidth={900}>
        <Table verticalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Column</Table.Th>
              <Table.Th>First values</Table.Th>
              <Table.Th w={280}>Goes to</Table.Th>
              <Table.Th w={330}>As</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {mapping.map((map, i) => {
              const column = found.columns?.[i]
              const name = column?.name ?? `Column ${i + 1}`
              return (
                // biome-ignore lint/suspicious/noArrayIndexKey: columns stand where they stand in the file
                <Table.Tr key={i}>
                  <Table.Td maw={220}>
                    <Text size="sm" fw={600} truncate>
                      {name}
                    </Text>
                  </Table.Td>
                  <Table.Td maw={280}>
                    <Text size="sm" c="dimmed" truncate>
                      {column?.samples.join(' · ') || 'empty'}
                    </Text>
                  </Table.Td>
                  <Table.Td>
                    <Select
                      aria-label={`Where the column ${name} goes`}
                      placeholder="Leave out"
                      clearable
                      searchable
                      data={data}
                      value={choiceOf(map) || null}
                      onChange={choice => choose(i, name, choice ?? '')}
                    />
                  </Table.Td>
                  <Table.Td>
                    <As name={name} map={map} type={typeOf(map)} onChange={next => set(i, next)} />
                  </Table.Td>
                </Table.Tr>
              )
            })}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <ImportPreview found={found} />
      {change.isError && <ErrorNote error={change.error} />}
      <Group justify="flex-end">
        {(reason ?? problem) && (
          <Text size="sm" c="dimmed">
            {reason ?? problem}
          </Text>
        )}
        <Button
          loading={change.isPending}
          disabled={reason !== null || problem !== null}
          onClick={() => change.mutate({ mapping }, { onSuccess: onNext })}
        >
          On to the options
        </Button>
      </Group>
    </Stack>
  )
}

type AsProps = { name: string; map: ColumnMap; type: string | undefined; onChange(map: ColumnMap): void }

/** The type of a new field, and how dates and numbers are written. */
function As({ name, map, type, onChange }: AsProps) {
  const choices = type === 'date' || type === 'number' ? formats[type] : null
  return (
    <Stack gap={4}>
      {map.create && (
        <Group gap={4} wrap="nowrap">
          <TextInput
            aria-label={`Name of the new field for ${name}`}
            value={map.create.label}
            onChange={event => {
              const label = event.currentTarget.value
              onChange({ ...map, create: { type: map.create?.type ?? 'text', label } })
            }}
          />
          <Select
            aria-label={`Type of the new field for ${name}`}
            w={120}
            style={{ flex: 'none' }}
            allowDeselect={false}
            data={types}
            value={map.create.type}
            onChange={value =>
              onChange({
                to: map.to,
                create: { label: map.create?.label ?? name, type: (value ?? 'text') as 'text' },
              })
            }
          />
        </Group>
      )}
      {choices && (
        <Select
          aria-label={`How values of ${name} are written`}
          allowDeselect={false}
          data={choices}
          value={map.format ?? ''}
          onChange={value => {
            const { format: _, ...rest } = map
            onChange(value ? { ...rest, format: value as 'dmy' } : rest)
          }}
        />
      )}
    </Stack>
  )
}
