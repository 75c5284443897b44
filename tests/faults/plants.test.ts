import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crowd, freezeSender, joinLate } from './fleets.ts'
import { plants } from './plants.ts'
import { failWrites, killInTick, killStreet, killWorkers, optOutStorm, type Scenario } from './scenarios.ts'

/** The story in which each bug must show. */
const stories: Record<string, Scenario> = {
  'suppression is checked once for a large batch': optOutStorm(700),
  'intake says yes before it commits': killStreet(6),
  'what is in doubt is sent again': killWorkers(400, 2),
  'work is checked off when it is fetched': killInTick(600, 2),
  'a sender that was given up goes on sending': freezeSender(400),
  'a counter is raised beside the ledger': failWrites(600),
  'what was rendered for one is used for all': crowd(100),
  "who lives is told by the machine's own clock": joinLate(3000),
}
const tries = 5

for (const plant of plants) {
  test(`the checker finds it where ${plant.name}`, { timeout: 290_000 }, async () => {
    const scenario = stories[plant.name]
    assert.ok(scenario)
    let found: string[] = []
    for (let seed = 1; seed <= tries && !found.some(words => words.startsWith(plant.breaks)); seed++)
      found = [...found, ...(await scenario({ seed, plant: plant.name }).catch(error => [String(error)]))]
    assert.ok(
      found.some(words => words.startsWith(plant.breaks)),
      `${plant.breaks} was not seen broken in ${tries} runs: ${found.slice(0, 5).join('; ')}`,
    )
  })
}
