import { ActionIcon, Text } from '@mantine/core'
import { modals } from '@mantine/modals'
import { IconTrash } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import { useEditReason } from '@/shell/me'
import { When } from '@/ui/format'
import { ListTable, useList } from '@/ui/list'
import { Empty } from '@/ui/page'
import { type Form, fieldsOf } from './form'
import { said } from './form-submission'

const read = (id: string, query: { limit: number; cursor?: string }) =>
  call(client.GET('/api/v1/forms/{id}/partials', { params: { path: { id }, query } }))

/** What was entered step by step and never sent. Nobody became a contact by it, and nobody is written to. */
export function FormPartials({ form }: { form: Form }) {
  const queries = useQueryClient()
  const reason = useEditReason()
  const list = useList(['form-partials', form.id], query => read(form.id, query))
  const forget = useMutation({
    mutationFn: (partialId: string) =>
      call(
        client.DELETE('/api/v1/forms/{id}/partials/{partialId}', {
          params: { path: { id: form.id, partialId } },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['form-partials', form.id] }),
  })
  const ask = (id: string) =>
    modals.openConfirmModal({
      title: 'Forget these answers?',
      children: (
        <Text size="sm">One form that was not sent is deleted for good. Nothing else stood on it.</Text>
      ),
      labels: { confirm: 'Forget them', cancel: 'Keep them' },
      confirmProps: { color: 'red' },
      onConfirm: () => forget.mutate(id),
    })
  const labels = new Map(fieldsOf(form.document).map(field => [field.key, field.label || field.key]))
  const steps = new Map(form.document.steps.map((step, at) => [step.id, step.title || `Step ${at + 1}`]))
  return (
    <ListTable
      list={list}
      minWidth={640}
      empty={
        <Empty
          title="Nothing here"
          words="What people enter and do not send shows up here for 14 days. Nobody becomes a contact by it, and nobody is written to."
        />
      }
      columns={[
        {
          title: 'Entered',
          maw: 420,
          cell: each => (
            <Text size="sm" lineClamp={2}>
              {Object.entries(each.answers)
                .map(([key, value]) => `${labels.get(key) ?? key}: ${said(value)}`)
                .join(' · ') || 'Nothing yet'}
            </Text>
          ),
        },
        { title: 'Last step', cell: each => steps.get(each.step) ?? each.step },
        { title: 'When', cell: each => <When at={each.at} /> },
        {
          title: '',
          cell: each => (
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label="Forget these answers"
              disabled={reason !== null}
              onClick={() => ask(each.id)}
            >
              <IconTrash size={16} />
            </ActionIcon>
          ),
        },
      ]}
    />
  )
}
