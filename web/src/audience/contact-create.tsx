import { Alert, Anchor, Button, Checkbox, Group, Modal, Stack, Textarea, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { ApiError, call, client } from '@/api/client'
import { ErrorNote } from '@/ui/states'

const nothing = { email: '', firstName: '', lastName: '', jobTitle: '', agreed: false, wording: '', note: '' }

/** A contact by hand. Without proof of consent it can be looked at, but gets no marketing. */
export function ContactCreate({ opened, onClose }: { opened: boolean; onClose(): void }) {
  const go = useNavigate()
  const queries = useQueryClient()
  const [given, setGiven] = useState(nothing)
  const set = (change: Partial<typeof nothing>) => setGiven({ ...given, ...change })
  const create = useMutation({
    mutationFn: () => {
      const { email, agreed, wording, note, ...names } = given
      const core = Object.fromEntries(
        Object.entries(names).flatMap(([key, value]) => (value.trim() ? [[key, value.trim()]] : [])),
      )
      return call(
        client.POST('/api/v1/contacts', {
          body: {
            email: email.trim(),
            ...core,
            ...(agreed ? { consent: { wording: wording.trim(), note: note.trim() } } : {}),
          },
        }),
      )
    },
    onSuccess: async made => {
      await queries.invalidateQueries({ queryKey: ['contacts'] })
      setGiven(nothing)
      notifications.show({
        message: given.agreed
          ? 'Contact created, with the consent and its proof.'
          : 'Contact created, without consent.',
      })
      await go({ to: `/contacts/${made.id}` })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    create.mutate()
  }
  const text = (name: 'firstName' | 'lastName' | 'jobTitle', label: string) => (
    <TextInput
      label={label}
      value={given[name]}
      onChange={event => set({ [name]: event.currentTarget.value })}
    />
  )
  const isReady =
    given.email.trim() !== '' && (!given.agreed || (given.wording.trim() !== '' && given.note.trim() !== ''))
  return (
    <Modal opened={opened} onClose={onClose} title="New contact" size="lg">
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            label="Address"
            type="email"
            required
            data-autofocus
            value={given.email}
            onChange={event => set({ email: event.currentTarget.value })}
          />
          <Group grow>
            {text('firstName', 'First name')}
            {text('lastName', 'Last name')}
          </Group>
          {text('jobTitle', 'Job title')}
          <Checkbox
            label="This person agreed to marketing mail, and I can prove it"
            description="Without consent no marketing is sent, whatever workflows say."
            checked={given.agreed}
            onChange={event => set({ agreed: event.currentTarget.checked })}
          />
          {given.agreed && (
            <>
              <Textarea
                label="The words that were agreed to"
                placeholder="“Send me news about ... by email.”"
                required
                autosize
                minRows={2}
                value={given.wording}
                onChange={event => set({ wording: event.currentTarget.value })}
              />
              <Textarea
                label="When and how"
                placeholder="On paper at the fair in Graz, 12 May; the sheet lies with Mia"
                required
                autosize
                minRows={2}
                value={given.note}
                onChange={event => set({ note: event.currentTarget.value })}
              />
            </>
          )}
          {create.isError && <CreateError error={create.error} onClose={onClose} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={create.isPending} disabled={!isReady}>
              {given.agreed ? 'Create contact with consent' : 'Create contact'}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

/** Somebody has the address already: here is the way there. */
function CreateError({ error, onClose }: { error: Error; onClose(): void }) {
  const taken =
    error instanceof ApiError && error.problem.code === 'address_taken'
      ? error.problem.detail?.contactId
      : undefined
  if (typeof taken !== 'string') return <ErrorNote error={error} />
  return (
    <Alert color="yellow" role="alert" title="Somebody with this address is already a contact">
      <Anchor component={Link} to={`/contacts/${taken}`} onClick={onClose} size="sm">
        Open this contact
      </Anchor>
    </Alert>
  )
}
