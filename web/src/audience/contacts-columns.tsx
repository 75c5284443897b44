import { ActionIcon, Checkbox, Popover, ScrollArea, Stack, Text } from '@mantine/core'
import { useLocalStorage } from '@mantine/hooks'
import { IconColumns3 } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { When } from '@/ui/format'
import { OwnerName } from '@/ui/steward'
import { useFields } from './contact'
import { showValue } from './contact-value'
import type { Row } from './contacts-table'

export type Sort = 'created' | 'updated' | 'email' | 'name'
export type Column = { key: string; title: string; sort?: Sort; show(row: Row): ReactNode }

const core: Column[] = [
  { key: 'email', title: 'Address', sort: 'email', show: row => row.email },
  { key: 'company', title: 'Company', show: row => row.company?.name },
  { key: 'jobTitle', title: 'Job title', show: row => row.jobTitle },
  { key: 'stage', title: 'Stage', show: row => row.stage },
  { key: 'country', title: 'Country', show: row => row.country },
  { key: 'language', title: 'Language', show: row => row.language },
  { key: 'phone', title: 'Phone', show: row => row.phone },
  { key: 'owner', title: 'Owner', show: row => <OwnerName id={row.ownerId} /> },
  { key: 'updated', title: 'Changed', sort: 'updated', show: row => <When at={row.updatedAt} /> },
  { key: 'created', title: 'Created', sort: 'created', show: row => <When at={row.createdAt} /> },
]
const usual = ['email', 'company', 'jobTitle', 'stage', 'owner', 'created']

/** The columns a person chose on this machine, and all there are. */
export function useColumns(): { all: Column[]; shown: Column[]; choose(keys: string[]): void } {
  const fields = useFields()
  const [chosen, choose] = useLocalStorage<string[]>({
    key: 'tend.contacts.columns',
    defaultValue: usual,
    getInitialValueInEffect: false,
  })
  const own = (fields.data?.items ?? [])
    .filter(field => field.archivedAt === null)
    .map(
      (field): Column => ({
        key: `attrs.${field.key}`,
        title: field.label,
        show: row => showValue(row.attrs[field.key]),
      }),
    )
  const all = [...core, ...own]
  return { all, shown: all.filter(column => chosen.includes(column.key)), choose }
}

export function ColumnChoice({ all, shown, choose }: ReturnType<typeof useColumns>) {
  const keys = shown.map(column => column.key)
  return (
    <Popover position="bottom-end" shadow="md" width={240} trapFocus>
      <Popover.Target>
        <ActionIcon variant="default" size={36} aria-label="Choose the columns" title="Columns">
          <IconColumns3 size={18} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown>
        <Text size="sm" fw={600} mb="xs">
          Columns
        </Text>
        <ScrollArea.Autosize mah={340}>
          <Stack gap="xs">
            {all.map(column => (
              <Checkbox
                key={column.key}
                size="sm"
                label={column.title}
                checked={keys.includes(column.key)}
                onChange={event =>
                  choose(
                    event.currentTarget.checked
                      ? [...keys, column.key]
                      : keys.filter(key => key !== column.key),
                  )
                }
              />
            ))}
          </Stack>
        </ScrollArea.Autosize>
      </Popover.Dropdown>
    </Popover>
  )
}
