import { Alert, Button, Group, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconArrowMerge } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import { useContactRights } from '@/audience/contact'
import { When } from '@/ui/format'
import { undoMerge } from './merge-dialog'

/** That this contact was merged with others, as long as that can be undone. */
export function MergeNote({ id }: { id: string }) {
  const queries = useQueryClient()
  const rights = useContactRights()
  const merges = useQuery({
    queryKey: ['contact', id, 'merges'],
    queryFn: () => call(client.GET('/api/v1/contacts/{id}/merges', { params: { path: { id } } })),
  })
  const undo = useMutation({
    mutationFn: undoMerge,
    onSuccess: () => {
      notifications.show({ message: 'The records are on their own again.' })
      return queries.invalidateQueries()
    },
    onError: error =>
      notifications.show({ color: 'red', title: 'This could not be undone', message: error.message }),
  })
  const last = merges.data?.items.find(merge => merge.undoneAt === null)
  if (!last?.undoUntil) return null
  const count = last.merged.length
  return (
    <Alert color="gray" p="xs" icon={<IconArrowMerge size={18} />}>
      <Group justify="space-between">
        <Text size="sm">
          {count === 1 ? 'Another record was' : `${count} other records were`} merged into this one by{' '}
          {last.by}, <When at={last.at} />.
        </Text>
        <Button
          size="compact-sm"
          variant="default"
          disabled={rights.build !== null}
          title={rights.build ?? undefined}
          loading={undo.isPending}
          onClick={() => undo.mutate(last.id)}
        >
          Undo the merge
        </Button>
      </Group>
    </Alert>
  )
}
