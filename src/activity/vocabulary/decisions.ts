import { z } from 'zod'
import { type EventType, eventType, quoted } from '../event-type.ts'

const segment = z.looseObject({ segmentId: z.string(), segmentName: z.string().nullish() })
const score = z.looseObject({
  modelId: z.string(),
  modelName: z.string().nullish(),
  ruleId: z.string().nullish(),
  ruleName: z.string().nullish(),
  points: z.number().nullish(),
  score: z.number().nullish(),
  reason: z.string().nullish(),
  by: z.string().nullish(),
})
const crossing = z.looseObject({
  modelId: z.string(),
  modelName: z.string().nullish(),
  threshold: z.union([z.string(), z.number()]).nullish(),
  value: z.number().nullish(),
  score: z.number().nullish(),
})

const modelOf = (data: { modelName?: string | null | undefined }, name: string | null) =>
  quoted(data.modelName ?? name, 'the score')
const rounded = (value: number) => String(Math.round(value * 10) / 10)

function limitOf({ threshold, value }: z.output<typeof crossing>): string {
  if (typeof threshold === 'number') return rounded(threshold)
  if (!threshold) return value == null ? 'the threshold' : rounded(value)
  return `${quoted(threshold, '')}${value == null ? '' : ` (${rounded(value)})`}`
}

/** What the program concluded. */
export const decisionEvents: EventType[] = [
  eventType({
    type: 'segment.entered',
    title: 'Segment entered',
    data: segment,
    sentence: (data, name) => `entered the segment ${quoted(data.segmentName ?? name, data.segmentId)}`,
  }),
  eventType({
    type: 'segment.left',
    title: 'Segment left',
    data: segment,
    sentence: (data, name) => `left the segment ${quoted(data.segmentName ?? name, data.segmentId)}`,
  }),
  eventType({
    type: 'score.changed',
    title: 'Score changed',
    data: score,
    sentence(data, name) {
      const stands = data.score == null ? '' : `, now ${rounded(data.score)}`
      if (data.by === 'decay') return `went down in ${modelOf(data, name)} as time passed${stands}`
      if (data.by === 'recount') return `was counted anew in ${modelOf(data, name)}${stands}`
      const why = data.ruleName ?? data.reason
      const points = data.points ?? 0
      const moved = `${points < 0 ? 'lost' : 'got'} ${rounded(Math.abs(points))} point${Math.abs(points) === 1 ? '' : 's'} in ${modelOf(data, name)}`
      return `${moved}${why ? ` for ${quoted(why, '')}` : ''}${stands}`
    },
  }),
  eventType({
    type: 'score.rose',
    title: 'Score rose over a threshold',
    data: crossing,
    sentence: (data, name) => `rose to ${limitOf(data)} in ${modelOf(data, name)}`,
  }),
  eventType({
    type: 'score.fell',
    title: 'Score fell below a threshold',
    data: crossing,
    sentence: (data, name) => `fell below ${limitOf(data)} in ${modelOf(data, name)}`,
  }),
]
