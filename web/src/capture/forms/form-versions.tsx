import { Button, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import { When } from '@/ui/format'
import { ListTable, useList } from '@/ui/list'
import type { Form } from './form'

/** What was published, and the way back to it. */
export function FormVersions({
  form,
  disabled,
  flush,
}: {
  form: Form
  disabled: boolean
  flush(): Promise<number>
}) {
  const list = useList(['form-versions', form.id], async query => {
    const page = await call(
      client.GET('/api/v1/forms/{id}/versions', { params: { path: { id: form.id }, query } }),
    )
    return { ...page, items: page.items.map(each => ({ ...each, id: String(each.number) })) }
  })
  const revert = useMutation({
    mutationFn: async (number: number) => {
      const version = await flush()
      const path = { id: form.id, number }
      await call(
        client.POST('/api/v1/forms/{id}/versions/{number}/revert', { params: { path }, body: { version } }),
      )
      notifications.show({ message: `Version ${number} is the draft again. Publish it to make it live.` })
      window.location.reload()
    },
  })
  return (
    <Stack gap="lg">
      <ListTable
        list={list}
        minWidth={520}
        empty={<Text c="dimmed">Nothing was published yet.</Text>}
        columns={[
          {
            title: 'Version',
            cell: each => `${each.number}${each.number === form.liveVersion ? ', live' : ''}`,
          },
          { title: 'Fields', isNumber: true, cell: each => each.fields },
          { title: 'Published', cell: each => <When at={each.publishedAt} /> },
          { title: 'By', cell: each => each.publishedBy },
          {
            title: '',
            cell: each => (
              <Button
                size="xs"
                variant="default"
                disabled={disabled}
                onClick={() => revert.mutate(each.number)}
              >
                Make it the draft
              </Button>
            ),
          },
        ]}
      />
    </Stack>
  )
}
