import { Checkbox, NumberInput, Stack, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ApiError, call, client } from '@/api/client'
import { formatNumber } from '@/ui/format'
import { PublishDialog } from '@/ui/steward'
import type { Campaign, Review, Settings } from './campaign'

/** The last word: the number, typed where it is large, the owner, and whether it may be taken back. */
export function CampaignLaunch(props: {
  opened: boolean
  onClose(): void
  campaign: Campaign
  settings: Settings
  review: Review
  before(): Promise<number>
  onLaunched(): void
}) {
  const { campaign, settings, review } = props
  const queries = useQueryClient()
  const [typed, setTyped] = useState<number | string>('')
  const [immediately, setImmediately] = useState(false)
  const n = review.recipients ?? 0
  const isNow = settings.schedule.kind === 'now'
  const launch = async (steward: { ownerId: string; reviewOn: string }) => {
    if (review.mustType && typed !== n)
      throw new ApiError({
        title: `Type the number of recipients, ${formatNumber(n)}, to confirm it.`,
        status: 422,
        code: 'not_confirmed',
      })
    const version = await props.before()
    await call(
      client.POST('/api/v1/campaigns/{id}/launch', {
        params: { path: { id: campaign.id } },
        body: { version, recipients: n, immediately, ...steward },
      }),
    )
    await queries.invalidateQueries({ queryKey: ['campaign', campaign.id] })
    props.onLaunched()
  }
  return (
    <PublishDialog
      opened={props.opened}
      onClose={props.onClose}
      title={isNow ? `Send “${campaign.name}”` : `Schedule “${campaign.name}”`}
      deed={`${isNow ? 'Send' : 'Schedule'} to ${formatNumber(n)} ${n === 1 ? 'person' : 'people'}`}
      steward={campaign}
      onPublish={launch}
    >
      <Stack gap="sm">
        <Text>
          <b>{formatNumber(n)}</b> {n === 1 ? 'person' : 'people'} will get it
          {settings.test
            ? `, ${settings.test.share} % of them as a test of ${settings.test.variants.length} variants`
            : ''}
          {settings.perHour ? `, at most ${formatNumber(settings.perHour)} an hour` : ''}.
        </Text>
        <Text size="sm" c="dimmed">
          {settings.schedule.kind === 'now'
            ? 'The first mail leaves in a minute; until then it can be taken back as a whole.'
            : settings.schedule.kind === 'at'
              ? `It starts at ${settings.schedule.time.replace('T', ' ')}, ${settings.schedule.zone}. The audience is counted anew at that moment.`
              : `It leaves at ${settings.schedule.time.replace('T', ' ')} by the clock of each recipient.`}
        </Text>
        {review.mustType && (
          <NumberInput
            label={`Type ${formatNumber(n)} to confirm the number`}
            hideControls
            thousandSeparator={false}
            allowDecimal={false}
            value={typed}
            onChange={setTyped}
            w={260}
          />
        )}
        {isNow && (
          <Checkbox
            label="Now, without the minute to take it back"
            checked={immediately}
            onChange={event => setImmediately(event.currentTarget.checked)}
          />
        )}
      </Stack>
    </PublishDialog>
  )
}
