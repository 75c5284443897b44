import { MultiSelect, Paper, SimpleGrid, Stack, Text, Title } from '@mantine/core'
import { type Option, useAudiences } from './campaign'
import type { StepProps } from './campaign-wizard'

/** Who gets it, and who does not even though he is in there. */
export function CampaignAudience({ settings, disabled, onChange }: StepProps) {
  const { segments, lists, campaigns } = useAudiences()
  const { include, exclude } = settings
  const pick = (label: string, data: Option[], value: string[], onPick: (ids: string[]) => void) => (
    <MultiSelect
      label={label}
      data={data}
      value={value}
      onChange={onPick}
      disabled={disabled}
      searchable
      clearable
      placeholder={value.length === 0 ? 'None' : ''}
      nothingFoundMessage="Nothing has this name"
    />
  )
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} maw={1100}>
      <Paper withBorder p="md">
        <Stack>
          <Title order={2} size="h4">
            Send to
          </Title>
          {pick('Segments', segments, include.segments, ids =>
            onChange({ include: { ...include, segments: ids } }),
          )}
          {pick('Lists', lists, include.lists, ids => onChange({ include: { ...include, lists: ids } }))}
          <Text size="sm" c="dimmed">
            Whoever is in several of these gets it once. The members are fixed when the campaign starts: who
            joins later does not get it.
          </Text>
        </Stack>
      </Paper>
      <Paper withBorder p="md">
        <Stack>
          <Title order={2} size="h4">
            But not to
          </Title>
          {pick('Members of segments', segments, exclude.segments, ids =>
            onChange({ exclude: { ...exclude, segments: ids } }),
          )}
          {pick('Members of lists', lists, exclude.lists, ids =>
            onChange({ exclude: { ...exclude, lists: ids } }),
          )}
          {pick('Whoever got a campaign', campaigns, exclude.campaigns, ids =>
            onChange({ exclude: { ...exclude, campaigns: ids } }),
          )}
          <Text size="sm" c="dimmed">
            People without consent, suppressed addresses and those without an address are left out anyway; the
            review counts them.
          </Text>
        </Stack>
      </Paper>
    </SimpleGrid>
  )
}
