import { SegmentedControl, SimpleGrid, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { Loaded } from '@/ui/states'
import { PublishDialog, type Steward } from '@/ui/steward'
import { useDomains } from './domains'
import { Findings } from './findings'
import type { LandingPage } from './page'
import { MomentField } from './page-pickers'

type Props = { page: LandingPage; name: string; opened: boolean; onClose(): void; flush(): Promise<number> }

/** Owner, day of review, when, and what going live means. */
export function PagePublish({ page, name, opened, onClose, flush }: Props) {
  const [when, setWhen] = useState(page.publishAt || page.unpublishAt ? 'later' : 'now')
  const [publishAt, setPublishAt] = useState(page.publishAt)
  const [unpublishAt, setUnpublishAt] = useState(page.unpublishAt)
  const publish = async (steward: Steward) => {
    const version = await flush()
    const params = { path: { id: page.id } }
    if (when === 'now') {
      await call(client.POST('/api/v1/pages/{id}/publish', { params, body: { version, ...steward } }))
    } else {
      const body = { version, ...steward, publishAt, unpublishAt }
      await call(client.POST('/api/v1/pages/{id}/schedule', { params, body }))
    }
    notifications.show({ message: when === 'now' ? 'Published. The page is live.' : 'The dates are set.' })
    // The editor begins anew from what stands on the server.
    window.location.reload()
  }
  const live = page.status === 'live' ? 'Publish the changes' : 'Publish the page'
  return (
    <PublishDialog
      opened={opened}
      onClose={onClose}
      title={`Publish “${name}”`}
      deed={when === 'now' ? live : 'Set the dates'}
      steward={page}
      onPublish={publish}
    >
      <SegmentedControl
        w="fit-content"
        aria-label="When"
        data={[
          { value: 'now', label: 'Now' },
          { value: 'later', label: 'By date' },
        ]}
        value={when}
        onChange={setWhen}
      />
      {when === 'later' && (
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <MomentField
            label="Goes live"
            help="Empty: only the other date counts"
            value={publishAt}
            disabled={false}
            onChange={setPublishAt}
          />
          <MomentField
            label="Leaves the street"
            help="Empty: it stays"
            value={unpublishAt}
            disabled={false}
            onChange={setUnpublishAt}
          />
        </SimpleGrid>
      )}
      {opened && <Check page={page} flush={flush} />}
    </PublishDialog>
  )
}

function Check({ page, flush }: { page: LandingPage; flush(): Promise<number> }) {
  const params = { path: { id: page.id } }
  const domains = useDomains().data
  const host = domains?.items.find(each => each.id === page.domainId)?.host ?? domains?.street ?? ''
  const found = useQuery({
    queryKey: ['page-check', page.id],
    gcTime: 0,
    queryFn: async () => {
      await flush()
      return call(client.POST('/api/v1/pages/{id}/check', { params }))
    },
  })
  return (
    <Loaded query={found} lines={2}>
      {({ problems, warnings }) => (
        <Stack gap="sm">
          <Findings problems={problems} warnings={warnings} document={page.document} />
          {problems.length === 0 && (
            <Text size="sm">
              It stands at {host}/{page.slug} for everybody who has the address.
              {page.liveVersion !== null && ' An address that it had before leads there, too.'}
            </Text>
          )}
        </Stack>
      )}
    </Loaded>
  )
}
