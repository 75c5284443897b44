import {
  Badge,
  Button,
  Code,
  Group,
  Paper,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  Text,
  Title,
} from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconAlertTriangle, IconCircleCheck, IconClock, IconStar } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { call, client } from '@/api/client'
import { Copy } from '@/settings/show-once'
import { formatDay, When } from '@/ui/format'
import { ErrorNote } from '@/ui/states'
import { showUndo } from '@/ui/undo'
import { DomainRemove } from './domain-remove'
import { counted, type Domain, type Domains, domainsKey } from './domains'

type Change = { tls?: 'acme' | 'proxy'; hsts?: boolean; homePageId?: string | null; isPrimary?: boolean }

const states = {
  pending: { color: 'gray', icon: IconClock, words: 'Not shown to be yours yet' },
  failed: { color: 'yellow', icon: IconAlertTriangle, words: 'Proof not found' },
  verified: { color: 'tend', icon: IconCircleCheck, words: 'Yours' },
} as const

/** One domain: whose it is, its certificate, what stands on it, and what can be done. */
export function DomainCard(props: { domain: Domain; domains: Domains; disabled: boolean }) {
  const { domain, domains, disabled } = props
  const queries = useQueryClient()
  const [removing, setRemoving] = useState(false)
  const again = () => queries.invalidateQueries({ queryKey: domainsKey })
  const params = { path: { id: domain.id } }
  const verify = useMutation({
    mutationFn: () => call(client.POST('/api/v1/domains/{id}/verify', { params })),
    onSuccess: again,
  })
  const change = useMutation({
    mutationFn: (body: Change) => call(client.PATCH('/api/v1/domains/{id}', { params, body })),
    onSuccess: again,
  })
  const { color, icon: Icon, words } = states[domain.status]
  const isOurs = domain.status === 'verified'
  const standing = [
    counted(domain.pages, 'published page'),
    counted(domain.drafts, 'draft'),
    counted(domain.redirects, 'old address', 'old addresses'),
  ]
  return (
    <Paper withBorder p="md" component="section" aria-label={domain.host}>
      <Stack gap="md">
        <Group justify="space-between" gap="sm">
          <Group gap="sm">
            <Title order={2} style={{ overflowWrap: 'anywhere' }}>
              {domain.host}
            </Title>
            <Badge
              color={color}
              leftSection={<Icon size={12} aria-hidden />}
              c={color === 'tend' ? undefined : 'var(--mantine-color-text)'}
            >
              {words}
            </Badge>
            {domain.isPrimary && <Badge leftSection={<IconStar size={12} aria-hidden />}>Primary</Badge>}
          </Group>
          <Group gap="xs">
            {!isOurs && (
              <Button disabled={disabled} loading={verify.isPending} onClick={() => verify.mutate()}>
                Look for the proof now
              </Button>
            )}
            <Button variant="outline" color="red.9" disabled={disabled} onClick={() => setRemoving(true)}>
              Remove
            </Button>
          </Group>
        </Group>
        <Text size="sm" c="dimmed">
          {standing.join(', ')}
        </Text>
        {(verify.isError || change.isError) && <ErrorNote error={verify.error ?? change.error} />}
        {isOurs ? (
          <Serving {...props} busy={change.isPending} onChange={change.mutate} />
        ) : (
          <Proof domain={domain} street={domains.street} />
        )}
      </Stack>
      <DomainRemove
        domain={domain}
        opened={removing}
        onClose={() => setRemoving(false)}
        onGone={() => {
          notifications.show({ message: `${domain.host} was removed.` })
          void again()
        }}
      />
    </Paper>
  )
}

/** The ways in which a domain shows whose it is; one is enough. */
function Proof({ domain, street }: { domain: Domain; street: string }) {
  return (
    <Stack gap="sm">
      <Text size="sm">
        Enter one of these where the names of your domain are kept, then let Tend look. A new record can take
        some minutes until it is seen everywhere.
      </Text>
      <Record title="A TXT record" name={domain.record} value={domain.proof} />
      {street.includes('.') && <Record title="Or a CNAME record" name={domain.host} value={street} />}
      <Text size="sm">
        Or point the domain at this server: Tend then shows the proof at <Code>{domain.file}</Code> by itself.
      </Text>
      {domain.checkedAt && (
        <Text size="sm" c="dimmed">
          Looked <When at={domain.checkedAt} />. {domain.words}
        </Text>
      )}
    </Stack>
  )
}

