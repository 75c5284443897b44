import { Alert, Badge, Button, Group, Modal, Radio, ScrollArea, Stack, Table, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconArrowMerge } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { formatNumber, personName, When } from '@/ui/format'
import { ErrorNote, Loaded } from '@/ui/states'
import { showUndo } from '@/ui/undo'

const preview = (ids: string[]) => {
  const [contactId = '', ...others] = ids
  return call(client.POST('/api/v1/contacts/merge/preview', { body: { contactId, others, choices: {} } }))
}
type Compared = Awaited<ReturnType<typeof preview>>
type Person = Compared['contacts'][number]

export const undoMerge = (id: string) =>
  call(client.POST('/api/v1/merges/{id}/undo', { params: { path: { id } } }))

/** Two or more records beside each other: which one stays, and which value of each field. */
export function MergeDialog({
  ids,
  onClose,
  onMerged,
}: {
  ids: string[]
  onClose(): void
  onMerged?(id: string): void
}) {
  const compared = useQuery({ queryKey: ['merge', ...ids], queryFn: () => preview(ids), gcTime: 0 })
  return (
    <Modal opened onClose={onClose} size={ids.length > 2 ? '90%' : 'xl'} title="Merge into one contact">
      <Loaded query={compared} lines={8}>
        {data => <Compare data={data} onClose={onClose} {...(onMerged ? { onMerged } : {})} />}
      </Loaded>
    </Modal>
  )
}

const core: [string, string, (person: Person) => unknown][] = [
  ['first_name', 'First name', person => person.firstName],
  ['last_name', 'Last name', person => person.lastName],
  ['email', 'Address', person => person.email],
  ['phone', 'Phone', person => person.phone],
  ['company_id', 'Company', person => person.company?.name],
  ['job_title', 'Job title', person => person.jobTitle],
  ['stage', 'Stage', person => person.stage],
  ['country', 'Country', person => person.country],
  ['language', 'Language', person => person.language],
  ['time_zone', 'Time zone', person => person.timeZone],
]

/** The rows in which the records say anything at all. */
function rowsOf(people: Person[]): { field: string; label: string; values: string[] }[] {
  const own = [...new Set(people.flatMap(person => Object.keys(person.attrs)))].sort()
  const all = [
    ...core,
    ...own.map(key => [`attrs.${key}`, key, (person: Person) => person.attrs[key]] as (typeof core)[number]),
  ]
  return all
    .map(([field, label, read]) => ({
      field,
      label,
      values: people.map(person => String(read(person) ?? '')),
    }))
    .filter(row => row.values.some(Boolean))
}

function Compare({
  data,
  onClose,
  onMerged,
}: {
  data: Compared
  onClose(): void
  onMerged?(id: string): void
}) {
  const queries = useQueryClient()
  const people = data.contacts
  const [stays, setStays] = useState(people[0]?.id ?? '')
  const [chosen, setChosen] = useState<Record<string, string>>({})
  const rows = rowsOf(people)
  const takenFrom = (row: (typeof rows)[number]) => {
    if (chosen[row.field]) return chosen[row.field]
    const order = [...people.keys()].sort(
      (a, b) => Number(people[b]?.id === stays) - Number(people[a]?.id === stays),
    )
    const found = order.find(i => row.values[i])
    return found === undefined ? undefined : people[found]?.id
  }
  const merge = useMutation({
    mutationFn: () =>
      call(
        client.POST('/api/v1/contacts/merge', {
          body: {
            contactId: stays,
            others: people.map(person => person.id).filter(id => id !== stays),
            choices: chosen,
          },
        }),
      ),
    onSuccess: made => {
      void queries.invalidateQueries()
      showUndo('Merged into one contact. It can be undone for 30 days.', async () => {
        await undoMerge(made.id)
        await queries.invalidateQueries()
      })
      onClose()
      onMerged?.(made.contactId)
    },
    onError: () => notifications.show({ color: 'red', message: 'Nothing was merged.' }),
  })
  return (
    <Stack>
      <ScrollArea.Autosize mah="60dvh">
        <Table verticalSpacing={6} stickyHeader miw={160 + people.length * 220}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th w={130}>Field</Table.Th>
              {people.map(person => (
                <Table.Th key={person.id}>
                  <Stack gap={4}>
                    <Text size="sm" fw={600}>
                      {personName(person)}
                    </Text>
                    <Radio
                      size="xs"
                      name="stays"
                      label="This record stays"
                      checked={stays === person.id}
                      onChange={() => setStays(person.id)}
                    />
                  </Stack>
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            <Behind data={data} />
            {rows.map(row => {
              const differs = new Set(row.values.filter(Boolean)).size > 1
              return (
                <Table.Tr key={row.field}>
                  <Table.Th scope="row" fw={500}>
                    {row.label}{' '}
                    {differs && (
                      <Badge size="xs" color="yellow" c="var(--mantine-color-text)">
                        differs
                      </Badge>
                    )}
                  </Table.Th>
                  {people.map((person, i) => (
                    <Table.Td key={person.id} style={{ overflowWrap: 'anywhere' }}>
                      {row.values[i] ? (
                        <Radio
                          size="xs"
                          name={row.field}
                          label={row.values[i]}
                          checked={takenFrom(row) === person.id}
                          onChange={() => setChosen({ ...chosen, [row.field]: person.id })}
                        />
                      ) : (
                        <Text size="sm" c="dimmed">
                          nothing
                        </Text>
                      )}
                    </Table.Td>
                  ))}
                </Table.Tr>
              )
            })}
          </Table.Tbody>
        </Table>
      </ScrollArea.Autosize>
      <Alert color="gray" p="xs">
        <Text size="sm">
          Histories, lists, workflows and messages join. Where both spoke about consent, the stricter word
          holds. Old links find the one that stays. For 30 days it can be undone.
        </Text>
      </Alert>
      {merge.isError && <ErrorNote error={merge.error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button
          leftSection={<IconArrowMerge size={16} />}
          loading={merge.isPending}
          onClick={() => merge.mutate()}
        >
          Merge {people.length} records
        </Button>
      </Group>
    </Stack>
  )
}

/** What helps to see which record is the one in use. */
function Behind({ data }: { data: Compared }) {
  const weightOf = (id: string) => data.weights.find(weight => weight.id === id)
  const many = (n = 0) => (n >= 1000 ? '1,000 or more' : formatNumber(n))
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={500}>
        Behind it
      </Table.Th>
      {data.contacts.map(person => {
        const weight = weightOf(person.id)
        return (
          <Table.Td key={person.id}>
            <Text size="sm">
              {many(weight?.events)} events, {many(weight?.messages)} messages, {weight?.lists ?? 0} lists
            </Text>
            <Text size="sm" c="dimmed">
              here since <When at={person.createdAt} />
            </Text>
          </Table.Td>
        )
      })}
    </Table.Tr>
  )
}
