import {
  IconBolt,
  IconFilter,
  IconFlag,
  IconGavel,
  IconRoute,
  IconSpeakerphone,
  IconStairs,
  IconTrendingUp,
  IconUser,
} from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { call, client } from '@/api/client'
import { Loaded } from '@/ui/states'
import { Chain, type ChainLink } from './chain'
import { contactKey } from './contact'

const readWhy = (id: string, messageId: string) =>
  call(client.GET('/api/v1/contacts/{id}/messages/{messageId}/why', { params: { path: { id, messageId } } }))
type Why = Awaited<ReturnType<typeof readWhy>>
type Step = Why['steps'][number]

const kinds: Record<Step['kind'], { title: string; icon: ChainLink['icon'] }> = {
  event: { title: 'What happened', icon: IconBolt },
  segment: { title: 'Segment', icon: IconFilter },
  score: { title: 'Score', icon: IconTrendingUp },
  workflow: { title: 'Workflow', icon: IconRoute },
  campaign: { title: 'Campaign', icon: IconSpeakerphone },
  step: { title: 'Step of the workflow', icon: IconStairs },
  person: { title: 'By hand', icon: IconUser },
  gate: { title: 'The gate, which decides about every message', icon: IconGavel },
  outcome: { title: 'What became of it', icon: IconFlag },
}

/** States as the ledger has them, in words. */
const outcomes: Record<string, string> = {
  queued: 'Written down to be sent',
  sending: 'Handed to the mail server',
}

const questions: Record<Why['message']['state'], string> = {
  sent: 'Why it was sent',
  sending: 'Why it is being sent',
  queued: 'Why it waits',
  deferred: 'Why it waits',
  failed: 'Why it was to be sent, and what went wrong',
  unknown: 'Why it was sent, and why nobody knows whether it arrived',
  suppressed: 'Why it was not sent',
  cancelled: 'Why it was not sent',
}

/** Event, segment or score, workflow, step, gate, outcome: the chain of one message from its first cause on. */
export function MessageWhy({ contactId, messageId }: { contactId: string; messageId: string }) {
  const why = useQuery({
    queryKey: contactKey(contactId, 'why', messageId),
    queryFn: () => readWhy(contactId, messageId),
  })
  return (
    <Loaded query={why} lines={4}>
      {({ message, steps }) => (
        <Chain
          label={questions[message.state]}
          links={steps.map((step, place) => linkOf(step, place, isDeciding(message, steps, place)))}
        />
      )}
    </Loaded>
  )
}

/** The link that answers the question: the gate where it refused or holds, else what became of it last. */
function isDeciding(message: Why['message'], steps: Step[], place: number): boolean {
  const refused = message.verdict !== null && message.verdict !== 'send'
  return refused ? steps[place]?.kind === 'gate' : place === steps.length - 1
}

function linkOf(step: Step, place: number, isEnd: boolean): ChainLink {
  const { title, icon } = kinds[step.kind]
  const told = step.kind === 'outcome' ? (outcomes[step.words] ?? step.words) : step.words
  const words = told.charAt(0).toUpperCase() + told.slice(1)
  return {
    key: `${step.kind}-${step.id ?? place}-${place}`,
    icon,
    title,
    words,
    at: step.at,
    isEnd,
    ...(isEnd && step.kind === 'gate' ? { color: 'orange' } : {}),
  }
}
