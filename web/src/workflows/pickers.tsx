import { Anchor, Select, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { call, client } from '@/api/client'
import { useUsers } from '@/ui/steward'

type Option = { value: string; label: string }
type PickerProps = {
  label: string
  value: string | null
  onChange(id: string | null): void
  disabled: boolean
  optional?: boolean
  description?: string
}

/** The names of what a step can point at; what is not live says so, because publishing will ask for it. */
export function useThings(kind: 'emails' | 'workflows' | 'score-models' | 'lists' | 'topics'): Option[] {
  const query = { limit: 200 } as const
  const found = useQuery({
    queryKey: ['picker', kind],
    staleTime: 15_000,
    queryFn: async (): Promise<{ id: string; name: string; status?: string }[]> => {
      if (kind === 'emails') return (await call(client.GET('/api/v1/emails', { params: { query } }))).items
      if (kind === 'workflows')
        return (await call(client.GET('/api/v1/workflows', { params: { query } }))).items
      if (kind === 'score-models') return (await call(client.GET('/api/v1/score-models'))).items
      if (kind === 'topics')
        return (await call(client.GET('/api/v1/topics'))).items.filter(topic => !topic.archived)
      return (await call(client.GET('/api/v1/lists'))).items.filter(list => list.archivedAt === null)
    },
  })
  return (found.data ?? [])
    .filter(thing => thing.status !== 'archived')
    .map(thing => ({
      value: thing.id,
      label:
        thing.status === undefined || thing.status === 'live'
          ? thing.name
          : `${thing.name} (${thing.status})`,
    }))
}

function Picker({
  data,
  label,
  value,
  onChange,
  disabled,
  optional,
  description,
  nothing,
}: PickerProps & { data: Option[]; nothing: string }) {
  const known =
    value === null || data.some(option => option.value === value)
      ? data
      : [...data, { value, label: 'Not there any more' }]
  return (
    <Select
      label={label}
      description={description}
      searchable
      clearable={optional ?? false}
      withAsterisk={!optional}
      disabled={disabled}
      data={known}
      value={value}
      onChange={onChange}
      placeholder={optional ? 'None' : 'Choose'}
      nothingFoundMessage={nothing}
    />
  )
}

export function EmailPicker(props: PickerProps) {
  return (
    <>
      <Picker {...props} data={useThings('emails')} nothing="No email has this name" />
      {props.value && (
        <Text size="sm">
          <Anchor component={Link} to={`/emails/${props.value}`} size="sm">
            Look at this email
          </Anchor>
        </Text>
      )}
    </>
  )
}
export function WorkflowPicker(props: PickerProps) {
  return (
    <>
      <Picker {...props} data={useThings('workflows')} nothing="No workflow has this name" />
      {props.value && (
        <Text size="sm">
          <Anchor component={Link} to={`/workflows/${props.value}`} size="sm">
            Look at this workflow
          </Anchor>
        </Text>
      )}
    </>
  )
}
export const ScorePicker = (props: PickerProps) => (
  <Picker {...props} data={useThings('score-models')} nothing="No score has this name" />
)
export const ListPicker = (props: PickerProps) => (
  <Picker {...props} data={useThings('lists')} nothing="No list has this name" />
)
export const TopicPicker = (props: PickerProps) => (
  <Picker {...props} data={useThings('topics')} nothing="No topic has this name" />
)
export function UserPicker(props: PickerProps) {
  const users = useUsers()
  const data = (users.data?.items ?? [])
    .filter(user => user.active)
    .map(user => ({ value: user.id, label: `${user.name} (${user.email})` }))
  return <Picker {...props} data={data} nothing="Nobody has this name" />
}
