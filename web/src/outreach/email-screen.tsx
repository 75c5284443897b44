import { Button, Grid, Group, Stack, Tabs, Text, Tooltip } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconArrowBackUp, IconArrowForwardUp } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useCallback, useState } from 'react'
import { call, client } from '@/api/client'
import { useEditReason } from '@/shell/me'
import { SaveNote, StaleNote, useAutosave } from '@/ui/autosave'
import { formatDay } from '@/ui/format'
import { Page } from '@/ui/page'
import { LoadedScreen } from '@/ui/states'
import { Status } from '@/ui/status'
import { OwnerName, PublishDialog } from '@/ui/steward'
import { EmailFields } from './email-fields'
import { EmailPreview, usePreview } from './email-preview'
import { EmailUse, EmailVersions } from './email-versions'
import { TestSend } from './test-send'

const readEmail = (id: string) => call(client.GET('/api/v1/emails/{id}', { params: { path: { id } } }))
export type Email = Awaited<ReturnType<typeof readEmail>>
export type EmailDraft = Email['draft']

/** One email: source on the left, what a person would see on the right; published as a version that never changes. */
export function EmailScreen() {
  const { id } = useParams({ strict: false }) as { id: string }
  const email = useQuery({ queryKey: ['email', id], queryFn: () => readEmail(id) })
  return <LoadedScreen query={email}>{data => <Editor key={data.id} email={data} />}</LoadedScreen>
}

function Editor({ email }: { email: Email }) {
  const queries = useQueryClient()
  const go = useNavigate()
  const { tab = 'write' } = useSearch({ strict: false }) as { tab?: string }
  const reason = useEditReason()
  const [publishing, setPublishing] = useState(false)
  const [contactId, setContact] = useState<string | null>(null)
  const save = useCallback(
    async ({ name, draft }: { name: string; draft: EmailDraft }, version: number) => {
      const saved = await call(
        client.PATCH('/api/v1/emails/{id}', {
          params: { path: { id: email.id } },
          body: { version, name, draft },
        }),
      )
      queries.setQueryData(['email', email.id], saved)
      return saved.version
    },
    [email.id, queries],
  )
  const autosave = useAutosave(
    { draft: { name: email.name, draft: email.draft }, version: email.version },
    save,
  )
  const { name, draft } = autosave.draft
  const preview = usePreview(email.id, draft, contactId)
  const locked = reason !== null || email.status === 'archived'
  const problems = preview.data?.problems ?? []
  const actions = (
    <>
      <SaveNote state={autosave.state} />
      <Button variant="default" px={8} aria-label="Undo" disabled={!autosave.canUndo} onClick={autosave.undo}>
        <IconArrowBackUp size={16} />
      </Button>
      <Button variant="default" px={8} aria-label="Redo" disabled={!autosave.canRedo} onClick={autosave.redo}>
        <IconArrowForwardUp size={16} />
      </Button>
      <TestSend id={email.id} contactId={contactId} disabled={locked} before={autosave.flush} />
      <Tooltip
        label={reason ?? 'There are problems to solve first'}
        disabled={!reason && problems.length === 0}
      >
        <Button disabled={locked || problems.length > 0} onClick={() => setPublishing(true)}>
          {email.status === 'live' ? 'Publish changes' : 'Publish'}
        </Button>
      </Tooltip>
    </>
  )
  return (
    <Page title={name} words={<EmailLine email={email} />} actions={actions}>
      <StaleNote autosave={autosave} onReload={() => window.location.reload()} />
      <Tabs
        value={tab}
        onChange={next => void go({ to: '.', search: { tab: next ?? 'write' } as never, replace: true })}
        keepMounted={false}
      >
        <Tabs.List>
          <Tabs.Tab value="write">Write</Tabs.Tab>
          <Tabs.Tab value="versions">Versions</Tabs.Tab>
          <Tabs.Tab value="used-by">Used by</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="write" pt="md">
          <Grid gap="lg">
            <Grid.Col span={{ base: 12, lg: 6 }}>
              <EmailFields
                name={name}
                draft={draft}
                disabled={locked}
                onName={next => autosave.set({ name: next })}
                onChange={change => autosave.set({ draft: { ...draft, ...change } })}
              />
            </Grid.Col>
            <Grid.Col span={{ base: 12, lg: 6 }}>
              <EmailPreview preview={preview} contactId={contactId} onContact={setContact} />
            </Grid.Col>
          </Grid>
        </Tabs.Panel>
        <Tabs.Panel value="versions" pt="md">
          <EmailVersions id={email.id} />
        </Tabs.Panel>
        <Tabs.Panel value="used-by" pt="md">
          <EmailUse id={email.id} />
        </Tabs.Panel>
      </Tabs>
      <PublishDialog
        opened={publishing}
        onClose={() => setPublishing(false)}
        title={`Publish “${name}”`}
        deed={email.liveVersion ? `Publish version ${email.liveVersion + 1}` : 'Publish'}
        steward={email}
        onPublish={async steward => {
          const version = await autosave.flush()
          const after = await call(
            client.POST('/api/v1/emails/{id}/publish', {
              params: { path: { id: email.id } },
              body: { version, ...steward },
            }),
          )
          notifications.show({
            message: `Version ${after.liveVersion} is live. Messages that are already made keep theirs.`,
          })
          await queries.invalidateQueries()
          window.location.reload()
        }}
      >
        <Stack gap="xs">
          <Text size="sm">
            Subject: <b>{preview.data?.subject ?? draft.subject}</b>
          </Text>
          <Text size="sm">
            From the next message on, workflows that send this email use this version. Nobody is written to by
            publishing.
          </Text>
          {(preview.data?.warnings ?? []).map(warning => (
            <Text size="sm" key={`${warning.path}${warning.line}${warning.message}`}>
              Worth a thought: {warning.message}
            </Text>
          ))}
        </Stack>
      </PublishDialog>
    </Page>
  )
}

function EmailLine({ email }: { email: Email }) {
  return (
    <Group gap="sm" component="span">
      <Status status={email.status} />
      {email.liveVersion && (
        <Text span size="sm">
          version {email.liveVersion} is live
        </Text>
      )}
      {email.ownerId && (
        <Text span size="sm" c="dimmed">
          <OwnerName id={email.ownerId} />, review on {email.reviewOn ? formatDay(email.reviewOn) : '-'}
        </Text>
      )}
    </Group>
  )
}
