import { Anchor, Button, Group, Paper, Select, SimpleGrid, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { useDomains } from './domains'
import type { DraftProps } from './page-screen'
import { SpecFields } from './spec-fields'
import { settingGroups } from './specs'

/** Where the page stands, and what search engines, other sites and browsers are told. */
export function PageSettings(props: DraftProps) {
  const { draft, set, disabled } = props
  const { document } = draft
  const box = (at: number) => {
    const group = settingGroups[at]
    return (
      group && (
        <SettingsBox title={group.title}>
          <SpecFields
            specs={group.specs}
            values={document.settings}
            disabled={disabled}
            onChange={settings =>
              set({ document: { ...document, settings: settings as typeof document.settings } })
            }
          />
        </SettingsBox>
      )
    )
  }
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="lg">
      <Stack gap="lg">
        <SettingsBox title="Address">
          <DomainField {...props} />
          <TextInput
            label="Address"
            description="Small letters, digits and hyphens; at most two slashes"
            leftSection="/"
            disabled={disabled}
            value={draft.slug}
            onChange={event => set({ slug: event.currentTarget.value })}
          />
          <Redirects {...props} />
        </SettingsBox>
        {box(1)}
        {box(2)}
      </Stack>
      <Stack gap="lg">
        {box(0)}
        {box(3)}
      </Stack>
    </SimpleGrid>
  )
}

function SettingsBox({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        <Text fw={600}>{title}</Text>
        {children}
      </Stack>
    </Paper>
  )
}

/** Where the page stands; one that is not shown to be ours yet can be chosen, but not published on. */
function DomainField({ page, draft, set, disabled }: DraftProps) {
  const domains = useDomains()
  const items = domains.data?.items ?? []
  if (items.length === 0)
    return (
      <Text size="sm" c="dimmed">
        It stands on {domains.data?.street ?? 'the street'}.{' '}
        <Anchor component={Link} to="/pages/domains" size="sm">
          Add a domain of your own
        </Anchor>
      </Text>
    )
  const isMoved = page.liveVersion !== null && draft.domainId !== page.domainId
  return (
    <Select
      label="Domain"
      description={isMoved ? 'Moves when it is published; the address it has now will lead there' : undefined}
      allowDeselect={false}
      disabled={disabled}
      data={[
        { value: '0', label: domains.data?.street ?? 'The street' },
        ...items.map(({ id, host, status }) => ({
          value: id,
          label: status === 'verified' ? host : `${host} (not shown to be yours yet)`,
        })),
      ]}
      value={draft.domainId}
      onChange={domainId => domainId && set({ domainId })}
    />
  )
}

/** Addresses that it had before: they lead here until somebody takes them away. */
function Redirects({ page, disabled }: DraftProps) {
  const queries = useQueryClient()
  const params = { path: { id: page.id } }
  const key = ['page-redirects', page.id]
  const found = useQuery({
    queryKey: key,
    queryFn: () => call(client.GET('/api/v1/pages/{id}/redirects', { params })),
  })
  const remove = useMutation({
    mutationFn: (body: { domainId: string; slug: string }) =>
      call(client.POST('/api/v1/pages/{id}/redirects/remove', { params, body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: key }),
  })
  const items = found.data?.items ?? []
  if (items.length === 0) return null
  return (
    <Stack gap="xs">
      <Text size="sm" fw={500}>
        Addresses from before that lead here
      </Text>
      {items.map(({ domainId, host, slug }) => (
        <Group key={`${domainId} ${slug}`} justify="space-between">
          <Text size="sm">{host === null ? `/${slug}` : `${host}/${slug}`}</Text>
          <Button
            size="compact-xs"
            variant="subtle"
            color="red"
            disabled={disabled}
            onClick={() => remove.mutate({ domainId, slug })}
          >
            Let it lead nowhere
          </Button>
        </Group>
      ))}
    </Stack>
  )
}
