import { Anchor, Button, Group, Modal, Radio, Stack, TextInput } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { call, client } from '@/api/client'
import { useEditReason } from '@/shell/me'
import { useCreating } from '@/ui/create-dialog'
import { Empty, Page } from '@/ui/page'
import { ErrorNote, Loaded } from '@/ui/states'
import { DomainCard } from './domain-card'
import { type Domains, domainsKey, useDomains } from './domains'

/** Domains of one's own on which pages stand: proof, certificate, the page at "/". */
export function DomainsScreen() {
  const domains = useDomains()
  const creating = useCreating()
  const reason = useEditReason()
  return (
    <Page
      title="Domains"
      words={
        <>
          Names of your own on which{' '}
          <Anchor component={Link} to="/pages" size="sm">
            landing pages
          </Anchor>{' '}
          stand. A domain serves pages once it has shown to be yours.
        </>
      }
      actions={
        <Button leftSection={<IconPlus size={16} />} disabled={reason !== null} onClick={creating.open}>
          Add a domain
        </Button>
      }
    >
      <Loaded query={domains}>
        {data =>
          data.items.length === 0 ? (
            <Empty
              title="No domain yet"
              words={`Pages stand on ${data.street} until you add a domain such as pages.example.com.`}
              {...(reason === null ? { action: { label: 'Add a domain', onClick: creating.open } } : {})}
            />
          ) : (
            <Stack gap="md">
              {data.items.map(domain => (
                <DomainCard key={domain.id} domain={domain} domains={data} disabled={reason !== null} />
              ))}
            </Stack>
          )
        }
      </Loaded>
      {domains.data && <AddDomain domains={domains.data} />}
    </Page>
  )
}

function AddDomain({ domains }: { domains: Domains }) {
  const queries = useQueryClient()
  const { opened, close } = useCreating()
  const [host, setHost] = useState('')
  const [tls, setTls] = useState<string>(domains.acme ? 'acme' : 'proxy')
  const add = useMutation({
    mutationFn: () =>
      call(
        client.POST('/api/v1/domains', {
          body: { host: host.trim(), tls: tls === 'acme' ? 'acme' : 'proxy' },
        }),
      ),
    async onSuccess() {
      await queries.invalidateQueries({ queryKey: domainsKey })
      setHost('')
      close()
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    add.mutate()
  }
  return (
    <Modal opened={opened} onClose={close} title="Add a domain">
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            label="Domain"
            description="A name below one that you own; nothing is served on it before it has shown to be yours"
            placeholder="pages.example.com"
            required
            data-autofocus
            value={host}
            onChange={event => setHost(event.currentTarget.value)}
          />
          <TlsChoice value={tls} acme={domains.acme} disabled={false} onChange={setTls} />
          {add.isError && <ErrorNote error={add.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" loading={add.isPending} disabled={!host.trim()}>
              Add this domain
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

function TlsChoice(props: {
  value: string
  acme: boolean
  disabled: boolean
  onChange(value: string): void
}) {
  return (
    <Radio.Group label="Who ends https" value={props.value} onChange={props.onChange}>
      <Stack gap="xs" mt={6}>
        <Radio
          value="acme"
          disabled={props.disabled || !props.acme}
          label="Tend gets the certificate and renews it"
          description={
            props.acme
              ? 'Port 80 of the domain must reach the street.'
              : 'Needs TEND_ACME_DIRECTORY and TEND_STREET_TLS_PORT on the server.'
          }
        />
        <Radio
          value="proxy"
          disabled={props.disabled}
          label="A proxy before Tend"
          description="It has the certificate, and hands the name of the host on."
        />
      </Stack>
    </Radio.Group>
  )
}
