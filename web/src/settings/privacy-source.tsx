import { Group, Switch, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import { formatNumber } from '@/ui/format'

type Source = { id: string; version: number; needsConsent: boolean; optedOut: number }

/** Whether a website asks before it records anything of a visitor, and how many calls were left out for his no. */
export function SourcePrivacy({ source, mayEdit }: { source: Source; mayEdit: boolean }) {
  const queries = useQueryClient()
  const change = useMutation({
    mutationFn: (needsConsent: boolean) =>
      call(
        client.PATCH('/api/v1/sources/{id}', {
          params: { path: { id: source.id } },
          body: { version: source.version, needsConsent },
        }),
      ),
    onSuccess: saved =>
      notifications.show({
        message: saved.needsConsent
          ? 'Nothing is recorded before consent. Put the new line into the pages, so that they ask for it.'
          : 'Visitors are recorded unless they object.',
      }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['sources'] }),
  })
  return (
    <Group gap="lg">
      <Switch
        label="Record nothing before consent"
        checked={source.needsConsent}
        disabled={!mayEdit || change.isPending}
        onChange={event => change.mutate(event.currentTarget.checked)}
      />
      {source.optedOut > 0 && (
        <Text size="sm" c="dimmed">
          {formatNumber(source.optedOut)} calls left out, because the visitor objected or had not agreed
        </Text>
      )}
    </Group>
  )
}
