import { Button, Group, Modal, Select, Stack, Switch, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { call, client } from '@/api/client'
import { useCreating } from '@/ui/create-dialog'
import { ErrorNote } from '@/ui/states'
import { ScopePicker } from './keys-scopes'
import { type Role, roleOf, roles } from './roles'
import { ShowOnce } from './show-once'

const lives = [
  { value: '30', label: 'in 30 days' },
  { value: '90', label: 'in 90 days' },
  { value: '365', label: 'in a year' },
  { value: 'never', label: 'never' },
]

const endOf = (life: string) =>
  life === 'never' ? null : new Date(Date.now() + Number(life) * 86_400_000).toISOString()

/** A new key: what it is for, what it may, and when it runs out. */
export function CreateKey() {
  const { opened, close } = useCreating()
  const queries = useQueryClient()
  const [name, setName] = useState('')
  const [role, setRole] = useState<Role>('marketer')
  const [life, setLife] = useState('90')
  const [narrow, setNarrow] = useState(false)
  const [scopes, setScopes] = useState<string[]>([])
  const create = useMutation({
    mutationFn: () =>
      call(
        client.POST('/api/v1/api-keys', {
          body: { name: name.trim(), role, expiresAt: endOf(life), scopes: narrow ? scopes : null },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['api-keys'] }),
  })
  const leave = () => {
    create.reset()
    setName('')
    close()
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    create.mutate()
  }
  return (
    <Modal opened={opened} onClose={leave} title="New API key" size="lg">
      {create.data ? (
        <Stack>
          <ShowOnce
            title="The key"
            secret={create.data.key}
            words="It is shown only now; Tend keeps nothing but its hash."
          />
          <Group justify="flex-end">
            <Button onClick={leave}>I have it</Button>
          </Group>
        </Stack>
      ) : (
        <form onSubmit={submit}>
          <Stack>
            <TextInput
              label="Name"
              placeholder="Nightly report"
              required
              data-autofocus
              value={name}
              onChange={event => setName(event.currentTarget.value)}
            />
            <Group grow align="flex-start">
              <Select
                label="Role"
                data={roles.filter(each => each !== 'owner')}
                allowDeselect={false}
                value={role}
                onChange={value => {
                  setRole(roleOf(value))
                  setScopes([])
                }}
              />
              <Select
                label="Runs out"
                data={lives}
                allowDeselect={false}
                value={life}
                onChange={value => setLife(value ?? '90')}
              />
            </Group>
            <Switch
              label="Only some of what the role may"
              description="The less a key may, the less a lost one costs"
              checked={narrow}
              onChange={event => setNarrow(event.currentTarget.checked)}
            />
            {narrow && <ScopePicker role={role} value={scopes} onChange={setScopes} />}
            {create.isError && <ErrorNote error={create.error} />}
            <Group justify="flex-end">
              <Button variant="default" onClick={leave}>
                Cancel
              </Button>
              <Button
                type="submit"
                loading={create.isPending}
                disabled={!name.trim() || (narrow && scopes.length === 0)}
              >
                Create key
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  )
}
