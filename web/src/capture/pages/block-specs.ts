import { choose } from './choices'
import type { Spec } from './spec-fields'

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
