import { Anchor, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { Loaded } from '@/ui/states'

const places: Record<string, string> = {
  segment: 'segments',
  workflow: 'workflows',
  'score-model': 'scoring',
  email: 'emails',
}

/** What rests upon a definition: it cannot be deleted while there is any. */
export function UsedBy({
  kind,
  id,
  noun,
}: {
  kind: 'segments' | 'score-models' | 'workflows'
  id: string
  noun: string
}) {
  const params = { path: { id } }
  const users = useQuery({
    queryKey: ['used-by', kind, id],
    queryFn: () =>
      kind === 'segments'
        ? call(client.GET('/api/v1/segments/{id}/used-by', { params }))
        : kind === 'score-models'
          ? call(client.GET('/api/v1/score-models/{id}/used-by', { params }))
          : call(client.GET('/api/v1/workflows/{id}/used-by', { params })),
  })
  return (
    <Loaded query={users} lines={3}>
      {data =>
        data.items.length === 0 ? (
          <Text size="sm" c="dimmed">
            Nothing uses this {noun}.
          </Text>
        ) : (
          <Stack gap="xs">
            {data.items.map(user => (
              <Text size="sm" key={`${user.kind}${user.id}`}>
                <Anchor component={Link} to={`/${places[user.kind] ?? ''}/${user.id}`}>
                  {user.name}
                </Anchor>{' '}
                <Text span c="dimmed" size="sm">
                  {user.kind.replace('-', ' ')}
                </Text>
              </Text>
            ))}
          </Stack>
        )
      }
    </Loaded>
  )
}
