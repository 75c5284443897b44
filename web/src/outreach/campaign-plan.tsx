import { Table, Text } from '@mantine/core'
import { formatMinute, formatNumber } from '@/ui/format'
import { type Campaign, type Option, useAudiences } from './campaign'

/** What was decided before it left. */
export function CampaignPlan({ campaign }: { campaign: Campaign }) {
  const { segments, lists, campaigns } = useAudiences()
  const { include, exclude, schedule, perHour, test } = campaign.settings
  const named = (options: Option[], ids: string[], noun: string) =>
    ids.map(id => `${noun} “${options.find(option => option.value === id)?.label ?? 'not there any more'}”`)
  const rows: [string, string][] = [
    [
      'Sent to',
      [...named(segments, include.segments, 'segment'), ...named(lists, include.lists, 'list')].join(', '),
    ],
    [
      'But not to',
      [
        ...named(segments, exclude.segments, 'segment'),
        ...named(lists, exclude.lists, 'list'),
        ...named(campaigns, exclude.campaigns, 'whoever got'),
      ].join(', ') || 'nobody was left out by hand',
    ],
    [
      'When',
      schedule.kind === 'now'
        ? 'as soon as it was sent'
        : schedule.kind === 'at'
          ? `${schedule.time.replace('T', ' ')}, ${schedule.zone}`
          : `${schedule.time.replace('T', ' ')} by the clock of each recipient`,
    ],
    [
      'How fast',
      perHour === null ? 'as fast as the mail server takes it' : `${formatNumber(perHour)} an hour`,
    ],
    [
      'Test',
      test
        ? `${test.variants.length} variants, ${test.share} % of the audience, ${test.hours} hours, at least ${formatNumber(test.minimum)} mails each, ${test.confidence} % probability`
        : 'none',
    ],
    [
      'Sent by',
      `${campaign.launchedBy ?? '-'}${campaign.launchedAt ? `, ${formatMinute(campaign.launchedAt)}` : ''}`,
    ],
  ]
  return (
    <Table.ScrollContainer minWidth={400} maw={900}>
      <Table verticalSpacing="sm">
        <Table.Tbody>
          {rows.map(([label, words]) => (
            <Table.Tr key={label}>
              <Table.Th w={160}>{label}</Table.Th>
              <Table.Td>
                <Text size="sm">{words}</Text>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}
