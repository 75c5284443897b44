import { Anchor, Button, Group, List, Modal, Stack, Text } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { ErrorNote } from '@/ui/states'
import { counted, type Domain } from './domains'

type Props = { domain: Domain; opened: boolean; onClose(): void; onGone(): void }

/** What goes with a domain, in numbers; it stays while published pages stand on it. */
export function DomainRemove({ domain, opened, onClose, onGone }: Props) {
  const remove = useMutation({
    mutationFn: () => call(client.DELETE('/api/v1/domains/{id}', { params: { path: { id: domain.id } } })),
    onSuccess: onGone,
  })
  const isHeld = domain.pages > 0
  return (
    <Modal opened={opened} onClose={onClose} title={`Remove ${domain.host}?`}>
      <Stack>
        {isHeld ? (
          <Standing domain={domain} />
        ) : (
          <List size="sm" spacing={4}>
            <List.Item>No published page stands on it.</List.Item>
            <List.Item>
              {domain.drafts === 0
                ? 'No draft is meant for it.'
                : `${counted(domain.drafts, 'draft')} will stand on the street instead.`}
            </List.Item>
            <List.Item>
              {domain.redirects === 0
                ? 'No old address leads to a page.'
                : `${counted(domain.redirects, 'old address', 'old addresses')} will lead nowhere.`}
            </List.Item>
            {domain.certificateUntil && <List.Item>Its certificate and key are deleted.</List.Item>}
            <List.Item>To have it back, it has to show again that it is yours.</List.Item>
          </List>
        )}
        {remove.isError && <ErrorNote error={remove.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Keep it
          </Button>
          <Button color="red" disabled={isHeld} loading={remove.isPending} onClick={() => remove.mutate()}>
            Remove the domain
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}

function Standing({ domain }: { domain: Domain }) {
  const pages = useQuery({
    queryKey: ['pages', 'on', domain.host],
    queryFn: () => call(client.GET('/api/v1/pages', { params: { query: { limit: 200 } } })),
  })
  const here = (pages.data?.items ?? []).filter(page => page.url?.startsWith(`https://${domain.host}/`))
  return (
    <Stack gap="xs">
      <Text size="sm">
        {counted(domain.pages, 'published page')} would be off the street. Publish{' '}
        {domain.pages === 1 ? 'it' : 'them'} elsewhere or archive {domain.pages === 1 ? 'it' : 'them'} first.
      </Text>
      <List size="sm">
        {here.map(page => (
          <List.Item key={page.id}>
            <Anchor component={Link} to={`/pages/${page.id}?tab=settings`} size="sm">
              {page.name}
            </Anchor>
          </List.Item>
        ))}
      </List>
    </Stack>
  )
}
