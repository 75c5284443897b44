import { Button, Group, Modal, Select, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { ErrorNote } from '@/ui/states'
import { contactKey } from './contact'

/** Lets one contact into a live workflow by hand; its rules of re-entry hold. */
export function EnterWorkflow({ contactId, onClose }: { contactId: string; onClose(): void }) {
  const queries = useQueryClient()
  const [chosen, setChosen] = useState<string | null>(null)
  const workflows = useQuery({
    queryKey: ['workflows', 'live'],
    queryFn: () => call(client.GET('/api/v1/workflows', { params: { query: { limit: 200 } } })),
  })
  const live = (workflows.data?.items ?? []).filter(workflow => workflow.status === 'live')
  const enter = useMutation({
    mutationFn: (id: string) =>
      call(
        client.POST('/api/v1/workflows/{id}/participants', { params: { path: { id } }, body: { contactId } }),
      ),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: contactKey(contactId) })
      notifications.show({ message: `Let into “${live.find(workflow => workflow.id === chosen)?.name}”.` })
      onClose()
    },
  })
  return (
    <Modal opened onClose={onClose} title="Let into a workflow">
      <Stack>
        <Select
          label="Workflow"
          placeholder={
            workflows.isSuccess && live.length === 0 ? 'No workflow is live' : 'Choose a live workflow'
          }
          searchable
          required
          data-autofocus
          data={live.map(workflow => ({ value: workflow.id, label: workflow.name }))}
          value={chosen}
          onChange={setChosen}
        />
        <Text size="sm" c="dimmed">
          The contact begins at the first step, now. Messages still pass the gate: without consent no
          marketing is sent.
        </Text>
        {enter.isError && <ErrorNote error={enter.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button disabled={!chosen} loading={enter.isPending} onClick={() => chosen && enter.mutate(chosen)}>
            Let in now
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
