import { choose, colours } from './choices'
import type { Spec } from './spec-fields'

const spaces = choose('none', 'small', 'medium', 'large', 'huge')
const align = choose('start', 'centre', 'end')
const screens = choose('phone', 'tablet', 'desktop')
const styled = (name: string, label: string, options: { value: string; label: string }[]): Spec => ({
  name,
  label,
  kind: 'select',
  options,
  unset: 'As usual',
})

export const blockStyleSpecs: Spec[] = [
  styled('align', 'Line up', align),
  styled('width', 'Width', choose('narrow', 'half', 'normal', 'full')),
  styled('size', 'Size', choose('small', 'normal', 'large')),
  styled('background', 'Background', colours),
  styled('colour', 'Colour of the text', colours),
  styled('padding', 'Room inside', spaces),
  styled('margin', 'Room above and below', spaces),
  styled('radius', 'Corners', choose('none', 'small', 'large')),
  { name: 'border', label: 'Border', kind: 'switch' },
  { name: 'shadow', label: 'Shadow', kind: 'switch' },
  styled('phone.align', 'On phones: line up', align),
  styled('phone.padding', 'On phones: room inside', spaces),
  styled('phone.margin', 'On phones: room above and below', spaces),
  { name: 'hideOn', label: 'Hidden on', kind: 'many', options: screens },
]

export const sectionSpecs: Spec[] = [
  { name: 'name', label: 'Name (for you)', kind: 'line' },
  { name: 'anchor', label: 'Anchor', kind: 'line', help: 'Links to #anchor lead here' },
  styled('style.background', 'Background', colours),
  styled('style.colour', 'Colour of the text', colours),
  { name: 'style.imageId', label: 'Image behind it', kind: 'image' },
  styled('style.padding', 'Room inside', spaces),
  styled('style.width', 'Width', choose('narrow', 'normal', 'wide', 'full')),
  styled('style.align', 'Line up', align),
  { name: 'style.hideOn', label: 'Hidden on', kind: 'many', options: screens },
  { name: 'when', label: 'Who sees it', kind: 'when' },
]

export const settingGroups: { title: string; specs: Spec[] }[] = [
  {
    title: 'In search and browsers',
    specs: [
      { name: 'title', label: 'Title', kind: 'line' },
      { name: 'description', label: 'Description', kind: 'long' },
      { name: 'language', label: 'Language', kind: 'line', help: 'As en or pt-BR' },
      { name: 'canonical', label: 'Canonical address', kind: 'address', help: 'Empty: its own' },
      { name: 'robots.index', label: 'Search engines may find it', kind: 'switch' },
      { name: 'robots.follow', label: 'Search engines may follow its links', kind: 'switch' },
      { name: 'faviconImageId', label: 'Icon', kind: 'image', help: 'Empty: the one of the brand kit' },
      { name: 'jsonLd', label: 'JSON-LD', kind: 'code', help: 'One object of schema.org; empty for none' },
    ],
  },
  {
    title: 'When it is shared',
    specs: [
      { name: 'openGraph.title', label: 'Title', kind: 'line', help: 'Empty: the title of the page' },
      { name: 'openGraph.description', label: 'Description', kind: 'long' },
      { name: 'openGraph.imageId', label: 'Image', kind: 'image' },
      { name: 'openGraph.type', label: 'Kind', kind: 'select', options: choose('website', 'article') },
    ],
  },
  {
    title: 'Around the page',
    specs: [
      { name: 'header.logo', label: 'Logo at the top', kind: 'switch' },
      { name: 'header.link', label: 'The logo leads to the start page', kind: 'switch' },
      { name: 'footer', label: 'Footer of the brand kit', kind: 'switch' },
    ],
  },
  {
    title: 'Recording and consent',
    specs: [
      {
        name: 'sourceId',
        label: 'Views are recorded under',
        kind: 'source',
        help: 'Of those who agreed. Without one, visits are counted and nobody is known.',
      },
      { name: 'consent.banner', label: 'Ask for consent with a banner', kind: 'switch' },
      {
        name: 'consent.purposes',
        label: 'What is asked about',
        kind: 'many',
        options: [
          { value: 'analytics', label: 'Analytics' },
          { value: 'marketing', label: 'Marketing' },
        ],
      },
      { name: 'consent.text', label: 'Words of the banner', kind: 'long' },
      { name: 'consent.privacyUrl', label: 'Privacy notice', kind: 'line' },
      { name: 'linkedHosts', label: 'Hosts that are ours too, one a line', kind: 'lines' },
    ],
  },
]

const fonts = [
  { value: 'system', label: 'System' },
  { value: 'humanist', label: 'Humanist' },
  { value: 'geometric', label: 'Geometric' },
  { value: 'classic', label: 'Classic' },
  { value: 'transitional', label: 'Transitional' },
  { value: 'slab', label: 'Slab' },
  { value: 'mono', label: 'Mono' },
]

export const kitSpecs: Spec[] = [
  { name: 'name', label: 'Name', kind: 'line' },
  { name: 'logoImageId', label: 'Logo', kind: 'image' },
  { name: 'faviconImageId', label: 'Icon', kind: 'image' },
  {
    name: 'fonts.heading',
    label: 'Letters of headings',
    kind: 'select',
    options: fonts,
    help: 'Families that every machine has: nothing is fetched for them',
  },
  { name: 'fonts.body', label: 'Letters of the text', kind: 'select', options: fonts },
  {
    name: 'buttons',
    label: 'Buttons',
    kind: 'select',
    options: [
      { value: 'square', label: 'Square' },
      { value: 'rounded', label: 'Rounded' },
      { value: 'pill', label: 'Pill' },
    ],
  },
  { name: 'footer', label: 'Footer', kind: 'rich', help: 'Below every page: who we are' },
]