function Record({ title, name, value }: { title: string; name: string; value: string }) {
  const line = (label: string, text: string) => (
    <Group gap="xs" wrap="nowrap">
      <Text size="sm" c="dimmed" w={48} style={{ flex: 'none' }}>
        {label}
      </Text>
      <Code style={{ overflowWrap: 'anywhere' }}>{text}</Code>
      <Copy text={text} />
    </Group>
  )
  return (
    <Stack gap={6}>
      <Text size="sm" fw={600}>
        {title}
      </Text>
      {line('Name', name)}
      {line('Value', value)}
    </Stack>
  )
}

type ServingProps = {
  domain: Domain
  domains: Domains
  disabled: boolean
  busy: boolean
  onChange(change: Change): void
}

function Serving({ domain, domains, disabled, busy, onChange }: ServingProps) {
  const pages = useQuery({
    queryKey: ['picker', 'pages', 'live'],
    queryFn: () => call(client.GET('/api/v1/pages', { params: { query: { limit: 200, status: 'live' } } })),
    staleTime: 15_000,
  })
  const here = (pages.data?.items ?? []).filter(page => page.domainId === domain.id)
  const primary = domains.items.find(each => each.isPrimary)
  const makePrimary = (isPrimary: boolean) => {
    onChange({ isPrimary })
    showUndo(isPrimary ? `New pages stand on ${domain.host}.` : 'New pages stand on the street.', async () =>
      onChange({ isPrimary: !isPrimary }),
    )
  }
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
      <Select
        label="Who ends https"
        allowDeselect={false}
        disabled={disabled || busy}
        data={[
          { value: 'acme', label: 'Tend gets the certificate', disabled: !domains.acme },
          { value: 'proxy', label: 'A proxy before Tend' },
        ]}
        value={domain.tls}
        onChange={tls => onChange({ tls: tls === 'acme' ? 'acme' : 'proxy' })}
      />
      <Certificate domain={domain} />
      <Select
        label="Page at “/”"
        description="Of the live pages on this domain"
        placeholder="Not found (404)"
        clearable
        searchable
        disabled={disabled || busy}
        data={here.map(page => ({ value: page.id, label: page.name }))}
        value={domain.homePageId}
        onChange={homePageId => onChange({ homePageId })}
      />
      <Stack gap="sm" justify="center">
        <Switch
          label="New pages stand on this domain"
          description={primary && !domain.isPrimary ? `Now on ${primary.host}` : 'The primary domain'}
          disabled={disabled || busy}
          checked={domain.isPrimary}
          onChange={event => makePrimary(event.currentTarget.checked)}
        />
        <Switch
          label="Browsers stay with https (HSTS)"
          description="For half a year after a visit; switch it on once https works"
          disabled={disabled || busy}
          checked={domain.hsts}
          onChange={event => onChange({ hsts: event.currentTarget.checked })}
        />
      </Stack>
    </SimpleGrid>
  )
}

function Certificate({ domain }: { domain: Domain }) {
  const words = (text: ReactNode) => (
    <Stack gap={4}>
      <Text size="sm" fw={500}>
        Certificate
      </Text>
      <Text size="sm">{text}</Text>
      {domain.words && (
        <Text size="sm" c="red">
          Last attempt: {domain.words}
        </Text>
      )}
    </Stack>
  )
  if (domain.tls === 'proxy') return words('The proxy has it. Tend does not see it.')
  if (domain.certificateUntil)
    return words(`Valid until ${formatDay(domain.certificateUntil)}. A new one comes by itself before.`)
  return words(domain.words ? 'None yet. Tend tries again by itself.' : 'Being asked for.')
}
