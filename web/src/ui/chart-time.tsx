import { Box, Group, Text } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'
import { type KeyboardEvent, useState } from 'react'
import { formatDay } from '@/ui/format'
import styles from './chart-time.module.css'

const height = 220
const left = 48
const right = 8
const top = 10
const bottom = 26

/** One metric over time. Bars, from zero, for what happens; a line for what stands (a size). */
export type TimeChartProps = {
  name: string
  points: string[]
  values: (number | null)[]
  /** The same length of time before, drawn as a dashed line. */
  before: (number | null)[] | null
  /** The days that `before` stands for, in words. */
  beforeWords?: string
  unit: 'day' | 'week' | 'month'
  kind: 'bars' | 'line'
  /** Drawn in grey: what machines did. */
  quiet?: boolean
  format(value: number | null): string
}

/** Drawn by hand: sharp, accessible by arrow keys, and a few hundred bytes where a library would be a hundred thousand. */
export function TimeChart(props: TimeChartProps) {
  const { points, values, before, kind, format } = props
  const { ref, width } = useElementSize()
  const [at, setAt] = useState<number | null>(null)
  const most = niceMax(Math.max(...numbers(values), ...numbers(before ?? []), 0))
  const inner = Math.max(width - left - right, 10)
  const step = inner / Math.max(points.length, 1)
  const x = (index: number) => left + step * (index + 0.5)
  const y = (value: number) => top + (height - top - bottom) * (1 - value / most)
  const move = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    if (event.key === 'Escape') setAt(null)
    if (!by) return
    event.preventDefault()
    setAt(now => Math.min(points.length - 1, Math.max(0, (now ?? (by > 0 ? -1 : points.length)) + by)))
  }
  return (
    <Box
      ref={ref}
      className={styles.frame}
      tabIndex={0}
      role="group"
      aria-label={`${props.name} over time. Arrow keys read out each value.`}
      onKeyDown={move}
      onBlur={() => setAt(null)}
    >
      <svg
        width="100%"
        height={height}
        aria-hidden
        onPointerLeave={() => setAt(null)}
        onPointerMove={event => {
          const box = event.currentTarget.getBoundingClientRect()
          const index = Math.floor((event.clientX - box.left - left) / step)
          setAt(index >= 0 && index < points.length ? index : null)
        }}
      >
        {ticks(most).map(tick => (
          <g key={tick}>
            <line
              x1={left}
              x2={Math.max(width - right, left)}
              y1={y(tick)}
              y2={y(tick)}
              className={styles.grid}
            />
            <text x={left - 8} y={y(tick) + 4} textAnchor="end" className={styles.label}>
              {format(tick)}
            </text>
          </g>
        ))}
        {at !== null && (
          <rect
            x={left + step * at}
            y={top}
            width={step}
            height={height - top - bottom}
            className={styles.cursor}
          />
        )}
        {kind === 'bars' ? (
          values.map((value, index) =>
            value ? (
              <path
                key={points[index]}
                d={bar(x(index), y(value), y(0), step)}
                className={styles.bar}
                data-quiet={props.quiet || undefined}
              />
            ) : null,
          )
        ) : (
          <>
            <path d={area(values, x, y)} className={styles.area} />
            <path d={path(values, x, y)} className={styles.line} />
          </>
        )}
        {before && <path d={path(before, x, y)} className={styles.before} />}
        {labelled(points, inner).map(index => (
          <text key={points[index]} x={x(index)} y={height - 8} textAnchor="middle" className={styles.label}>
            {shortDay(points[index] ?? '', props.unit)}
          </text>
        ))}
      </svg>
      <div aria-live="polite">{at !== null && <Tip {...props} at={at} x={x(at)} width={width} />}</div>
    </Box>
  )
}

