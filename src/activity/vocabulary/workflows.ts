import { z } from 'zod'
import { type EventType, eventType, quoted } from '../event-type.ts'

const participation = z.looseObject({
  workflowId: z.string(),
  workflowName: z.string().nullish(),
  version: z.number().nullish(),
  enrolmentId: z.string().nullish(),
})

/** Where somebody stands in what we do. */
export const workflowEvents: EventType[] = [
  eventType({
    type: 'workflow.entered',
    title: 'Workflow entered',
    data: participation,
    sentence: (data, name) => `entered the workflow ${quoted(data.workflowName ?? name, data.workflowId)}`,
  }),
  eventType({
    type: 'workflow.moved',
    title: 'Moved to another workflow',
    data: participation.extend({ toWorkflowId: z.string().nullish(), toWorkflowName: z.string().nullish() }),
    sentence: (data, name) =>
      `moved from the workflow ${quoted(data.workflowName, data.workflowId)} to ${quoted(data.toWorkflowName ?? name, 'another one')}`,
  }),
  eventType({
    type: 'workflow.exited',
    title: 'Workflow left',
    data: participation.extend({ reason: z.string().nullish() }),
    sentence: (data, name) =>
      `left the workflow ${quoted(data.workflowName ?? name, data.workflowId)}${data.reason ? ` (${data.reason.replaceAll('_', ' ')})` : ''}`,
  }),
]
