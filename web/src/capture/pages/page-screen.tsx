import { Anchor, Button, Group, Tabs, Text, Tooltip } from '@mantine/core'
import { IconArrowBackUp, IconArrowForwardUp, IconExternalLink } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useCallback, useState } from 'react'
import { call, client } from '@/api/client'
import { useEditReason } from '@/shell/me'
import { SaveNote, StaleNote, useAutosave } from '@/ui/autosave'
import { formatDay, formatMinute } from '@/ui/format'
import { Page } from '@/ui/page'
import { LoadedScreen } from '@/ui/states'
import { Status } from '@/ui/status'
import { OwnerName } from '@/ui/steward'
import { UsedBy } from '@/ui/used-by'
import { type LandingPage, type PageDocument, readPage } from './page'
import { PageBuild } from './page-build'
import { PageMenu } from './page-menu'
import { PagePublish } from './page-publish'
import { PageResults } from './page-results'
import { PageSettings } from './page-settings'
import { PageVersions } from './page-versions'

export type PageDraft = { name: string; slug: string; domainId: string; document: PageDocument }
export type DraftProps = {
  page: LandingPage
  draft: PageDraft
  set(change: Partial<PageDraft>): void
  disabled: boolean
}

/** One landing page: what is on it, what is said about it, and what came of it. */
export function PageScreen() {
  const { id } = useParams({ strict: false }) as { id: string }
  const page = useQuery({ queryKey: ['page', id], queryFn: () => readPage(id) })
  return (
    <LoadedScreen query={page}>
      {data => <Editor key={`${data.id} ${data.status}`} page={data} />}
    </LoadedScreen>
  )
}

function useDraft(page: LandingPage) {
  const queries = useQueryClient()
  const save = useCallback(
    async ({ name, slug, domainId, document }: PageDraft, version: number) => {
      const saved = await call(
        client.PATCH('/api/v1/pages/{id}', {
          params: { path: { id: page.id } },
          body: { version, name, slug, domainId, document: document as never },
        }),
      )
      queries.setQueryData(['page', page.id], saved)
      return saved.version
    },
    [page.id, queries],
  )
  const { name, slug, domainId, document, version } = page
  return useAutosave<PageDraft>({ draft: { name, slug, domainId, document }, version }, save)
}

function Editor({ page }: { page: LandingPage }) {
  const go = useNavigate()
  const { tab = 'build' } = useSearch({ strict: false }) as { tab?: string }
  const reason = useEditReason()
  const [publishing, setPublishing] = useState(false)
  const autosave = useDraft(page)
  const { draft, flush } = autosave
  const disabled = reason !== null || page.status === 'archived'
  const part: DraftProps = { page, draft, disabled, set: autosave.set }
  const actions = (
    <>
      <SaveNote state={autosave.state} />
      <Button variant="default" px={8} aria-label="Undo" disabled={!autosave.canUndo} onClick={autosave.undo}>
        <IconArrowBackUp size={16} />
      </Button>
      <Button variant="default" px={8} aria-label="Redo" disabled={!autosave.canRedo} onClick={autosave.redo}>
        <IconArrowForwardUp size={16} />
      </Button>
      <Tooltip label={reason} disabled={!reason}>
        <Button disabled={disabled} onClick={() => setPublishing(true)}>
          {page.status === 'live' ? 'Publish changes' : 'Publish'}
        </Button>
      </Tooltip>
      <PageMenu page={page} disabled={disabled} flush={flush} />
    </>
  )
  return (
    <Page title={draft.name} words={<PageLine page={page} />} actions={actions}>
      <StaleNote autosave={autosave} onReload={() => window.location.reload()} />
      <Tabs
        value={tab}
        onChange={next => void go({ to: '.', search: { tab: next ?? 'build' } as never, replace: true })}
        keepMounted={false}
      >
        <Tabs.List>
          <Tabs.Tab value="build">Build</Tabs.Tab>
          <Tabs.Tab value="settings">Settings</Tabs.Tab>
          <Tabs.Tab value="results">Results</Tabs.Tab>
          <Tabs.Tab value="versions">Versions</Tabs.Tab>
          <Tabs.Tab value="used-by">Used by</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="build" pt="md">
          <PageBuild {...part} />
        </Tabs.Panel>
        <Tabs.Panel value="settings" pt="md">
          <PageSettings {...part} />
        </Tabs.Panel>
        <Tabs.Panel value="results" pt="md">
          <PageResults page={page} disabled={disabled} />
        </Tabs.Panel>
        <Tabs.Panel value="versions" pt="md">
          <PageVersions page={page} disabled={disabled} flush={flush} />
        </Tabs.Panel>
        <Tabs.Panel value="used-by" pt="md">
          <UsedBy kind="pages" id={page.id} noun="page" />
        </Tabs.Panel>
      </Tabs>
      <PagePublish
        page={{ ...page, slug: draft.slug, domainId: draft.domainId, document: draft.document }}
        name={draft.name}
        opened={publishing}
        onClose={() => setPublishing(false)}
        flush={flush}
      />
    </Page>
  )
}

function PageLine({ page }: { page: LandingPage }) {
  return (
    <Group gap="sm" component="span">
      <Status status={page.status} />
      {page.ownerId && (
        <Text span size="sm" c="dimmed">
          <OwnerName id={page.ownerId} />
          {page.reviewOn ? `, review on ${formatDay(page.reviewOn)}` : ''}
        </Text>
      )}
      {page.url && (
        <Anchor href={page.url} target="_blank" rel="noreferrer" size="sm">
          Open it <IconExternalLink size={13} style={{ verticalAlign: '-2px' }} />
        </Anchor>
      )}
      {page.publishAt && <Text span size="sm">{`Goes live ${formatMinute(page.publishAt)}`}</Text>}
      {page.unpublishAt && (
        <Text span size="sm">{`Leaves the street ${formatMinute(page.unpublishAt)}`}</Text>
      )}
      {page.scheduleWords && (
        <Text span size="sm" c="red">
          Not published as planned: {page.scheduleWords}
        </Text>
      )}
    </Group>
  )
}
