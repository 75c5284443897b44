import { Button, Group, Modal, Select, Stack, Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { personName } from '@/ui/format'
import { ErrorNote } from '@/ui/states'
import type { Workflow } from './workflow'

/** Lets one contact in by hand, found by name or address. */
export function LetIn({
  workflow,
  onClose,
  onDone,
}: {
  workflow: Workflow
  onClose(): void
  onDone(): Promise<unknown>
}) {
  const [text, setText] = useState('')
  const [contactId, setContact] = useState<string | null>(null)
  const [asked] = useDebouncedValue(text.trim(), 200)
  const found = useQuery({
    queryKey: ['contacts', 'find', asked],
    queryFn: () =>
      call(
        client.GET('/api/v1/contacts', { params: { query: { limit: 20, ...(asked ? { q: asked } : {}) } } }),
      ),
    placeholderData: last => last,
  })
  const enter = useMutation({
    mutationFn: (id: string) =>
      call(
        client.POST('/api/v1/workflows/{id}/participants', {
          params: { path: { id: workflow.id } },
          body: { contactId: id },
        }),
      ),
    onSuccess: async () => {
      notifications.show({ message: 'The contact comes in.' })
      onClose()
      await onDone()
    },
  })
  const labelOf = (person: NonNullable<typeof found.data>['items'][number]) =>
    [personName(person), person.email].filter((part, at, all) => part && all.indexOf(part) === at).join(', ')
  return (
    <Modal opened onClose={onClose} title="Let somebody in by hand">
      <Stack>
        <Text size="sm">
          The contact begins at the first step of version {workflow.liveVersion}, as if the trigger had
          happened.
        </Text>
        <Select
          label="Contact"
          placeholder="Name or address"
          searchable
          data-autofocus
          data={(found.data?.items ?? []).map(person => ({ value: person.id, label: labelOf(person) }))}
          filter={({ options }) => options}
          searchValue={text}
          onSearchChange={setText}
          value={contactId}
          onChange={setContact}
          nothingFoundMessage="Nobody is called so"
        />
        {enter.isError && <ErrorNote error={enter.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Not now
          </Button>
          <Button
            disabled={!contactId}
            loading={enter.isPending}
            onClick={() => contactId && enter.mutate(contactId)}
          >
            Let in
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
