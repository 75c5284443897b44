import { Alert, Anchor, Button, Group, Stack, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ApiError } from '@/api/client'
import { ErrorNote } from '@/ui/states'
import { type Contact, contactKey } from './contact'
import { showValue } from './contact-value'
import { changesOf, draftOf, labels } from './profile-draft'

export function SaveError({ error }: { error: Error }) {
  const taken =
    error instanceof ApiError && error.problem.code === 'address_taken'
      ? error.problem.detail?.contactId
      : undefined
  if (typeof taken !== 'string') return <ErrorNote error={error} />
  return (
    <Alert color="yellow" role="alert" title="Somebody else has this address">
      <Anchor component={Link} to={`/contacts/${taken}`} size="sm">
        Open the other contact
      </Anchor>
    </Alert>
  )
}

/** Somebody was faster: what is different now, and both ways on. */
export function Stale({
  before,
  theirs,
  onLoad,
  onKeep,
}: {
  before: Contact
  theirs: Contact
  onLoad(): void
  onKeep(): void
}) {
  const queries = useQueryClient()
  const { core, attrs } = changesOf(draftOf(before), draftOf(theirs))
  const load = () => {
    void queries.invalidateQueries({ queryKey: contactKey(before.id) })
    onLoad()
  }
  return (
    <Alert color="yellow" role="alert" title="This contact was changed meanwhile">
      <Stack gap="xs">
        {[...Object.entries(core), ...Object.entries(attrs)].map(([key, value]) => (
          <Text size="sm" key={key}>
            {labels[key] ?? key}{' '}
            {key === 'ownerId' || key === 'companyId'
              ? 'is another one now'
              : `is now “${showValue(value) || 'empty'}”`}
          </Text>
        ))}
        <Text size="sm">Nothing was overwritten. Who did it stands in the timeline.</Text>
        <Group gap="xs">
          <Button size="compact-sm" variant="default" onClick={load}>
            Load theirs
          </Button>
          <Button size="compact-sm" onClick={onKeep}>
            Save mine on top
          </Button>
        </Group>
      </Stack>
    </Alert>
  )
}
