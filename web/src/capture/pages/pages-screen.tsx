import { Anchor, Button, Group, Modal, Radio, SegmentedControl, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { useCreating } from '@/ui/create-dialog'
import { formatMinute, formatNumber } from '@/ui/format'
import {
  type Column,
  CreateButton,
  changedColumn,
  ListTable,
  ownerColumn,
  reviewColumn,
  statusColumn,
  useFirst,
  useList,
} from '@/ui/list'
import { Empty, Page } from '@/ui/page'
import { ErrorNote } from '@/ui/states'

const readPages = (query: { limit: number; cursor?: string; status?: 'archived' }) =>
  call(client.GET('/api/v1/pages', { params: { query } }))
type Row = Awaited<ReturnType<typeof readPages>>['items'][number]

const columns: Column<Row>[] = [
  {
    title: 'Page',
    maw: 420,
    cell: page => (
      <>
        <Anchor component={Link} to={`/pages/${page.id}`} fw={600} size="sm">
          {page.name}
        </Anchor>
        <Text size="xs" c="dimmed" truncate>
          {page.url?.replace(/^https?:\/\//, '') ?? `/${page.slug}`}
        </Text>
      </>
    ),
  },
  { title: 'State', cell: page => statusColumn.cell(page) },
  {
    title: 'Planned',
    cell: page =>
      (page.publishAt ?? page.unpublishAt) && (
        <Text size="sm">
          {page.publishAt
            ? `Goes live ${formatMinute(page.publishAt)}`
            : page.unpublishAt && `Leaves ${formatMinute(page.unpublishAt)}`}
        </Text>
      ),
  },
  { title: 'Visitors, 30 days', isNumber: true, cell: page => formatNumber(page.visitors) },
  { title: 'Converted', isNumber: true, cell: page => formatNumber(page.converted) },
  {
    title: 'Rate',
    isNumber: true,
    cell: page => (page.visitors === 0 ? '-' : `${((page.converted / page.visitors) * 100).toFixed(1)} %`),
  },
  ownerColumn,
  reviewColumn,
  changedColumn,
]

/** Landing pages: where campaigns lead, and strangers become contacts. */
export function PagesScreen() {
  const go = useNavigate()
  const { archived = 'false' } = useSearch({ strict: false }) as { archived?: string }
  const first = useFirst('Make the first page')
  const list = useList(['pages', archived], query =>
    readPages(archived === 'true' ? { ...query, status: 'archived' } : query),
  )
  return (
    <Page
      title="Landing pages"
      words="One page for one purpose, live in minutes, with a form of ours on it. Fast, readable for everybody, and without a cookie before anybody has agreed."
      actions={
        <>
          <Button component={Link} to="/pages/images" variant="default">
            Images
          </Button>
          <Button component={Link} to="/pages/domains" variant="default">
            Domains
          </Button>
          <Button component={Link} to="/pages/brand" variant="default">
            Brand kit
          </Button>
          <CreateButton noun="page" />
        </>
      }
    >
      <SegmentedControl
        size="xs"
        w="fit-content"
        aria-label="Which pages"
        data={[
          { value: 'false', label: 'In use' },
          { value: 'true', label: 'Archived' },
        ]}
        value={archived}
        onChange={next => void go({ to: '.', search: { archived: next } as never, replace: true })}
      />
      <ListTable
        list={list}
        columns={columns}
        minWidth={980}
        empty={
          archived === 'true' ? (
            <Text c="dimmed">Nothing was archived.</Text>
          ) : (
            <Empty
              title="No page yet"
              words="Begin with a template: a white paper, a webinar, a demo, a trial or a thank you. Change the words, choose a form, publish."
              {...first}
            />
          )
        }
      />
      <NewPage />
    </Page>
  )
}

function NewPage() {
  const go = useNavigate()
  const { opened, close } = useCreating()
  const [name, setName] = useState('')
  const [template, setTemplate] = useState('')
  const templates = useQuery({
    queryKey: ['page-templates'],
    queryFn: () => call(client.GET('/api/v1/page-templates')),
    staleTime: Number.POSITIVE_INFINITY,
    enabled: opened,
  })
  const create = useMutation({
    mutationFn: async () => {
      const document = templates.data?.items.find(each => each.key === template)?.document
      const body = { name: name.trim(), ...(document ? { document: document as never } : {}) }
      const made = await call(client.POST('/api/v1/pages', { body }))
      await go({ to: `/pages/${made.id}` })
    },
  })
  return (
    <Modal opened={opened} onClose={close} title="New page">
      <form
        onSubmit={event => {
          event.preventDefault()
          if (name.trim()) create.mutate()
        }}
      >
        <Stack>
          <TextInput
            label="Name"
            placeholder="Spring webinar"
            required
            data-autofocus
            value={name}
            onChange={event => setName(event.currentTarget.value)}
          />
          <Radio.Group label="Begin with" value={template} onChange={setTemplate}>
            <Stack gap="xs" mt={6}>
              <Radio value="" label="An empty page" />
              {templates.data?.items.map(each => (
                <Radio key={each.key} value={each.key} label={each.name} description={each.words} />
              ))}
            </Stack>
          </Radio.Group>
          {create.isError && <ErrorNote error={create.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" loading={create.isPending} disabled={!name.trim()}>
              Create page
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
