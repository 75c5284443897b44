import { Text } from '@mantine/core'

const width = 360
const height = 110
const days = 120

/** 100 points over four months: drawn by hand, because one line needs no chart library. */
export function DecayCurve({ halfLifeDays }: { halfLifeDays: number | null }) {
  const worth = (day: number) => (halfLifeDays === null ? 100 : 100 * 0.5 ** (day / halfLifeDays))
  const x = (day: number) => 30 + (day / days) * (width - 40)
  const y = (points: number) => 10 + (1 - points / 100) * (height - 30)
  const line = Array.from(
    { length: days + 1 },
    (_, day) => `${day === 0 ? 'M' : 'L'}${x(day).toFixed(1)} ${y(worth(day)).toFixed(1)}`,
  ).join(' ')
  const marks = [30, 60, 90, 120]
  return (
    <figure style={{ margin: 0 }}>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        width="100%"
        style={{ maxWidth: 480 }}
        role="img"
        aria-label="What 100 points are worth over time"
      >
        <line x1={30} y1={y(0)} x2={width - 10} y2={y(0)} stroke="var(--tend-line)" />
        <line x1={30} y1={y(50)} x2={width - 10} y2={y(50)} stroke="var(--tend-line)" strokeDasharray="4 4" />
        <text x={0} y={y(100) + 4} fontSize={10} fill="currentColor">
          100
        </text>
        <text x={6} y={y(50) + 4} fontSize={10} fill="currentColor">
          50
        </text>
        {marks.map(day => (
          <text key={day} x={x(day)} y={height - 4} fontSize={10} textAnchor="middle" fill="currentColor">
            {day} d
          </text>
        ))}
        <path d={line} fill="none" stroke="var(--mantine-primary-color-filled)" strokeWidth={2.5} />
      </svg>
      <Text component="figcaption" size="sm" c="dimmed">
        100 points are worth {marks.map(day => `${Math.round(worth(day))} after ${day} days`).join(', ')}.
      </Text>
    </figure>
  )
}
