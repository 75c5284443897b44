// Loaded before the program by a test that plants a bug: the source text of one file is changed as it is read. The
// program itself knows nothing of this.
import { registerHooks } from 'node:module'
import { plants } from './plants.ts'

const plant = plants.find(each => each.name === process.env.TEST_PLANT)
if (!plant) throw new Error(`There is no bug named "${process.env.TEST_PLANT}" to plant.`)

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context)
    if (!url.endsWith(plant.file) || loaded.source === undefined || loaded.source === null) return loaded
    const text =
      typeof loaded.source === 'string' ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString()
    if (!text.includes(plant.from))
      throw new Error(`The bug "${plant.name}" finds no ground in ${plant.file}.`)
    return { ...loaded, source: text.replace(plant.from, plant.to) }
  },
})
