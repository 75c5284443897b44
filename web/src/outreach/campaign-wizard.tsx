import { Button, Group, Stepper, TextInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback } from 'react'
import { call, client } from '@/api/client'
import { useEditReason } from '@/shell/me'
import { SaveNote, StaleNote, useAutosave } from '@/ui/autosave'
import { Page } from '@/ui/page'
import type { Campaign, Settings } from './campaign'
import { CampaignAudience } from './campaign-audience'
import { CampaignContent } from './campaign-content'
import { CampaignMenu } from './campaign-menu'
import { CampaignReview } from './campaign-review'
import { CampaignSchedule } from './campaign-schedule'
import { CampaignStatus } from './campaign-status'

const steps = [
  { key: 'audience', label: 'Audience', words: 'Who gets it' },
  { key: 'content', label: 'Content', words: 'What they get' },
  { key: 'schedule', label: 'Schedule', words: 'When' },
  { key: 'review', label: 'Review', words: 'Numbers and checks' },
] as const

export type StepProps = {
  settings: Settings
  disabled: boolean
  onChange(change: Partial<Settings>): void
}

/** Four steps to a campaign; every change is saved, every step can be opened at any time. */
export function CampaignWizard({ campaign, onReload }: { campaign: Campaign; onReload(): void }) {
  const go = useNavigate()
  const queries = useQueryClient()
  const { step = 'audience' } = useSearch({ strict: false }) as { step?: string }
  const reason = useEditReason()
  const save = useCallback(
    async (draft: { name: string; settings: Settings }, version: number) => {
      const saved = await call(
        client.PATCH('/api/v1/campaigns/{id}', {
          params: { path: { id: campaign.id } },
          body: { version, name: draft.name, settings: draft.settings },
        }),
      )
      queries.setQueryData(['campaign', campaign.id], saved)
      return saved.version
    },
    [campaign.id, queries],
  )
  const autosave = useAutosave(
    { draft: { name: campaign.name, settings: campaign.settings }, version: campaign.version },
    save,
  )
  const { settings, name } = autosave.draft
  const place = Math.max(
    0,
    steps.findIndex(each => each.key === step),
  )
  const open = (next: number) =>
    void go({ to: '.', search: { step: steps[next]?.key ?? 'audience' } as never, replace: true })
  const locked = reason !== null
  const props: StepProps = {
    settings,
    disabled: locked,
    onChange: change => autosave.set({ settings: { ...settings, ...change } }),
  }
  return (
    <Page
      title={name}
      words={<CampaignStatus status={campaign.status} />}
      actions={
        <>
          <SaveNote state={autosave.state} />
          <CampaignMenu campaign={campaign} />
        </>
      }
    >
      <StaleNote autosave={autosave} onReload={() => window.location.reload()} />
      <Stepper active={place} onStepClick={open} size="sm" maw={900}>
        {steps.map(({ key, label, words }) => (
          <Stepper.Step key={key} label={label} description={words} />
        ))}
      </Stepper>
      {step === 'audience' && (
        <TextInput
          label="Name of the campaign"
          description="For you and your colleagues; recipients do not see it."
          maw={560}
          disabled={locked}
          value={name}
          onChange={event => autosave.set({ name: event.currentTarget.value })}
        />
      )}
      {step === 'audience' && <CampaignAudience {...props} />}
      {step === 'content' && <CampaignContent {...props} id={campaign.id} before={autosave.flush} />}
      {step === 'schedule' && <CampaignSchedule {...props} />}
      {step === 'review' && (
        <CampaignReview
          campaign={campaign}
          settings={settings}
          before={autosave.flush}
          onLaunched={onReload}
        />
      )}
      <Group>
        {place > 0 && (
          <Button variant="default" onClick={() => open(place - 1)}>
            Back
          </Button>
        )}
        {place < steps.length - 1 && (
          <Button onClick={() => open(place + 1)}>Next: {steps[place + 1]?.label}</Button>
        )}
      </Group>
    </Page>
  )
}
