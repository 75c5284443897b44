import { ActionIcon, Badge, Button, Group, Select, Table, Text, Tooltip } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import {
  type CrmSchema,
  type FieldMap,
  type ObjectMap,
  type Rule,
  ruleWords,
  shownValue,
  spoken,
} from './crm'
import type { Values } from './mapping-tab'
import { asItIs, TranslationDialog, translationWords } from './mapping-translation'

type Props = {
  object: ObjectMap
  schema: CrmSchema
  disabled: boolean
  /** Of the contact that was chosen to look at. */
  values: Values | null
  onChange(object: ObjectMap): void
}

const ruleOptions = Object.entries(ruleWords).map(([value, { arrow, label }]) => ({
  value,
  label: `${arrow}  ${label}`,
}))

/** One row per pair of fields: ours, the rule, theirs; and, for one contact, what stands on both sides. */
export function MappingFields({ object, schema, disabled, values, onChange }: Props) {
  const ours = schema.locals.find(each => each.kind === object.kind)?.fields ?? []
  const theirs = schema.schema?.objects.find(each => each.type === object.remote)?.fields ?? []
  const [translated, setTranslated] = useState<number | null>(null)
  const open = translated === null ? undefined : object.fields[translated]
  const set = (at: number, change: Partial<FieldMap>) =>
    onChange({ ...object, fields: object.fields.map((old, i) => (i === at ? { ...old, ...change } : old)) })
  const ourOptions = (kept: string) =>
    options(
      ours.map(field => ({ value: field.name, label: field.label })),
      kept,
    )
  const theirOptions = (kept: string) =>
    options(
      theirs.map(field => ({
        value: field.name,
        label: field.label === field.name ? field.name : `${field.label} (${field.name})`,
      })),
      kept,
    )
  return (
    <>
      <Table.ScrollContainer minWidth={values ? 1200 : 940}>
        <Table verticalSpacing={6} stickyHeader>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Tend</Table.Th>
              {values && <Table.Th>here now</Table.Th>}
              <Table.Th w={210}>Who decides</Table.Th>
              {values && <Table.Th>there last</Table.Th>}
              <Table.Th>CRM</Table.Th>
              <Table.Th w={150}>Values</Table.Th>
              <Table.Th w={165}>Empty values</Table.Th>
              <Table.Th w={40} aria-label="Remove" />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {object.fields.map((field, at) => {
              const remote = theirs.find(each => each.name === field.remote)
              const value = values?.get(field.local)
              return (
                // biome-ignore lint/suspicious/noArrayIndexKey: the same field may stand in two rows while it is edited
                <Table.Tr key={at}>
                  <Table.Td>
                    <Select
                      aria-label={`Field of Tend, row ${at + 1}`}
                      size="xs"
                      searchable
                      allowDeselect={false}
                      disabled={disabled}
                      data={ourOptions(field.local)}
                      value={field.local}
                      onChange={local => local && set(at, { local })}
                    />
                  </Table.Td>
                  {values && <Cell value={value?.ours} />}
                  <Table.Td>
                    <Tooltip label={ruleWords[field.rule].words} multiline maw={280}>
                      <Select
                        aria-label={`Who decides about ${spoken(field.local)}`}
                        size="xs"
                        allowDeselect={false}
                        disabled={disabled}
                        data={ruleOptions}
                        value={field.rule}
                        onChange={rule => rule && set(at, { rule: rule as Rule })}
                      />
                    </Tooltip>
                  </Table.Td>
                  {values && <Cell value={value?.theirs} />}
                  <Table.Td>
                    <Group gap={6} wrap="nowrap">
                      <Select
                        aria-label={`Field of the CRM, row ${at + 1}`}
                        size="xs"
                        style={{ flex: 1 }}
                        searchable
                        allowDeselect={false}
                        disabled={disabled}
                        data={theirOptions(field.remote)}
                        value={field.remote}
                        onChange={next => next && set(at, { remote: next })}
                      />
                      {remote?.readOnly && <Note words="read only" />}
                      {remote?.required && <Note words="required" />}
                    </Group>
                  </Table.Td>
                  <Table.Td>
                    <Button
                      size="xs"
                      fullWidth
                      fw={400}
                      px="xs"
                      justify="flex-start"
                      variant="default"
                      c={translationWords(field) === asItIs ? 'dimmed' : undefined}
                      aria-label={`Values of ${spoken(field.local)}: ${translationWords(field)}`}
                      onClick={() => setTranslated(at)}
                    >
                      {translationWords(field)}
                    </Button>
                  </Table.Td>
                  <Table.Td>
                    <Select
                      aria-label={`Empty values of ${spoken(field.local)}`}
                      size="xs"
                      allowDeselect={false}
                      disabled={disabled || field.rule === 'none'}
                      data={[
                        { value: 'clear', label: 'empty the other' },
                        { value: 'keep', label: 'change nothing' },
                      ]}
                      value={field.blank}
                      onChange={blank => set(at, { blank: blank === 'keep' ? 'keep' : 'clear' })}
                    />
                  </Table.Td>
                  <Table.Td>
                    <ActionIcon
                      variant="subtle"
                      color="gray"
                      aria-label={`Remove the row ${spoken(field.local)}`}
                      disabled={disabled}
                      onClick={() =>
                        onChange({ ...object, fields: object.fields.filter((_, i) => i !== at) })
                      }
                    >
                      <IconTrash size={16} />
                    </ActionIcon>
                  </Table.Td>
                </Table.Tr>
              )
            })}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {translated !== null && open && (
        <TranslationDialog
          field={open}
          remote={theirs.find(each => each.name === open.remote)}
          disabled={disabled}
          onClose={() => setTranslated(null)}
          onChange={change => set(translated, change)}
        />
      )}
      <Group>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<IconPlus size={14} />}
          disabled={disabled || ours.length === 0 || theirs.length === 0}
          onClick={() => onChange({ ...object, fields: [...object.fields, freshRow(object, ours, theirs)] })}
        >
          Map another field
        </Button>
      </Group>
    </>
  )
}

/** Fields that are gone stay visible: what is mapped to nothing must be seen. */
function options(all: { value: string; label: string }[], kept: string) {
  return all.some(each => each.value === kept)
    ? all
    : [...all, { value: kept, label: `${kept} (not there any more)` }]
}

function freshRow(object: ObjectMap, ours: { name: string }[], theirs: { name: string }[]): FieldMap {
  const used = new Set(object.fields.map(field => field.local))
  const local = ours.find(field => !used.has(field.name)) ?? ours[0]
  const taken = new Set(object.fields.map(field => field.remote))
  const remote = theirs.find(field => !taken.has(field.name)) ?? theirs[0]
  return {
    local: local?.name ?? '',
    remote: remote?.name ?? '',
    rule: 'none',
    blank: 'clear',
    transform: 'none',
    applies: 'here',
    country: null,
    valueMap: null,
    unknown: 'keep',
  }
}

function Cell({ value }: { value: unknown }) {
  return (
    <Table.Td maw={180}>
      <Text size="sm" truncate>
        {shownValue(value)}
      </Text>
    </Table.Td>
  )
}

function Note({ words }: { words: string }) {
  return (
    <Badge
      size="sm"
      color="gray"
      c="var(--mantine-color-text)"
      style={{ flex: 'none', textTransform: 'none' }}
    >
      {words}
    </Badge>
  )
}
