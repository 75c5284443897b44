import { type Db, many, run, sql } from '#platform/db/db.ts'

const countries = ['DE', 'FR', 'GB', 'US', 'ES', 'IT', 'NL', 'PL']
export const stages = ['lead', 'marketing', 'sales', 'customer']

/** `size` contacts with twenty custom fields (about fifteen of them set) and, for a third, views of the last month. */
export async function fillCrowd(db: Db, size: number, now: Date): Promise<void> {
  await run(
    db,
    sql`
    insert into audience.contact (id, email, first_name, last_name, country, language, stage, job_title, attrs, created_at, updated_at)
    select i::bigint * 4096, 'person' || i || '@example.com', 'First' || (i % 997), 'Last' || (i % 9973),
      (${countries}::text[])[1 + i % 8], case when i % 3 = 0 then 'de' else 'en' end, (${stages}::text[])[1 + (i * 7) % 4],
      case when i % 5 = 0 then 'Head of Sales' when i % 5 = 1 then 'Engineer' end,
      jsonb_build_object('plan', (array['free', 'pro', 'team'])[1 + i % 3], 'seats', i % 100, 'visits', (i * 13) % 1000,
        'city', 'City ' || (i % 500), 'score_hint', (i % 77) / 10.0, 'newsletter', i % 2 = 0, 'source', 'import ' || (i % 9),
        'industry', 'Industry ' || (i % 40), 'revenue', (i % 1000) * 1000, 'team', 'Team ' || (i % 13),
        'renewal', to_char(${now}::timestamptz + make_interval(days => i % 365), 'YYYY-MM-DD'), 'rating', i % 5,
        'campaign', 'Campaign ' || (i % 60), 'channel', (array['web', 'fair', 'phone'])[1 + i % 3], 'note', md5(i::text)),
      ${now}::timestamptz - make_interval(days => i % 700), ${now}::timestamptz
    from generate_series(1, ${size}::int) as i`,
  )
  await run(
    db,
    sql`
    insert into activity.event (contact_id, at, id, received_at, depth, type, name, data)
    select 4096::bigint * i, ${now}::timestamptz - make_interval(hours => (i * 31) % 700), i, ${now}, 0, 'page.viewed', 'Pricing',
      jsonb_build_object('url', 'https://www.example.com/pricing', 'path', '/pricing')
    from generate_series(1, ${size}::int, 3) as i`,
  )
  await many(db, sql`select count(*) from audience.contact`)
  await run(db, sql`vacuum analyze audience.contact`)
  await run(db, sql`vacuum analyze activity.event`)
}
