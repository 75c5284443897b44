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
  form: 'forms',
  page: 'pages',
  campaign: 'campaigns',
  alert: 'alerts',
  crm: 'crm',
}

/** Things of one place have no id in their address. */
const whole: Record<string, string> = { 'brand-kit': '/pages/brand', domain: '/pages/domains' }

const addressOf = ({ kind, id }: { kind: string; id: string }) =>
  whole[kind] ?? `/${places[kind] ?? ''}/${id}`

/** What uses a thing, each with a link to it. */
export function Users({ items }: { items: { kind: string; id: string; name: string; isLive?: boolean }[] }) {
  return items.map(user => (
    <Text size="sm" key={`${user.kind}${user.id}`}>
      <Anchor component={Link} to={addressOf(user)}>
        {user.name}
      </Anchor>{' '}
      <Text span c="dimmed" size="sm">
        {user.isLive === false ? 'draft of a ' : ''}
        {user.kind.replace('-', ' ')}
      </Text>
    </Text>
  ))
}

/** What rests upon a definition: it cannot be deleted while there is any. */
export function UsedBy({
  kind,
  id,
  noun,
}: {
  kind: 'segments' | 'score-models' | 'workflows' | 'pages'
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
          : kind === 'pages'
            ? call(client.GET('/api/v1/pages/{id}/used-by', { params }))
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
            <Users items={data.items} />
          </Stack>
        )
      }
    </Loaded>
  )
}
