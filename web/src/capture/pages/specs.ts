import type { Spec } from './spec-fields'

const choose = (...values: string[]) => values.map(value => ({ value, label: words[value] ?? value }))
const words: Record<string, string> = {
  start: 'Left',
  centre: 'Middle',
  end: 'Right',
  below: 'Below',
  none: 'None',
  small: 'Small',
  medium: 'Medium',
  large: 'Large',
  huge: 'Huge',
  normal: 'Normal',
  narrow: 'Narrow',
  half: 'Half',
  wide: 'Wide',
  full: 'Full',
  primary: 'Main button',
  secondary: 'Second button',
  link: 'Link',
  line: 'Line',
  space: 'Space',
  phone: 'Phone',
  tablet: 'Tablet',
  desktop: 'Desktop',
  never: 'Never',
  youtube: 'YouTube',
  vimeo: 'Vimeo',
  website: 'Website',
  article: 'Article',
}

const colours = [
  { value: 'background', label: 'Background' },
  { value: 'surface', label: 'Surface' },
  { value: 'text', label: 'Text' },
  { value: 'muted', label: 'Muted' },
  { value: 'primary', label: 'Primary' },
  { value: 'on-primary', label: 'On primary' },
  { value: 'accent', label: 'Accent' },
  { value: 'on-accent', label: 'On accent' },
  { value: 'border', label: 'Border' },
]

const buttonSpecs: Spec[] = [
  { name: 'label', label: 'Words', kind: 'line' },
  { name: 'href', label: 'Leads to', kind: 'href' },
  { name: 'look', label: 'Looks like', kind: 'select', options: choose('primary', 'secondary', 'link') },
  { name: 'newTab', label: 'Opens a new tab', kind: 'switch' },
]
const freshButton = { label: 'Read on', href: '', look: 'primary', newTab: false }

/** What each type of block can be told, in the order of the panel. */
export const blockSpecs: Record<string, { title: string; specs: Spec[] }> = {
  hero: {
    title: 'Hero',
    specs: [
      { name: 'eyebrow', label: 'Line above', kind: 'line' },
      { name: 'heading', label: 'Heading', kind: 'line' },
      { name: 'text', label: 'Text', kind: 'rich' },
      { name: 'imageId', label: 'Image', kind: 'image' },
      { name: 'imageAlt', label: 'What the image shows', kind: 'line' },
      { name: 'imageSide', label: 'Image stands', kind: 'select', options: choose('start', 'end', 'below') },
      {
        name: 'buttons',
        label: 'Buttons',
        kind: 'list',
        of: buttonSpecs,
        fresh: freshButton,
        max: 3,
        noun: 'button',
      },
    ],
  },
  text: { title: 'Text', specs: [{ name: 'html', label: 'Text', kind: 'rich' }] },
  image: {
    title: 'Image',
    specs: [
      { name: 'imageId', label: 'Image', kind: 'image' },
      { name: 'alt', label: 'What it shows', kind: 'line', help: 'For those who cannot see it' },
      { name: 'decorative', label: 'It only adorns', kind: 'switch' },
      { name: 'caption', label: 'Caption', kind: 'line' },
      { name: 'href', label: 'Leads to', kind: 'href' },
    ],
  },
  button: { title: 'Button', specs: buttonSpecs },
  columns: {
    title: 'Columns',
    specs: [
      {
        name: 'layout',
        label: 'Widths',
        kind: 'select',
        options: [
          { value: '1-1', label: 'Two alike' },
          { value: '1-2', label: 'One third, two thirds' },
          { value: '2-1', label: 'Two thirds, one third' },
          { value: '1-3', label: 'One quarter, three quarters' },
          { value: '3-1', label: 'Three quarters, one quarter' },
          { value: '1-1-1', label: 'Three alike' },
          { value: '1-2-1', label: 'Three, the middle wide' },
          { value: '1-1-1-1', label: 'Four alike' },
        ],
      },
      {
        name: 'gap',
        label: 'Room between',
        kind: 'select',
        options: choose('none', 'small', 'medium', 'large'),
      },
      {
        name: 'stack',
        label: 'Below each other',
        kind: 'select',
        options: [
          { value: 'never', label: 'Never' },
          { value: 'phone', label: 'On phones' },
          { value: 'tablet', label: 'On phones and tablets' },
        ],
      },
      {
        name: 'valign',
        label: 'Line up',
        kind: 'select',
        options: [
          { value: 'start', label: 'At the top' },
          { value: 'centre', label: 'In the middle' },
          { value: 'end', label: 'At the bottom' },
        ],
      },
    ],
  },
  video: {
    title: 'Video',
    specs: [
      { name: 'provider', label: 'Stands at', kind: 'select', options: choose('youtube', 'vimeo') },
      {
        name: 'videoId',
        label: 'Id of the video',
        kind: 'line',
        help: 'As in its address. Nothing is fetched from there before a click.',
      },
      { name: 'title', label: 'Title', kind: 'line' },
      { name: 'posterImageId', label: 'Picture before it plays', kind: 'image' },
    ],
  },
  testimonial: {
    title: 'Testimonial',
    specs: [
      { name: 'quote', label: 'Quote', kind: 'long' },
      { name: 'name', label: 'Who says it', kind: 'line' },
      { name: 'role', label: 'Role and company', kind: 'line' },
      { name: 'imageId', label: 'Portrait', kind: 'image' },
    ],
  },
  pricing: {
    title: 'Pricing',
    specs: [
      {
        name: 'plans',
        label: 'Plans',
        kind: 'list',
        max: 6,
        noun: 'plan',
        fresh: {
          name: 'Plan',
          price: '',
          period: '',
          text: '',
          features: [],
          button: null,
          highlighted: false,
        },
        of: [
          { name: 'name', label: 'Name', kind: 'line' },
          { name: 'price', label: 'Price', kind: 'line' },
          { name: 'period', label: 'For how long', kind: 'line' },
          { name: 'text', label: 'Words', kind: 'long' },
          { name: 'features', label: 'What is in it, one a line', kind: 'lines' },
          { name: 'highlighted', label: 'Recommended', kind: 'switch' },
          { name: 'button', label: 'Has a button', kind: 'optional', of: buttonSpecs, fresh: freshButton },
        ],
      },
    ],
  },
  faq: {
    title: 'Questions and answers',
    specs: [
      {
        name: 'items',
        label: 'Questions',
        kind: 'list',
        max: 50,
        noun: 'question',
        fresh: { question: '', answer: '<p></p>' },
        of: [
          { name: 'question', label: 'Question', kind: 'line' },
          { name: 'answer', label: 'Answer', kind: 'rich' },
        ],
      },
      { name: 'structured', label: 'Tell search engines', kind: 'switch' },
    ],
  },
  countdown: {
    title: 'Countdown',
    specs: [
      { name: 'until', label: 'Until', kind: 'moment' },
      { name: 'label', label: 'Words beside it', kind: 'line' },
      { name: 'over', label: 'Words when it is over', kind: 'line' },
    ],
  },
  form: {
    title: 'Form',
    specs: [
      { name: 'formId', label: 'Form', kind: 'form' },
      { name: 'heading', label: 'Heading above it', kind: 'line' },
    ],
  },
  code: {
    title: 'HTML',
    specs: [
      {
        name: 'html',
        label: 'HTML',
        kind: 'code',
        help: 'Scripts, styles and things from other hosts are taken out.',
      },
    ],
  },
  divider: {
    title: 'Divider',
    specs: [{ name: 'look', label: 'Looks like', kind: 'select', options: choose('line', 'space') }],
  },
}

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
