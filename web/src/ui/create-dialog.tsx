import { Button, Group, Modal, Stack, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { ErrorNote } from '@/ui/states'

/** Whether the create dialog is open: it lives in the address, so that the Create menu can open it from anywhere. */
export function useCreating(): { opened: boolean; open(): void; close(): void } {
  const search = useSearch({ strict: false }) as Record<string, string | undefined>
  const go = useNavigate()
  const { create, ...rest } = search
  return {
    opened: create === 'yes',
    open: () => void go({ to: '.', search: { ...rest, create: 'yes' } as never }),
    close: () => void go({ to: '.', search: rest as never, replace: true }),
  }
}

type Props = { noun: string; placeholder: string; onCreate(name: string): Promise<unknown> }

/** Asks for a name and makes a draft; everything else is said in the editor. */
export function CreateDialog({ noun, placeholder, onCreate }: Props) {
  const { opened, close } = useCreating()
  const [name, setName] = useState('')
  const create = useMutation({ mutationFn: () => onCreate(name.trim()) })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (name.trim()) create.mutate()
  }
  return (
    <Modal opened={opened} onClose={close} title={`New ${noun}`}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            label="Name"
            placeholder={placeholder}
            required
            data-autofocus
            value={name}
            onChange={event => setName(event.currentTarget.value)}
          />
          {create.isError && <ErrorNote error={create.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" loading={create.isPending} disabled={!name.trim()}>
              Create {noun}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
