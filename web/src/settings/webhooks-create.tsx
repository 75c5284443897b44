import { Button, Group, Modal, MultiSelect, Stack, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call, client } from '@/api/client'
import { useMe } from '@/shell/me'
import { useCreating } from '@/ui/create-dialog'
import { ErrorNote } from '@/ui/states'
import { ShowOnce } from './show-once'
import { useEventTypes } from './webhooks-data'

/** The picker of event types; `*` stands for all. */
export function TypesInput({ value, onChange }: { value: string[]; onChange(types: string[]): void }) {
  const types = useEventTypes()
  return (
    <MultiSelect
      label="Events"
      description="Only of people whom Tend knows, never of anonymous visitors."
      required
      searchable
      clearable
      data={[
        { value: '*', label: 'Everything that happens' },
        ...(types.data?.items ?? []).map(({ type, title }) => ({ value: type, label: title })),
      ]}
      value={value}
      onChange={onChange}
    />
  )
}

/** A new endpoint; its secret is shown at the only moment at which it can be seen. */
export function CreateWebhook() {
  const { opened, close } = useCreating()
  const me = useMe()
  const queries = useQueryClient()
  const [name, setName] = useState('')
  const [url, setUrl] = useState('')
  const [types, setTypes] = useState<string[]>([])
  const create = useMutation({
    mutationFn: () =>
      call(
        client.POST('/api/v1/webhooks', {
          body: { name: name.trim(), url: url.trim(), types, ownerId: me.data?.id ?? '' },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['webhooks'] }),
  })
  const leave = () => {
    create.reset()
    setName('')
    setUrl('')
    setTypes([])
    close()
  }
  return (
    <Modal opened={opened} onClose={leave} title="New webhook" size="lg">
      {create.data ? (
        <Stack>
          <ShowOnce
            title="The signing secret"
            secret={create.data.secret}
            words="It is shown only now. The receiver checks every call with it (Standard Webhooks)."
          />
          <Group justify="flex-end">
            <Button onClick={leave}>I have it</Button>
          </Group>
        </Stack>
      ) : (
        <Stack>
          <TextInput
            label="Name"
            placeholder="Data warehouse"
            required
            data-autofocus
            value={name}
            onChange={event => setName(event.currentTarget.value)}
          />
          <TextInput
            label="Address"
            placeholder="https://hooks.example.com/tend"
            required
            value={url}
            onChange={event => setUrl(event.currentTarget.value)}
          />
          <TypesInput value={types} onChange={setTypes} />
          {create.isError && <ErrorNote error={create.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={leave}>
              Cancel
            </Button>
            <Button
              loading={create.isPending}
              disabled={!name.trim() || !url.trim() || types.length === 0}
              onClick={() => create.mutate()}
            >
              Create webhook
            </Button>
          </Group>
        </Stack>
      )}
    </Modal>
  )
}