function Tip(props: TimeChartProps & { at: number; x: number; width: number }) {
  const { at, before, format } = props
  const point = props.points[at] ?? ''
  const side = props.x > props.width / 2 ? { right: props.width - props.x + 12 } : { left: props.x + 12 }
  const words =
    props.unit === 'day'
      ? formatDay(point)
      : props.unit === 'week'
        ? `week of ${formatDay(point)}`
        : monthOf(point)
  return (
    <div className={styles.tip} style={side}>
      <Text size="xs" c="dimmed">
        {words}
      </Text>
      <Text size="sm" fw={600} className="numbers">
        {props.name}: {format(props.values[at] ?? null)}
      </Text>
      {before && (
        <Text size="xs" c="dimmed" className="numbers">
          before: {format(before[at] ?? null)}
        </Text>
      )}
    </div>
  )
}

/** What the shapes stand for, in words. */
export function ChartLegend({
  name,
  beforeWords,
  kind,
}: {
  name: string
  beforeWords: string | null
  kind: 'bars' | 'line'
}) {
  return (
    <Group gap="lg">
      <Group gap={6}>
        <svg width={16} height={10} aria-hidden>
          {kind === 'bars' ? (
            <rect width={10} height={10} x={3} rx={2} className={styles.bar} />
          ) : (
            <line x1={0} x2={16} y1={5} y2={5} className={styles.line} />
          )}
        </svg>
        <Text size="xs">{name}</Text>
      </Group>
      {beforeWords && (
        <Group gap={6}>
          <svg width={20} height={10} aria-hidden>
            <line x1={0} x2={20} y1={5} y2={5} className={styles.before} />
          </svg>
          <Text size="xs" c="dimmed">
            {beforeWords}
          </Text>
        </Group>
      )}
    </Group>
  )
}

const numbers = (values: (number | null)[]) => values.filter(value => value !== null)

/** The next round number: the scale begins at zero and ends at something that can be read. */
function niceMax(most: number): number {
  if (most <= 4) return most <= 1 ? Math.max(most, 0) || 1 : 4
  const power = 10 ** Math.floor(Math.log10(most))
  return ([1, 2, 3, 4, 5, 6, 8, 10].find(each => each * power >= most) ?? 10) * power
}

function ticks(most: number): number[] {
  if (most <= 1) return [0, most]
  const leading = most / 10 ** Math.floor(Math.log10(most))
  const count = { 1: 2, 3: 3, 5: 5, 6: 3 }[leading] ?? 4
  return Array.from({ length: count + 1 }, (_, index) => (most * index) / count)
}

function bar(middle: number, upper: number, lower: number, step: number): string {
  const width = Math.max(1, Math.min(step * 0.72, 36))
  const radius = Math.min(3, width / 2, lower - upper)
  const x = middle - width / 2
  return `M${x} ${lower}V${upper + radius}q0 ${-radius} ${radius} ${-radius}h${width - 2 * radius}q${radius} 0 ${radius} ${radius}V${lower}z`
}

type Scale = (value: number) => number

/** Gaps stay gaps: what is not known is not drawn. */
function path(values: (number | null)[], x: Scale, y: Scale): string {
  return values
    .map((value, index) => {
      if (value === null) return ''
      const isFirst = index === 0 || values[index - 1] === null
      return `${isFirst ? 'M' : 'L'}${x(index).toFixed(1)} ${y(value).toFixed(1)}`
    })
    .join('')
}

function area(values: (number | null)[], x: Scale, y: Scale): string {
  const first = values.findIndex(value => value !== null)
  const last = values.findLastIndex(value => value !== null)
  if (first < 0) return ''
  return `${path(values.slice(first, last + 1), index => x(index + first), y)}L${x(last)} ${y(0)}L${x(first)} ${y(0)}Z`
}

/** As many dates as fit without touching. */
function labelled(points: string[], width: number): number[] {
  const every = Math.max(1, Math.ceil(points.length / Math.max(2, Math.floor(width / 72))))
  return points.flatMap((_point, index) => (index % every === 0 ? [index] : []))
}

const dayMonth = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' })
const monthYear = new Intl.DateTimeFormat(undefined, { month: 'short', year: 'numeric', timeZone: 'UTC' })
const monthOf = (day: string) => monthYear.format(new Date(`${day}T00:00:00Z`))
const shortDay = (day: string, unit: 'day' | 'week' | 'month') =>
  unit === 'month' ? monthOf(day) : dayMonth.format(new Date(`${day}T00:00:00Z`))
