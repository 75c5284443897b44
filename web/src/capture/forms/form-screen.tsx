import { Anchor, Button, Group, Tabs, Text, Tooltip } from '@mantine/core'
import { IconArrowBackUp, IconArrowForwardUp, IconExternalLink } from '@tabler/icons-react'
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
import { OwnerName } from '@/ui/steward'
import { type Form, type FormDocument, readForm } from './form'
import { FormAfter } from './form-after'
import { FormBuild } from './form-build'
import { FormEmbed } from './form-embed'
import type { EditorProps } from './form-fields'
import { FormLanguages } from './form-languages'
import { FormMenu } from './form-menu'
import { FormProtection } from './form-protection'
import { FormPublish } from './form-publish'
import { FormResults } from './form-results'
import { FormSubmissions } from './form-submissions'
import { FormVersions } from './form-versions'

/** One form: what it asks, what follows, where it stands, and what came in. */
export function FormScreen() {
  const { id } = useParams({ strict: false }) as { id: string }
  const form = useQuery({ queryKey: ['form', id], queryFn: () => readForm(id) })
  return <LoadedScreen query={form}>{data => <Editor key={data.id} form={data} />}</LoadedScreen>
}

function useDraft(form: Form) {
  const queries = useQueryClient()
  const save = useCallback(
    async ({ name, document }: { name: string; document: FormDocument }, version: number) => {
      const saved = await call(
        client.PATCH('/api/v1/forms/{id}', {
          params: { path: { id: form.id } },
          body: { version, name, document: document as never },
        }),
      )
      queries.setQueryData(['form', form.id], saved)
      return saved.version
    },
    [form.id, queries],
  )
  return useAutosave({ draft: { name: form.name, document: form.document }, version: form.version }, save)
}

function Editor({ form }: { form: Form }) {
  const go = useNavigate()
  const { tab = 'build' } = useSearch({ strict: false }) as { tab?: string }
  const reason = useEditReason()
  const [publishing, setPublishing] = useState(false)
  const autosave = useDraft(form)
  const { name, document } = autosave.draft
  const disabled = reason !== null || form.status === 'archived'
  const part: EditorProps = { document, disabled, set: next => autosave.set({ document: next }) }
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
          {form.status === 'live' ? 'Publish changes' : 'Publish'}
        </Button>
      </Tooltip>
      <FormMenu form={form} disabled={disabled} flush={autosave.flush} />
    </>
  )
  return (
    <Page title={name} words={<FormLine form={form} />} actions={actions}>
      <StaleNote autosave={autosave} onReload={() => window.location.reload()} />
      <Tabs
        value={tab}
        onChange={next => void go({ to: '.', search: { tab: next ?? 'build' } as never, replace: true })}
        keepMounted={false}
      >
        <Tabs.List>
          <Tabs.Tab value="build">Build</Tabs.Tab>
          <Tabs.Tab value="after">After submitting</Tabs.Tab>
          <Tabs.Tab value="languages">Languages</Tabs.Tab>
          <Tabs.Tab value="embed">Where it stands</Tabs.Tab>
          <Tabs.Tab value="protection">Protection</Tabs.Tab>
          <Tabs.Tab value="submissions">Submissions</Tabs.Tab>
          <Tabs.Tab value="results">Results</Tabs.Tab>
          <Tabs.Tab value="versions">Versions</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="build" pt="md">
          <FormBuild {...part} name={name} setName={next => autosave.set({ name: next })} />
        </Tabs.Panel>
        <Tabs.Panel value="after" pt="md">
          <FormAfter {...part} />
        </Tabs.Panel>
        <Tabs.Panel value="languages" pt="md">
          <FormLanguages {...part} />
        </Tabs.Panel>
        <Tabs.Panel value="embed" pt="md">
          <FormEmbed {...part} form={form} />
        </Tabs.Panel>
        <Tabs.Panel value="protection" pt="md">
          <FormProtection {...part} />
        </Tabs.Panel>
        <Tabs.Panel value="submissions" pt="md">
          <FormSubmissions form={form} />
        </Tabs.Panel>
        <Tabs.Panel value="results" pt="md">
          <FormResults form={form} />
        </Tabs.Panel>
        <Tabs.Panel value="versions" pt="md">
          <FormVersions form={form} disabled={disabled} flush={autosave.flush} />
        </Tabs.Panel>
      </Tabs>
      <FormPublish
        form={form}
        name={name}
        opened={publishing}
        onClose={() => setPublishing(false)}
        flush={autosave.flush}
      />
    </Page>
  )
}

function FormLine({ form }: { form: Form }) {
  return (
    <Group gap="sm" component="span">
      <Status status={form.status} />
      {form.ownerId && (
        <Text span size="sm" c="dimmed">
          <OwnerName id={form.ownerId} />
          {form.reviewOn ? `, review on ${formatDay(form.reviewOn)}` : ''}
        </Text>
      )}
      {form.liveVersion !== null && (
        <Anchor href={form.url} target="_blank" rel="noreferrer" size="sm">
          Open its page <IconExternalLink size={13} style={{ verticalAlign: '-2px' }} />
        </Anchor>
      )}
    </Group>
  )
}
