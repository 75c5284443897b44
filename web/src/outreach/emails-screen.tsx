import { Anchor, Text } from '@mantine/core'
import { Link, useNavigate } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { CreateDialog } from '@/ui/create-dialog'
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

const readPage = (query: { limit: number; cursor?: string }) =>
  call(client.GET('/api/v1/emails', { params: { query } }))
type Email = Awaited<ReturnType<typeof readPage>>['items'][number]

const columns: Column<Email>[] = [
  {
    title: 'Email',
    maw: 420,
    cell: email => (
      <>
        <Anchor component={Link} to={`/emails/${email.id}`} fw={600} size="sm">
          {email.name}
        </Anchor>
        <Text size="sm" c="dimmed" truncate>
          {email.subject || '(no subject yet)'}
        </Text>
      </>
    ),
  },
  statusColumn,
  ownerColumn,
  reviewColumn,
  changedColumn,
]

/** All emails, drafts and published. */
export function EmailsScreen() {
  const go = useNavigate()
  const first = useFirst('Write the first email')
  const list = useList(['emails'], readPage)
  return (
    <Page
      title="Emails"
      words="What workflows and campaigns send. Published once, compiled once; every message keeps pointing at the version it was made of."
      actions={<CreateButton noun="email" />}
    >
      <ListTable
        list={list}
        columns={columns}
        minWidth={680}
        empty={
          <Empty
            title="No email yet"
            words="Write one in MJML or HTML with names and other values filled in for each person; look at it as a certain contact before it goes out."
            {...first}
          />
        }
      />
      <CreateDialog
        noun="email"
        placeholder="White paper follow-up"
        onCreate={async name => {
          const made = await call(client.POST('/api/v1/emails', { body: { name } }))
          await go({ to: `/emails/${made.id}` })
        }}
      />
    </Page>
  )
}
