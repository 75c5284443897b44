import {
  Badge,
  Button,
  Code,
  Group,
  Modal,
  Select,
  Stack,
  Table,
  TagsInput,
  Text,
  TextInput,
} from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { useEditReason } from '@/shell/me'
import { useCreating } from '@/ui/create-dialog'
import { When } from '@/ui/format'
import { Empty, Page } from '@/ui/page'
import { ErrorNote, Loaded } from '@/ui/states'

const kinds = [
  { value: 'text', label: 'Text' },
  { value: 'number', label: 'Number' },
  { value: 'boolean', label: 'Yes or no' },
  { value: 'date', label: 'Date' },
  { value: 'choice', label: 'Choice' },
] as const
type Kind = (typeof kinds)[number]['value']

/** Custom fields: made here, or learnt from the first event that brings one; no table changes for them. */
export function FieldsScreen() {
  const queries = useQueryClient()
  const creating = useCreating()
  const reason = useEditReason()
  const fields = useQuery({ queryKey: ['fields'], queryFn: () => call(client.GET('/api/v1/fields')) })
  const archive = useMutation({
    mutationFn: ({ key, archived }: { key: string; archived: boolean }) =>
      call(client.PATCH('/api/v1/fields/{key}', { params: { path: { key } }, body: { archived } })),
    onSuccess: field =>
      notifications.show({
        message: field.archivedAt
          ? `“${field.label}” is archived: its values stay, new ones are not taken.`
          : `“${field.label}” is back.`,
      }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['fields'] }),
  })
  return (
    <Page
      title="Fields"
      words="What you know of contacts besides names and addresses. A new trait of an event becomes a field by itself."
      actions={
        <Button leftSection={<IconPlus size={16} />} disabled={reason !== null} onClick={creating.open}>
          New field
        </Button>
      }
    >
      <Loaded query={fields}>
        {data =>
          data.items.length === 0 ? (
            <Empty
              title="No custom field yet"
              words="Send a trait with identify, or make a field here. There can be a thousand, and none locks a table."
              {...(reason ? {} : { action: { label: 'Make a field', onClick: creating.open } })}
            />
          ) : (
            <Table.ScrollContainer minWidth={640}>
              <Table verticalSpacing="sm">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>Field</Table.Th>
                    <Table.Th>Key</Table.Th>
                    <Table.Th>Type</Table.Th>
                    <Table.Th>Made by</Table.Th>
                    <Table.Th>Since</Table.Th>
                    <Table.Th />
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {data.items.map(field => (
                    <Table.Tr key={field.key}>
                      <Table.Td>
                        {field.label}{' '}
                        {field.archivedAt && (
                          <Badge color="gray" c="var(--mantine-color-text)">
                            Archived
                          </Badge>
                        )}
                      </Table.Td>
                      <Table.Td>
                        <Code>{field.key}</Code>
                      </Table.Td>
                      <Table.Td>
                        {kinds.find(kind => kind.value === field.type)?.label}
                        {field.choices.length > 0 && (
                          <Text size="xs" c="dimmed">
                            {field.choices.join(', ')}
                          </Text>
                        )}
                      </Table.Td>
                      <Table.Td>{field.source}</Table.Td>
                      <Table.Td>
                        <When at={field.createdAt} />
                      </Table.Td>
                      <Table.Td ta="right">
                        <Button
                          size="compact-sm"
                          variant="default"
                          disabled={reason !== null}
                          onClick={() =>
                            archive.mutate({ key: field.key, archived: field.archivedAt === null })
                          }
                        >
                          {field.archivedAt ? 'Bring back' : 'Archive'}
                        </Button>
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )
        }
      </Loaded>
      <CreateField />
    </Page>
  )
}

function CreateField() {
  const { opened, close } = useCreating()
  const queries = useQueryClient()
  const [label, setLabel] = useState('')
  const [type, setType] = useState<Kind>('text')
  const [choices, setChoices] = useState<string[]>([])
  const key = label
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^[^a-z]+|_+$/g, '')
  const create = useMutation({
    mutationFn: () =>
      call(
        client.POST('/api/v1/fields', {
          body: { key, label: label.trim(), type, choices: type === 'choice' ? choices : [] },
        }),
      ),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['fields'] })
      setLabel('')
      close()
    },
  })
  return (
    <Modal opened={opened} onClose={close} title="New field">
      <Stack>
        <TextInput
          label="Name"
          placeholder="Plan"
          required
          data-autofocus
          value={label}
          description={key ? `In events and templates: ${key}` : undefined}
          onChange={event => setLabel(event.currentTarget.value)}
        />
        <Select
          label="Type"
          data={[...kinds]}
          value={type}
          onChange={value => setType(kinds.find(kind => kind.value === value)?.value ?? 'text')}
        />
        {type === 'choice' && (
          <TagsInput
            label="What can be chosen"
            placeholder="Type and press Enter"
            value={choices}
            onChange={setChoices}
          />
        )}
        {create.isError && <ErrorNote error={create.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button loading={create.isPending} disabled={!key} onClick={() => create.mutate()}>
            Create field
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
