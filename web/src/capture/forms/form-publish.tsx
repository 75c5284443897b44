import { Alert, List, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import { Loaded } from '@/ui/states'
import { PublishDialog } from '@/ui/steward'
import type { Form } from './form'

type Props = { form: Form; name: string; opened: boolean; onClose(): void; flush(): Promise<number> }

/** Owner, day of review, and what going live means. */
export function FormPublish({ form, name, opened, onClose, flush }: Props) {
  const queries = useQueryClient()
  return (
    <PublishDialog
      opened={opened}
      onClose={onClose}
      title={`Publish “${name}”`}
      deed={form.status === 'live' ? 'Publish the changes' : 'Publish and take submissions'}
      steward={form}
      onPublish={async steward => {
        const version = await flush()
        const path = { id: form.id }
        await call(
          client.POST('/api/v1/forms/{id}/publish', { params: { path }, body: { version, ...steward } }),
        )
        notifications.show({ message: 'Published. The form takes submissions.' })
        await queries.invalidateQueries({ queryKey: ['form', form.id] })
        // The editor begins anew from what stands on the server.
        window.location.reload()
      }}
    >
      {opened && <Findings id={form.id} flush={flush} />}
    </PublishDialog>
  )
}

function Findings({ id, flush }: { id: string; flush(): Promise<number> }) {
  const found = useQuery({
    queryKey: ['form-check', id, 'publish'],
    gcTime: 0,
    queryFn: async () => {
      await flush()
      return call(client.POST('/api/v1/forms/{id}/check', { params: { path: { id } } }))
    },
  })
  return (
    <Loaded query={found} lines={2}>
      {({ problems, warnings }) => (
        <Stack gap="sm">
          {problems.length > 0 && (
            <Alert color="red" icon={<IconAlertTriangle size={16} />} title="This has to be mended first">
              <List size="sm">
                {problems.map(each => (
                  <List.Item key={`${each.path} ${each.message}`}>
                    {each.path}: {each.message}
                  </List.Item>
                ))}
              </List>
            </Alert>
          )}
          {warnings.length > 0 && (
            <Alert color="yellow" title="Worth a thought">
              <List size="sm">
                {warnings.map(each => (
                  <List.Item key={`${each.path} ${each.message}`}>{each.message}</List.Item>
                ))}
              </List>
            </Alert>
          )}
          {problems.length === 0 && (
            <Text size="sm">
              Whoever has its address can send it. Pages that show the form already show the new version at
              once.
            </Text>
          )}
        </Stack>
      )}
    </Loaded>
  )
}
