import { Button, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { call, client } from '@/api/client'
import { useBusinessNow } from '@/shell/clock'
import { useMe } from '@/shell/me'
import { ErrorNote } from '@/ui/states'

export function useUsers() {
  return useQuery({
    queryKey: ['users'],
    queryFn: () => call(client.GET('/api/v1/users')),
    staleTime: 60_000,
  })
}

export type Steward = { ownerId: string; reviewOn: string }

type Props = {
  opened: boolean
  onClose(): void
  /** "Publish segment" */
  title: string
  /** What the button says that it does: "Publish to 312 people". */
  deed: string
  /** What will follow, in numbers. */
  children: ReactNode
  steward: { ownerId: string | null; reviewOn: string | null }
  onPublish(steward: Steward): Promise<unknown>
}

/** Nothing goes live unowned: who answers for it, and when somebody looks at it again. */
export function PublishDialog({ opened, onClose, title, deed, children, steward, onPublish }: Props) {
  const me = useMe()
  const users = useUsers()
  const now = useBusinessNow()
  const inHalfAYear = new Date(now.getTime() + 182 * 86_400_000).toISOString().slice(0, 10)
  const [ownerId, setOwner] = useState<string | null>(null)
  const [reviewOn, setReview] = useState<string | null>(null)
  const owner = ownerId ?? steward.ownerId ?? me.data?.id ?? null
  const review = reviewOn ?? steward.reviewOn ?? inHalfAYear
  const publish = useMutation({
    mutationFn: () => onPublish({ ownerId: owner ?? '', reviewOn: review }),
    onSuccess: onClose,
  })
  return (
    <Modal opened={opened} onClose={onClose} title={title} size="lg">
      <Stack>
        {children}
        <Group grow align="flex-start">
          <Select
            label="Who answers for it"
            searchable
            required
            data={(users.data?.items ?? [])
              .filter(user => user.active)
              .map(user => ({ value: user.id, label: user.name }))}
            value={owner}
            onChange={setOwner}
          />
          <TextInput
            label="To be looked at again on"
            type="date"
            required
            value={review}
            onChange={event => setReview(event.currentTarget.value)}
          />
        </Group>
        <Text size="sm" c="dimmed">
          On that day it shows up under Stewardship, for its owner first.
        </Text>
        {publish.isError && <ErrorNote error={publish.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Not yet
          </Button>
          <Button loading={publish.isPending} disabled={!owner} onClick={() => publish.mutate()}>
            {deed}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}

/** The owner's name by id. */
export function OwnerName({ id }: { id: string | null }) {
  const users = useUsers()
  if (!id)
    return (
      <Text span size="sm" c="dimmed">
        nobody
      </Text>
    )
  return (
    <Text span size="sm">
      {users.data?.items.find(user => user.id === id)?.name ?? '...'}
    </Text>
  )
}
